// Where PNG files keep EXIF and say what their colours mean: in chunks before the pixels (PNG, third edition).

import { chunk, colourChunk } from '../../../web/src/pictures/png-chunk.js';

const signature = '\x89PNG\r\n\x1a\n';

/** Where the first chunk, the header, ends; all that is added follows it. */
const afterHeader = 33;

/** Chunks that say what colours mean. */
const colourChunks = ['cICP', 'iCCP', 'sRGB'];

/** The EXIF of a PNG's bytes; undefined without any, or for bytes of another kind. */
export function exifOfPng(file: Uint8Array): Uint8Array | undefined {
  for (const { type, data } of chunks(file)) if (type === 'eXIf') return data;
  return undefined;
}

function* chunks(file: Uint8Array): Generator<{ type: string; data: Uint8Array }> {
  if (String.fromCharCode(...file.subarray(0, 8)) !== signature) return;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = 8;
  while (at + 8 <= file.length) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    yield { type, data: file.subarray(at + 8, at + 8 + length) };
    at += 12 + length;
  }
}

/** A PNG that has no EXIF, with it. */
export function pngWithExif(png: Blob, exif: Uint8Array): Blob {
  return withChunk(png, chunk('eXIf', exif));
}

/** A PNG that says what its colours mean; Chromium's say nothing of sRGB. */
export async function pngWithColours(png: Blob, colorSpace: PredefinedColorSpace): Promise<Blob> {
  const start = new Uint8Array(await png.slice(0, 2 ** 16).arrayBuffer());
  for (const { type } of chunks(start)) {
    if (colourChunks.includes(type)) return png;
    if (type === 'IDAT') break;
  }
  return withChunk(png, colourChunk(colorSpace === 'display-p3' ? 'display-p3' : 'srgb'));
}

function withChunk(png: Blob, added: Uint8Array): Blob {
  const parts = [
    png.slice(0, afterHeader),
    added as Uint8Array<ArrayBuffer>,
    png.slice(afterHeader),
  ];
  return new Blob(parts, { type: png.type });
}
