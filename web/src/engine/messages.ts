// What a page and the worker of an engine, or of another program, say to each other.

import { transfer } from 'comlink';
import { FoveaError, fromErrorData, toErrorData, type ErrorData } from '../base/errors.js';
import type { CompiledEngine } from './compile.js';
import { isArrayBuffer } from '../base/kinds.js';

/** What the worker offers. */
export interface HostEndpoint {
  /** Fetches what start() will need, so that it does not wait for it then. */
  preload(glueUrl: string): void;
  start(engine: CompiledEngine, threads: number): Promise<Reply>;
  call(method: string, ...args: unknown[]): Promise<Reply>;
}

/**
 * A result, with memory of the arguments that may be used again, or an error as data: an Error object loses
 * its fields on the way.
 */
export type Reply = { value: unknown; spent?: ArrayBuffer[] } | { error: ErrorData };

/** The value of a reply. Throws its error as FoveaError. */
export function unwrap(reply: Reply): unknown {
  if (!('error' in reply)) return reply.value;
  throw fromErrorData(reply.error);
}

/** What work gives, or throws, as a reply. The memory of what is `spent` by it goes back. */
export async function reply(work: () => unknown, spent: unknown[] = []): Promise<Reply> {
  try {
    const value = await work();
    return transferring(spent.length > 0 ? { value, spent: [...buffersIn(spent)] } : { value });
  } catch (thrown) {
    return { error: toErrorData(thrown) };
  }
}

/**
 * Marks a message so that its buffers, and those of its typed arrays, move instead of being copied.
 *
 * @throws FoveaError InvalidInput where one of them was given away before: Node would lose the message
 */
export function transferring<T>(message: T): T {
  // Comlink keeps what it transfers as the key of a WeakMap.
  if (typeof message !== 'object' || message === null) return message;
  return transfer(message, [...new Set(buffersIn(message))]);
}

function present(buffer: ArrayBuffer): ArrayBuffer {
  try {
    new Uint8Array(buffer);
  } catch (thrown) {
    const message = 'an array has no memory any more: it was transferred to somebody else before';
    throw new FoveaError('InvalidInput', message, {}, { cause: thrown });
  }
  return buffer;
}

function* buffersIn(value: unknown): Generator<ArrayBuffer> {
  if (typeof value !== 'object' || value === null) return;
  if (isArrayBuffer(value)) yield present(value);
  if (ArrayBuffer.isView(value)) {
    if (isArrayBuffer(value.buffer)) yield present(value.buffer);
    return;
  }
  for (const inner of Object.values(value)) yield* buffersIn(inner);
}
