// What browsers can draw, as pictures. None is ever whole as pixels: parts are drawn as they are read.

import type { FoveaError } from '../base/errors.js';
import { untilAborted } from '../base/until-aborted.js';
import {
  checkCanvasColours,
  checkSourceCanvas,
  contextOfSource,
  hasWideCanvases,
  type Canvas,
} from './canvas.js';
import { drawnPicture, notReadable, readingCanvas } from './drawn-picture.js';
import type { Picture } from './picture.js';
import type { ColorSpace } from './pixels.js';

/** Whatever can be drawn. A video is the frame that it shows when it is opened. */
export type Drawable =
  | HTMLCanvasElement
  | OffscreenCanvas
  | ImageBitmap
  | HTMLImageElement
  | HTMLPictureElement
  | SVGImageElement
  | HTMLVideoElement
  | VideoFrame;

/** How a source is opened. */
export interface Opening {
  /** The colours that what is drawn is read in; unless given, its own where it tells them, else sRGB. */
  colorSpace?: ColorSpace | undefined;
  signal?: AbortSignal | undefined;
  /** Called while a file arrives; `total` is undefined where it is not known. Bytes. */
  onProgress?: ((done: number, total: number | undefined) => void) | undefined;
}

type Opener = (source: never, opening: Opening) => Promise<Picture>;

const openers: Record<string, Opener> = {
  HTMLCanvasElement: openCanvas,
  OffscreenCanvas: openCanvas,
  ImageBitmap: openBitmap,
  HTMLImageElement: openImage,
  HTMLPictureElement: async (source: HTMLPictureElement, opening) => {
    const image = source.querySelector('img');
    if (!image) throw notReadable('the picture element has no img in it');
    return openImage(image, opening);
  },
  SVGImageElement: (source: SVGImageElement, opening) => openAddress(source.href.baseVal, opening),
  HTMLVideoElement: openVideo,
  VideoFrame: openFrame,
};

/** Opens something that is drawn; undefined where it is nothing of that kind. */
export function openDrawable(source: object, opening: Opening): Promise<Picture> | undefined {
  // By its tag: `instanceof` does not know what is of another frame.
  const tag = Object.prototype.toString.call(source).slice('[object '.length, -1);
  if (!Object.hasOwn(openers, tag)) return undefined;
  return openers[tag]!(source as never, opening);
}

/**
 * Opens a file: turned as its EXIF data say. Browsers decode to 8 bits a component, whatever a PNG has.
 *
 * @throws FoveaError InvalidInput, Aborted
 */
export async function openBlob(blob: Blob, opening: Opening): Promise<Picture> {
  try {
    return await openAsBitmap(blob, opening);
  } catch (error) {
    // Of these, only elements are decoded.
    const isVectors = blob.type.startsWith('image/svg') && typeof document !== 'undefined';
    if (!isVectors || (error as FoveaError).code === 'Aborted') throw error;
  }
  const url = URL.createObjectURL(blob);
  try {
    return await openAddress(url, opening);
  } finally {
    URL.revokeObjectURL(url);
  }
}

async function openBitmap(source: ImageBitmap, { colorSpace }: Opening): Promise<Picture> {
  const { width, height } = source;
  if (width === 0) throw notReadable('the ImageBitmap has been closed or transferred');
  checkReadable(colorSpace);
  return drawnPicture({ source, width, height, colorSpace });
}

function openAddress(url: string, opening: Opening): Promise<Picture> {
  return openImage(Object.assign(new Image(), { crossOrigin: 'anonymous', src: url }), opening);
}

async function openImage(element: HTMLImageElement, opening: Opening): Promise<Picture> {
  const image = loading(element);
  await untilAborted(opening.signal, async () => {
    if (image.complete && image.naturalWidth > 0) return;
    await image.decode().catch((cause: unknown) => {
      const address = image.currentSrc || image.src;
      const policy = 'it is damaged, or the Content-Security-Policy forbids its address (img-src)';
      const message = `the image '${address.slice(0, 80)}' cannot be decoded: ${policy}`;
      throw notReadable(message, cause);
    });
  });
  // All pixels of the file: neither the size that it is shown at nor one that a srcset divides.
  return openAsBitmap(image, opening);
}

