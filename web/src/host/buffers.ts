import type { EngineContext } from './context.js';
import { bufferOf } from './feeding.js';

/** Bytes in the engine's memory: models and their external files, until a session takes them. */
export class BufferHost {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Makes a buffer, to be filled by write(). */
  openBuffer(id: number, size: number): void {
    const { buffers, module } = this.#context;
    buffers.add(id, module.makeBuffer(size));
  }

  write(buffer: number, offset: number, bytes: Uint8Array): void {
    const { buffers, module } = this.#context;
    module.bytesOf(buffers.get(buffer)).set(bytes, offset);
  }

  /** Copies bytes into a buffer. */
  keep(id: number, bytes: Uint8Array): void {
    const { buffers, module } = this.#context;
    buffers.add(id, bufferOf(module, bytes));
  }

  /** Gives a buffer back; does nothing where there is none. */
  closeBuffer(id: number): void {
    closeBuffer(this.#context, id);
  }
}

export function closeBuffer({ buffers, module }: EngineContext, id: number): void {
  const buffer = buffers.take(id);
  if (buffer !== undefined) module.deleteBuffer(buffer);
}
