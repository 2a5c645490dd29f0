// Where WebP files keep EXIF: in a chunk after the pixels, of which the chunk VP8X at the start tells (RFC 9649).

import type { Size } from './exif.js';

/** Bits of VP8X's first byte. */
const hasExif = 0x08;
const hasAlpha = 0x10;

interface Chunk {
  type: string;
  data: Uint8Array;
}

/** The EXIF of a WebP's bytes; undefined without any, or for bytes of another kind. */
export function exifOfWebp(file: Uint8Array): Uint8Array | undefined {
  const exif = chunksOf(file).find(({ type }) => type === 'EXIF')?.data;
  // Some programs begin it as in a JPEG.
  return exif && textOf(exif, 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif;
}

/** A WebP that has no EXIF, with it. */
export async function webpWithExif(webp: Blob, exif: Uint8Array, size: Size): Promise<Blob> {
  const chunks = chunksOf(new Uint8Array(await webp.arrayBuffer()));
  const pixels = chunks.filter(({ type }) => type !== 'VP8X');
  const header = chunks.find(({ type }) => type === 'VP8X') ?? newHeader(pixels[0], size);
  const flagged = header.data.slice();
  flagged[0]! |= hasExif;
  const all = [{ type: 'VP8X', data: flagged }, ...pixels, { type: 'EXIF', data: exif }];
  const parts = all.flatMap(partsOf);
  const length = parts.reduce((sum, part) => sum + part.byteLength, 4);
  const start = [bytesOf('RIFF'), uint32(length), bytesOf('WEBP')];
  return new Blob([...start, ...parts] as Uint8Array<ArrayBuffer>[], { type: webp.type });
}

function chunksOf(file: Uint8Array): Chunk[] {
  if (textOf(file, 0, 4) !== 'RIFF' || textOf(file, 8, 12) !== 'WEBP') return [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const chunks: Chunk[] = [];
  for (let at = 12; at + 8 <= file.length;) {
    const length = view.getUint32(at + 4, true);
    chunks.push({ type: textOf(file, at, at + 4), data: file.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length & 1);
  }
  return chunks;
}

/** The header of a file that is nothing but its pixels: lossless ones say whether they have alpha. */
function newHeader(pixels: Chunk | undefined, { width, height }: Size): Chunk {
  const data = new Uint8Array(10);
  const isTransparent = pixels?.type === 'VP8L' && (pixels.data[4]! & 0x10) !== 0;
  if (isTransparent) data[0] = hasAlpha;
  // Of 24 bits each, one less than the size.
  data.set(uint32(width - 1).subarray(0, 3), 4);
  data.set(uint32(height - 1).subarray(0, 3), 7);
  return { type: 'VP8X', data };
}

function partsOf({ type, data }: Chunk): Uint8Array[] {
  const parts = [bytesOf(type), uint32(data.length), data];
  return data.length & 1 ? [...parts, new Uint8Array(1)] : parts;
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value, value >> 8, value >> 16, value >>> 24);
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
