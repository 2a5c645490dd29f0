// What both pages of the cold start have in common.

export const side = 128;

/** Where the model is, of both pages. */
export const modelUrl = '/build/bench/cold-start/model.onnx';

/** One page load. */
export interface ColdStart {
  /** From the start of the navigation to the first enlarged pixels. */
  milliseconds: number;
  /** Some of those pixels' bytes, to compare. */
  sample: number[];
  steps: Step[];
  /** What the page fetched. */
  fetches: Step[];
}

/** Something that took part of that time, in milliseconds from the start of the navigation. */
export interface Step {
  name: string;
  begin: number;
  end: number;
}

const scriptStart = performance.now();

/** An opaque picture of noise. It comes while a library loads, like one that is decoded. */
export async function picture(): Promise<ImageData> {
  await new Promise((resolve) => setTimeout(resolve));
  const pixels = new ImageData(side, side);
  const opaque = new Uint32Array(pixels.data.buffer);
  // The picture must not take longer than its libraries: some noise, again and again.
  const noise = 512;
  for (let i = 0, state = 1; i < noise; ++i) {
    // A linear congruential generator.
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    opaque[i] = 0xff000000 | (state >>> 8);
  }
  for (let made = noise; made < opaque.length; made *= 2) opaque.copyWithin(made, 0, made);
  return pixels;
}

/** Called as soon as the enlarged pixels are there. */
export function finish({ data }: { data: Uint8ClampedArray }, steps: readonly Step[] = []): void {
  const milliseconds = performance.now();
  const script = { name: 'until the script runs', begin: 0, end: scriptStart };
  report({
    milliseconds,
    sample: [...data.filter((_, i) => i % 97 === 0)],
    steps: [script, ...steps.filter(({ end }) => end <= milliseconds)],
    fetches: fetchesUntil(milliseconds),
  } satisfies ColdStart);
}

function fetchesUntil(end: number): Step[] {
  const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  const files = entries.map(({ name, startTime, responseEnd }) => ({
    name: `fetch ${name.slice(name.lastIndexOf('/') + 1)}`,
    begin: startTime,
    end: responseEnd,
  }));
  // Chromium notes no right times for the script of a worker.
  return files.filter((file) => file.begin <= file.end && file.end <= end);
}

/** Nobody looks into the page: it tells the benchmark's server. */
function report(result: object): void {
  void fetch('/reports', { method: 'POST', body: JSON.stringify(result) });
}

globalThis.addEventListener('error', ({ message }) => report({ error: message }));
globalThis.addEventListener('unhandledrejection', ({ reason }) => report({ error: `${reason}` }));
