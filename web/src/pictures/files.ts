// Pictures in files: downloaded, told by their first bytes, decoded by the browser or, in Node, by sharp.

import { FoveaError } from '../base/errors.js';
import { bytesIn, isBlob, isResponse } from '../base/kinds.js';
import { untilAborted } from '../base/until-aborted.js';
import { fetchOrThrow } from '../source/request.js';
import { openSource, type Bytes } from '../source/source.js';
import { hasCanvases } from './canvas.js';
import { openBlob, type Opening } from './drawables.js';
import type { Picture } from './picture.js';
import { openBySharp } from './sharp.js';

/** A file, or where one is; in Node also a path. */
export type FileSource = string | URL | Blob | Response | ArrayBufferView | ArrayBuffer;

/**
 * Opens a file.
 *
 * @throws FoveaError NetworkError when it cannot be had, InvalidInput when it is no picture or cannot be
 *   decoded here, Aborted
 */
export async function openFile(source: FileSource, opening: Opening): Promise<Picture> {
  if (typeof createImageBitmap === 'function' && hasCanvases()) {
    return openBlob(await toBlob(source, opening), opening);
  }
  const file = await toBytes(source, opening);
  checkKind(file);
  return openBySharp(file, opening);
}

async function toBlob(source: FileSource, opening: Opening): Promise<Blob> {
  const bytes = bytesIn(source);
  if (bytes) {
    const type = checkKind(bytes);
    return new Blob([bytes as Uint8Array<ArrayBuffer>], { type });
  }
  if (isBlob(source)) return source;
  const { signal } = opening;
  const response = isResponse(source)
    ? source
    : await fetchOrThrow(source as string | URL, 'NetworkError', { signal });
  const type = response.headers.get('content-type') ?? '';
  const chunks = await collected(await openSource(response, { signal }), opening);
  return new Blob(chunks as Uint8Array<ArrayBuffer>[], { type });
}

async function toBytes(source: FileSource, opening: Opening): Promise<Uint8Array> {
  const bytes = bytesIn(source);
  if (bytes) return bytes;
  const opened = await openSource(source as string | URL | Blob | Response, {
    signal: opening.signal,
  });
  const chunks = await collected(opened, opening);
  if (chunks.length === 1) return chunks[0]!;
  // From another realm than a Blob of this one, perhaps.
  const whole = await untilAborted(opening.signal, () =>
    new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer(),
  );
  return new Uint8Array(whole);
}

async function collected({ chunks, size }: Bytes, { onProgress }: Opening): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  let done = 0;
  for await (const chunk of chunks) {
    all.push(chunk);
    done += chunk.byteLength;
    onProgress?.(done, size);
  }
  return all;
}

/** Files' first bytes, in hexadecimal digits, by their types. */
const kinds: readonly [RegExp, string][] = [
  [/^89504e47/, 'image/png'],
  [/^ffd8ff/, 'image/jpeg'],
  [/^47494638/, 'image/gif'],
  [/^52494646.{8}57454250/, 'image/webp'],
  [/^.{8}66747970(617669|6d696631)/, 'image/avif'],
  [/^.{8}66747970/, 'image/heif'],
  [/^(ff0a|0000000c4a584c20)/, 'image/jxl'],
  [/^(49492a00|4d4d002a)/, 'image/tiff'],
  [/^424d/, 'image/bmp'],
  [/^00000100/, 'image/x-icon'],
];

/** How the text of an SVG begins. */
const vectors = /^\s*<(\?xml|!DOCTYPE svg|!--|svg)/i;

/** The type of a picture's file. Throws FoveaError InvalidInput for bytes that do not look like one. */
function checkKind(bytes: Uint8Array): string {
  const start = bytes.subarray(0, 64);
  const digits = Array.from(start, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const kind = kinds.find(([pattern]) => pattern.test(digits));
  if (kind) return kind[1];
  if (vectors.test(new TextDecoder().decode(start))) return 'image/svg+xml';
  const taken = 'a PNG, JPEG, WebP, AVIF, GIF, TIFF, BMP or SVG';
  throw new FoveaError(
    'InvalidInput',
    `the ${bytes.length} bytes are no file of a picture, such as ${taken}: pixels are given as ` +
      '{ data, width, height }',
  );
}
