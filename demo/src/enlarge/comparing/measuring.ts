import { sharedRows, type Likeness, type Strip } from './measures.js';

type Canvas = HTMLCanvasElement | OffscreenCanvas;

/** Pixels that are compared at once. */
const stripPixels = 2e6;

/**
 * How alike two pictures of one size are.
 *
 * @throws the signal's reason
 */
export async function measure(a: Canvas, b: Canvas, signal: AbortSignal): Promise<Likeness> {
  const worker = new Worker(new URL('./measuring-worker.ts', import.meta.url), { type: 'module' });
  try {
    const { width, height } = a;
    const rows = Math.max(sharedRows + 1, Math.floor(stripPixels / width));
    for (let y = 0; y < height; y += rows) {
      signal.throwIfAborted();
      const first = Math.max(0, y - sharedRows);
      const count = Math.min(y + rows, height) - first;
      const strips = { a: stripOf(a, first, count), b: stripOf(b, first, count) };
      await ask(worker, strips, [strips.a.data.buffer, strips.b.data.buffer]);
    }
    return await ask<Likeness>(worker, 'end', []);
  } finally {
    worker.terminate();
  }
}

function stripOf(canvas: Canvas, y: number, rows: number): Strip {
  const { width } = canvas;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  const { data } = context.getImageData(0, y, width, rows);
  return { width, data };
}

function ask<T>(worker: Worker, message: unknown, transfer: Transferable[]): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<T>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(message, transfer);
  });
}
