import { wrap, type Remote } from 'comlink';
import type { LayoutWorker } from './layout.worker.js';
import type { LayOut } from './scene.js';

let worker: Remote<LayoutWorker> | undefined;

/** Lays out in a worker, which starts with the first call. */
export const layOut: LayOut = (problem) => {
  worker ??= wrap<LayoutWorker>(
    new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' }),
  );
  return worker.layOut(problem);
};

/** Has the worker ready by the time that a model is. */
export function warmUp(): void {
  void layOut({ boxes: [{ key: '0', width: 1, height: 1 }], links: [] });
}
