// Notes what the page asks of its engine's worker, and when it is answered.

import type { Step } from './page.js';

export const workerSteps: Step[] = [];

/** A call as Comlink sends it. */
interface Call {
  id: string;
  path: string[];
  argumentList: { value: unknown }[];
}

globalThis.Worker = class extends Worker {
  readonly #open = new Map<string, Step>();

  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options);
    this.addEventListener('message', ({ data }: MessageEvent<{ id: string }>) => {
      const step = this.#open.get(data.id);
      if (step) step.end = performance.now();
    });
  }

  override postMessage(message: Call, transfer: Transferable[] | StructuredSerializeOptions = []) {
    const { id, path, argumentList } = message;
    const method = path.at(-1)!;
    const name = method === 'call' ? String(argumentList[0]!.value) : method;
    const step = { name: `worker: ${name}`, begin: performance.now(), end: NaN };
    this.#open.set(id, step);
    workerSteps.push(step);
    super.postMessage(message, transfer as Transferable[]);
  }
};
