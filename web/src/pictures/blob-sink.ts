import { FoveaError, messageOf } from '../base/errors.js';
import { rawSink } from './array-sinks.js';
import { hasCanvases, type Canvas } from './canvas.js';
import { canvasSink } from './canvas-sink.js';
import { pngSink } from './png.js';
import { loadSharp } from './sharp.js';
import type { ResultInfo, Sink } from './sink.js';

/** How a result becomes a file. */
export interface BlobOptions {
  type: 'image/png' | 'image/webp' | 'image/jpeg';
  /** Of WebP and JPEG, 0..1; unless given, the encoder's own choice. */
  quality?: number | undefined;
}

/** The longest side that a file of a type can have, in pixels. */
const longestSides = { 'image/webp': 16383, 'image/jpeg': 65535 };

/**
 * Makes a file. A PNG is written strip by strip, of any size, with 16 bits a component if the source has
 * more than 8. WebP and JPEG are encoded from a canvas (in Node by sharp): of 8 bits, and JPEG of what is
 * opaque, transparent pixels being black.
 *
 * @throws FoveaError InvalidInput where no canvas is so large, or, by put() and finish(), where the
 *   platform does not encode the type; OutOfMemory
 */
export function blobSink(info: ResultInfo, options: BlobOptions): Sink<Blob> {
  const { type, quality } = options;
  if (type === 'image/png') return pngSink(info);
  const { width, height } = info;
  const longest = longestSides[type];
  if (Math.max(width, height) > longest) {
    const message = `a file of ${type} has at most ${longest} pixels along a side`;
    throw refused(`${message}, not ${width} x ${height}`);
  }
  return hasCanvases() ? canvasBlobSink(info, type, quality) : sharpBlobSink(info, type, quality);
}

type Encoded = 'image/webp' | 'image/jpeg';

function canvasBlobSink(info: ResultInfo, type: Encoded, quality?: number): Sink<Blob> {
  let sink: Sink<Canvas>;
  try {
    sink = canvasSink({ ...info, component: 'uint8' });
  } catch (cause) {
    throw refused(messageOf(cause), cause);
  }
  const encoding = checkEncoder(type);
  // Told by put().
  encoding.catch(() => {});
  return {
    async put(x, y, pixels) {
      await encoding;
      await sink.put(x, y, pixels);
    },
    async finish() {
      const canvas = await sink.finish();
      const blob = await encode(canvas, type, quality);
      sink.abort();
      return blob;
    },
    abort: () => sink.abort(),
  };
}

/** Throws where the browser has no such encoder, for which it makes a PNG without a word. */
async function checkEncoder(type: Encoded): Promise<void> {
  const one = { width: 1, height: 1, colorSpace: 'srgb', component: 'uint8', channels: 4 } as const;
  await encode(await canvasSink(one).finish(), type);
}

async function encode(canvas: Canvas, type: Encoded, quality?: number): Promise<Blob> {
  let blob: Blob | null;
  try {
    blob =
      'convertToBlob' in canvas
        ? await canvas.convertToBlob({ type, ...(quality === undefined ? {} : { quality }) })
        : await new Promise((resolve) => canvas.toBlob(resolve, type, quality));
  } catch (cause) {
    throw refused(`the browser cannot encode the result: ${messageOf(cause)}`, cause);
  }
  if (blob?.type === type) return blob;
  throw refused(`this browser encodes no ${type}`);
}

/** Where there are no canvases. */
function sharpBlobSink(info: ResultInfo, type: Encoded, quality?: number): Sink<Blob> {
  if (info.colorSpace !== 'srgb') {
    throw refused(`in Node, files of ${type} are written in srgb only, not in ${info.colorSpace}`);
  }
  const loading = loadSharp(`in Node, files of ${type} are encoded by the package sharp`);
  // Told by put().
  loading.catch(() => {});
  const sink = rawSink({ ...info, component: 'uint8' });
  return {
    async put(x, y, pixels) {
      await loading;
      await sink.put(x, y, pixels);
    },
    async finish() {
      const sharp = await loading;
      const { data, width, height, channels } = await sink.finish();
      const picture = sharp(data as unknown as Uint8Array, { raw: { width, height, channels } });
      const options = quality === undefined ? {} : { quality: Math.round(quality * 99) + 1 };
      const encoder = type === 'image/webp' ? picture.webp(options) : picture.jpeg(options);
      const file = await encoder.toBuffer().catch((cause: unknown) => {
        throw refused(`sharp cannot encode the result: ${messageOf(cause)}`, cause);
      });
      return new Blob([file as Uint8Array<ArrayBuffer>], { type });
    },
    abort: () => sink.abort(),
  };
}

function refused(why: string, cause?: unknown): FoveaError {
  const message = `${why}: a PNG ('image/png') can be of any size and is always written`;
  return new FoveaError('InvalidInput', message, { option: 'blob' }, { cause });
}
