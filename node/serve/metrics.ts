import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the service counts, for Prometheus. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #durations: Histogram<'route'>;
  readonly #pixels: Counter<'of'>;

  /** @param queueLength how many pictures are under way or wait, asked when somebody looks */
  constructor(queueLength: () => number) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({
      name: 'fovea_requests_total',
      help: 'Requests that were answered',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'fovea_request_duration_seconds',
      help: 'From a request to its answer',
      labelNames: ['route'],
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
      registers,
    });
    this.#pixels = new Counter({
      name: 'fovea_pixels_total',
      help: 'Pixels of pictures that were enlarged and of their results',
      labelNames: ['of'],
      registers,
    });
    new Gauge({
      name: 'fovea_queue_length',
      help: 'Pictures that are received, wait or are enlarged',
      registers,
      collect() {
        this.set(queueLength());
      },
    });
  }

  answered(method: string, route: string, status: number, seconds: number): void {
    this.#requests.inc({ method, route, status });
    this.#durations.observe({ route }, seconds);
  }

  enlarged(pixels: number, resultPixels: number): void {
    this.#pixels.inc({ of: 'picture' }, pixels);
    this.#pixels.inc({ of: 'result' }, resultPixels);
  }

  /** All of it, and the type of that text. */
  async text(): Promise<{ type: string; text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
