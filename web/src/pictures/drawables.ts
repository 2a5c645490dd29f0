// What browsers can draw, as pixels.

import { abortError, FoveaError } from '../base/errors.js';
import { isBlob } from '../base/kinds.js';
import { fetchOrThrow } from '../source/source.js';
import { colorSpaceOf, scratchContext, type Canvas } from './canvas.js';
import type { ColorSpace } from './pictures.js';

/** Whatever can be drawn. */
export type Drawable =
  | HTMLCanvasElement
  | OffscreenCanvas
  | ImageBitmap
  | HTMLImageElement
  | SVGImageElement
  | HTMLVideoElement
  | VideoFrame;

/** How a source is read. */
export interface Reading {
  colorSpace: ColorSpace | undefined;
  signal: AbortSignal | undefined;
}

type Reader = (source: never, reading: Reading) => Promise<ImageData>;

const readers: Record<string, Reader> = {
  HTMLCanvasElement: readCanvas,
  OffscreenCanvas: readCanvas,
  ImageBitmap: (source: ImageBitmap, reading) => {
    if (source.width === 0) throw refused('the ImageBitmap has been closed or transferred');
    return draw(source, source.width, source.height, reading);
  },
  HTMLImageElement: readImage,
  SVGImageElement: (source: SVGImageElement, reading) => readElement(source.href.baseVal, reading),
  HTMLVideoElement: (source: HTMLVideoElement, reading) => {
    if (source.readyState < 2) throw refused("the video has no frame yet: await its 'loadeddata'");
    return draw(source, source.videoWidth, source.videoHeight, reading);
  },
  VideoFrame: (source: VideoFrame, reading) => {
    if (source.format === null && source.codedWidth === 0)
      throw refused('the VideoFrame is closed');
    return draw(source, source.displayWidth, source.displayHeight, reading);
  },
};

/** Reads something that is drawn; undefined where it is nothing of that kind. */
export function readDrawable(source: object, reading: Reading): Promise<ImageData> | undefined {
  const tag = Object.prototype.toString.call(source).slice('[object '.length, -1);
  if (!Object.hasOwn(readers, tag)) return undefined;
  return readers[tag]!(source as never, reading);
}

/** Reads an address or a file. */
export async function readFile(source: string | URL | Blob, reading: Reading): Promise<ImageData> {
  if (typeof createImageBitmap !== 'function') {
    throw refused('no files are decoded here: decode it yourself and give { data, width, height }');
  }
  const blob = isBlob(source) ? source : await fetched(source, reading.signal);
  const bitmap = await decoded(blob);
  if (!bitmap) return readVectors(blob, reading);
  try {
    return await draw(bitmap, bitmap.width, bitmap.height, reading);
  } finally {
    bitmap.close();
  }
}

async function fetched(url: string | URL, signal: AbortSignal | undefined): Promise<Blob> {
  const response = await fetchOrThrow(url, 'NetworkError', signal);
  try {
    return await response.blob();
  } catch (cause) {
    if (signal?.aborted) throw abortError(signal);
    const message = `reading ${url} broke off`;
    throw new FoveaError('NetworkError', message, { url: String(url) }, { cause });
  }
}

/** Turned as it is to be shown; undefined for what only elements decode. */
async function decoded(blob: Blob): Promise<ImageBitmap | undefined> {
  try {
    return await createImageBitmap(blob, { imageOrientation: 'from-image' });
  } catch (cause) {
    if (blob.type.startsWith('image/svg') && typeof document !== 'undefined') return undefined;
    throw refused('the file is no picture that this browser decodes, or is damaged', cause);
  }
}

async function readVectors(blob: Blob, reading: Reading): Promise<ImageData> {
  const url = URL.createObjectURL(blob);
  try {
    return await readElement(url, reading);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function readElement(url: string, reading: Reading): Promise<ImageData> {
  return readImage(Object.assign(new Image(), { crossOrigin: 'anonymous', src: url }), reading);
}

async function readImage(image: HTMLImageElement, reading: Reading): Promise<ImageData> {
  if (!image.complete || image.naturalWidth === 0) {
    await image.decode().catch((cause: unknown) => {
      const address = image.currentSrc || image.src;
      const policy = 'it is damaged, or the Content-Security-Policy forbids its address (img-src)';
      throw refused(`the image '${address.slice(0, 80)}' cannot be decoded: ${policy}`, cause);
    });
  }
  // Not the size that it is shown at.
  return draw(image, image.naturalWidth, image.naturalHeight, reading);
}

async function readCanvas(canvas: Canvas, reading: Reading): Promise<ImageData> {
  const { colorSpace, ...rest } = reading;
  const own = colorSpace ?? (canvas.width > 0 ? colorSpaceOf(canvas) : 'srgb');
  return draw(canvas, canvas.width, canvas.height, { ...rest, colorSpace: own });
}

async function draw(
  source: CanvasImageSource,
  width: number,
  height: number,
  { colorSpace = 'srgb' }: Reading,
): Promise<ImageData> {
  if (!(width > 0 && height > 0)) {
    throw refused(`it is ${width} x ${height} pixels large (an SVG needs a width and a height)`);
  }
  const context = scratchContext(width, height, colorSpace);
  try {
    context.drawImage(source, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } catch (cause) {
    const isForeign = (cause as Error | undefined)?.name === 'SecurityError';
    throw isForeign
      ? refused('it is from another origin that does not share its pixels (CORS)', cause)
      : refused(`it cannot be drawn: ${String(cause)}`, cause);
  }
}

function refused(why: string, cause?: unknown): FoveaError {
  return new FoveaError('InvalidInput', `the picture cannot be read: ${why}`, {}, { cause });
}
