import { FoveaError } from '../base/errors.js';
import { newComponents, storeRow } from './elements.js';
import { Pace } from './pace.js';
import { PngStream } from './png-stream.js';
import type { ResultInfo, Sink } from './sink.js';

/** The longest side that a PNG can have, in pixels. */
const longestSide = 2 ** 31 - 1;

/** A row that some parts have been put into. */
interface Row {
  data: Uint8ClampedArray | Uint16Array;
  /** How many of its pixels are there. */
  filled: number;
}

/**
 * Writes a PNG row by row: of 16 bits a component if the source has more than 8, of the source's
 * channels, and with its colour space. Only rows that are not whole yet, and the compressed file in pieces
 * that the browser keeps where it likes, take memory.
 *
 * @throws FoveaError InvalidInput for a size that no PNG has, or where there is no CompressionStream
 */
export function pngSink(info: ResultInfo): Sink<Blob> {
  const { width, height, channels } = info;
  if (Math.max(width, height) > longestSide) {
    const message = `a PNG has at most ${longestSide} pixels along a side, not ${width} x ${height}`;
    throw new FoveaError('InvalidInput', message);
  }
  if (typeof CompressionStream !== 'function') {
    const message =
      'there is no CompressionStream here to write a PNG by: take the result otherwise';
    throw new FoveaError('InvalidInput', message);
  }
  const component = info.component === 'uint8' ? 'uint8' : 'uint16';
  const stream = new PngStream({ ...info, bits: component === 'uint8' ? 8 : 16 });
  const rows = new Map<number, Row>();
  let next = 0;
  let writing: Promise<void> = Promise.resolve();

  const rowAt = (y: number): Row => {
    const known = rows.get(y);
    if (known) return known;
    const data = newComponents(component, width * channels) as Row['data'];
    const row = { data, filled: 0 };
    rows.set(y, row);
    return row;
  };
  const writeWhole = async () => {
    const pace = new Pace();
    for (let row = rows.get(next); row?.filled === width; row = rows.get(next)) {
      rows.delete(next);
      next += 1;
      for (const piece of stream.piecesOf(bytesOf(row.data))) {
        await stream.write(piece);
        if (pace.isOver()) await pace.rest();
      }
    }
  };
  return {
    async put(x, y, pixels) {
      const pace = new Pace();
      for (let i = 0; i < pixels.height; ++i) {
        const row = rowAt(y + i);
        const into = { data: row.data, width, height: 1, channels, component } as const;
        storeRow(pixels, i, into, x);
        row.filled += pixels.width;
        if (pace.isOver()) await pace.rest();
      }
      await (writing = writing.then(writeWhole));
    },
    async finish() {
      await writing;
      if (next === height) return stream.finish();
      throw new FoveaError('Internal', `the parts put make ${next} of ${height} rows`);
    },
    abort() {
      rows.clear();
      stream.abort();
    },
  };
}

/** The bytes of a row, of 16 bits the upper ones first. */
function bytesOf(data: Row['data']): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data.BYTES_PER_ELEMENT === 1) return bytes;
  for (let i = 0; i < data.length; ++i) {
    const value = data[i]!;
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 255;
  }
  return bytes;
}
