import { chunk, colourChunk } from './png-chunk.js';
import { RowFilter } from './png-filter.js';
import type { Channels } from './picture.js';
import type { ColorSpace } from './pixels.js';

/** What a PNG's header says. Sizes in pixels, bits of a component. */
export interface PngHeader {
  width: number;
  height: number;
  bits: 8 | 16;
  channels: Channels;
  colorSpace: ColorSpace;
}

/** As PNG numbers them: grey, grey and alpha, RGB, RGBA. */
const colourTypes: Readonly<Record<Channels, number>> = { 1: 0, 2: 4, 3: 2, 4: 6 };

/** Bytes that are compressed at once, so that it takes a few milliseconds. */
const pieceBytes = 2 ** 16;

/** Compressed bytes that one chunk has, at least; and those that the page's own memory holds. */
const chunkBytes = 2 ** 16;
const heldBytes = 2 ** 20;

/** A PNG that is compressed as its rows come. */
export class PngStream {
  readonly #filter: RowFilter;
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #compressing: Promise<void>;
  readonly #file = new Pieces();

  constructor({ width, height, bits, channels, colorSpace }: PngHeader) {
    const pixelBytes = (channels * bits) / 8;
    this.#filter = new RowFilter(width * pixelBytes, pixelBytes);
    const header = new DataView(new ArrayBuffer(13));
    header.setUint32(0, width);
    header.setUint32(4, height);
    header.setUint8(8, bits);
    header.setUint8(9, colourTypes[channels]);
    this.#file.add(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a));
    this.#file.add(chunk('IHDR', new Uint8Array(header.buffer)));
    this.#file.add(colourChunk(colorSpace));
    const { writable, readable } = new CompressionStream('deflate');
    this.#writer = writable.getWriter();
    this.#compressing = this.#collect(readable);
    // Told by write() and finish().
    this.#compressing.catch(() => {});
    this.#writer.closed.catch(() => {});
  }

  /** The next row, filtered, in pieces to be written one after the other. */
  *piecesOf(row: Uint8Array): Generator<Uint8Array> {
    const filtered = this.#filter.filter(row);
    for (let at = 0; at < filtered.length; at += pieceBytes) {
      yield filtered.subarray(at, at + pieceBytes);
    }
  }

  write(piece: Uint8Array): Promise<void> {
    return this.#writer.write(piece as Uint8Array<ArrayBuffer>);
  }

  async finish(): Promise<Blob> {
    await this.#writer.close();
    await this.#compressing;
    this.#file.add(chunk('IEND', new Uint8Array(0)));
    return this.#file.toBlob('image/png');
  }

  abort(): void {
    this.#writer.abort().catch(() => {});
    this.#file.clear();
  }

  async #collect(compressed: ReadableStream<Uint8Array>): Promise<void> {
    const reader = compressed.getReader();
    let pieces: Uint8Array[] = [];
    let size = 0;
    const flush = () => {
      if (size > 0) this.#file.add(chunk('IDAT', ...pieces));
      [pieces, size] = [[], 0];
    };
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      size += value.length;
      if (size >= chunkBytes) flush();
    }
    flush();
  }
}

/** A file in pieces, of which only the last are in this program's own memory. */
class Pieces {
  #blobs: Blob[] = [];
  #last: Uint8Array[] = [];
  #size = 0;

  add(piece: Uint8Array): void {
    this.#last.push(piece);
    this.#size += piece.length;
    if (this.#size >= heldBytes) this.#hand();
  }

  toBlob(type: string): Blob {
    this.#hand();
    return new Blob(this.#blobs, { type });
  }

  clear(): void {
    [this.#blobs, this.#last, this.#size] = [[], [], 0];
  }

  #hand(): void {
    this.#blobs.push(new Blob(this.#last as Uint8Array<ArrayBuffer>[]));
    [this.#last, this.#size] = [[], 0];
  }
}