/**
 * One that waits to be scrolled into view may wait for ever, and WebKit does not turn one that is not shown
 * turned. So a copy of such a one is loaded.
 */
function loading(image: HTMLImageElement): HTMLImageElement {
  const waits = !image.complete && image.loading === 'lazy';
  if (!waits && getComputedStyle(image).imageOrientation !== 'none') return image;
  const copy = image.cloneNode() as HTMLImageElement;
  copy.removeAttribute('style');
  return Object.assign(copy, { loading: 'eager' });
}

async function openVideo(video: HTMLVideoElement, opening: Opening): Promise<Picture> {
  await untilAborted(opening.signal, () => firstFrame(video));
  // It goes on playing.
  return openAsBitmap(video, opening);
}

async function firstFrame(video: HTMLVideoElement): Promise<void> {
  const hasFrame = () => video.readyState >= video.HAVE_CURRENT_DATA;
  if (!hasFrame() && willLoad(video)) {
    await new Promise<unknown>((resolve) => {
      for (const event of ['loadeddata', 'error']) {
        video.addEventListener(event, resolve, { once: true });
      }
    });
  }
  if (!hasFrame()) throw notReadable("the video has no frame yet: await its 'loadeddata'");
}

function willLoad(video: HTMLVideoElement): boolean {
  const isAsked = video.preload !== 'none' || !video.paused;
  const hasSource = video.srcObject || video.src || video.querySelector('source');
  return isAsked && Boolean(hasSource) && !video.error;
}

async function openFrame(frame: VideoFrame, opening: Opening): Promise<Picture> {
  if (frame.format === null && frame.codedWidth === 0)
    throw notReadable('the VideoFrame is closed');
  const isWide = frame.colorSpace.primaries === ('smpte432' as string) && hasWideCanvases();
  const own = isWide ? 'display-p3' : 'srgb';
  return openAsBitmap(frame, { ...opening, colorSpace: opening.colorSpace ?? own });
}

/** Throws FoveaError InvalidInput where what is drawn cannot be read in these colours. */
function checkReadable(colorSpace: ColorSpace = 'srgb'): void {
  checkCanvasColours(colorSpace, "have the picture read in 'srgb', or give its pixels");
}

/** Decodes it once, off the page's thread where the browser can. */
async function openAsBitmap(
  source: Blob | HTMLImageElement | HTMLVideoElement | VideoFrame | Canvas,
  { colorSpace, signal }: Opening,
): Promise<Picture> {
  checkReadable(colorSpace);
  const decode = () => createImageBitmap(source, { imageOrientation: 'from-image' });
  const bitmap = await untilAborted(
    signal,
    () =>
      decode().catch((cause: unknown) => {
        throw notReadable(
          'it is no picture that this browser decodes, or damaged, or of no size (an SVG needs a width ' +
            'and a height)',
          cause,
        );
      }),
    (late) => late.close(),
  );
  const { width, height } = bitmap;
  const close = () => bitmap.close();
  return drawnPicture({ source: bitmap, width, height, colorSpace, close });
}

/** Reads the canvas itself, or what it shows now where its context is of another kind than 2d. */
async function openCanvas(canvas: Canvas, { colorSpace, signal }: Opening): Promise<Picture> {
  const { width, height } = canvas;
  if (width === 0 || height === 0) throw notReadable(`the canvas has ${width} x ${height} pixels`);
  const { context, space } = contextOfSource(canvas);
  const own = colorSpace ?? space;
  if (!context) return openAsBitmap(canvas, { colorSpace: own, signal });
  checkReadable(own);
  checkSourceCanvas(context);
  return readingCanvas(context, own);
}
