import { crc32 } from './crc32.js';
import type { ColorSpace } from './pixels.js';

/** Says that colours are as sRGB has them, or in its curve with Display-P3's primaries (ITU-T H.273). */
export function colourChunk(colorSpace: ColorSpace): Uint8Array {
  return colorSpace === 'srgb'
    ? chunk('sRGB', Uint8Array.of(0))
    : chunk('cICP', Uint8Array.of(12, 13, 0, 1));
}

/** A chunk: length, type, data, and the CRC of the last two. */
export function chunk(type: string, ...data: Uint8Array[]): Uint8Array {
  const size = data.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(12 + size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, size);
  for (let i = 0; i < 4; ++i) bytes[4 + i] = type.charCodeAt(i);
  let at = 8;
  for (const piece of data) {
    bytes.set(piece, at);
    at += piece.length;
  }
  view.setUint32(at, crc32(bytes.subarray(4, at)));
  return bytes;
}
