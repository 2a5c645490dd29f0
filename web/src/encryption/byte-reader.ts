import { FoveaError } from '../base/errors.js';
import { bytesIn, described } from '../base/kinds.js';

/** Reads a stream in pieces of sizes that its reader chooses. */
export class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunks: Uint8Array[] = [];
  #available = 0;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The next bytes, fewer where the stream ends. */
  async take(size: number): Promise<Uint8Array<ArrayBuffer>> {
    await this.#fill(size);
    const taken = new Uint8Array(Math.min(size, this.#available));
    let offset = 0;
    while (offset < taken.length) {
      const chunk = this.#chunks[0]!;
      const part = chunk.subarray(0, taken.length - offset);
      taken.set(part, offset);
      offset += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#available -= taken.length;
    return taken;
  }

  /** Whether no bytes are left. */
  async isAtEnd(): Promise<boolean> {
    await this.#fill(1);
    return this.#available === 0;
  }

  async cancel(reason: unknown): Promise<void> {
    await this.#reader.cancel(reason);
  }

  async #fill(size: number): Promise<void> {
    while (this.#available < size) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      const bytes = bytesIn(value);
      if (bytes === undefined) {
        const message = `a stream that is encrypted or decrypted gives bytes, not ${described(value)}`;
        throw new FoveaError('InvalidInput', message);
      }
      // Of no use, and never taken.
      if (bytes.byteLength === 0) continue;
      this.#chunks.push(bytes);
      this.#available += bytes.byteLength;
    }
  }
}

/** A stream of what `next` gives, until that is undefined. Nothing is made before it is asked for. */
export function streamFrom(
  reader: ByteReader,
  next: () => Promise<Uint8Array | undefined>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const bytes = await next();
          if (bytes === undefined) controller.close();
          else controller.enqueue(bytes);
        } catch (error) {
          // Nobody wants the rest.
          reader.cancel(error).catch(() => {});
          throw error;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
