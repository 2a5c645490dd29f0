import { abortError, FoveaError, messageOf } from '../base/errors.js';
import type { Rectangle } from '../host/module.js';
import { scratchContext, settingsOf, type Context } from './canvas.js';
import type { Component, Picture } from './picture.js';
import type { ColorSpace, Pixels } from './pixels.js';
import { deepFormat, pixelsOf } from './image-data.js';

/** What can be drawn now, without waiting. */
export interface Drawn {
  source: CanvasImageSource;
  width: number;
  height: number;
  /** The space that its parts are read in; sRGB unless given. */
  colorSpace: ColorSpace | undefined;
  close?: () => void;
}

/**
 * A picture of which parts are drawn on a canvas as large as the part, to be read there. Neither that
 * nor what is drawn needs a page: a worker can do it as well.
 */
export function drawnPicture({
  source,
  width,
  height,
  colorSpace = 'srgb',
  close = () => {},
}: Drawn): Picture {
  let scratch: Context | undefined;
  const closeAll = () => {
    // Some browsers keep a canvas' memory until it is collected.
    if (scratch) Object.assign(scratch.canvas, { width: 0, height: 0 });
    close();
  };
  const description = { width, height, colorSpace, component: 'uint8', close: closeAll } as const;
  return pictureRead(description, (part) => {
    scratch ??= scratchContext(part.width, part.height, colorSpace);
    const { canvas } = scratch;
    if (canvas.width < part.width || canvas.height < part.height) {
      canvas.width = Math.max(canvas.width, part.width);
      canvas.height = Math.max(canvas.height, part.height);
    }
    const { x, y } = part;
    const size = [part.width, part.height] as const;
    // Pixel on pixel, nothing is between them; and nothing of the last part shines through.
    scratch.imageSmoothingEnabled = false;
    scratch.clearRect(0, 0, ...size);
    scratch.drawImage(source, x, y, ...size, 0, 0, ...size);
    return scratch.getImageData(0, 0, ...size);
  });
}

/** A picture that is on a canvas of kind 2d. */
export function readingCanvas(context: Context, colorSpace: ColorSpace): Picture {
  const { width, height } = context.canvas;
  const isDeep = settingsOf(context).colorType === 'float16';
  const component = isDeep ? 'float16' : 'uint8';
  const settings = { colorSpace, ...(isDeep ? deepFormat : {}) };
  return pictureRead({ width, height, colorSpace, component }, (part) =>
    context.getImageData(part.x, part.y, part.width, part.height, settings),
  );
}

export function notReadable(why: string, cause?: unknown): FoveaError {
  return new FoveaError('InvalidInput', `the picture cannot be read: ${why}`, {}, { cause });
}

interface Description {
  width: number;
  height: number;
  colorSpace: ColorSpace;
  component: Component;
  close?: () => void;
}

function pictureRead(
  { close = () => {}, ...description }: Description,
  read: (part: Rectangle) => ImageData,
): Picture {
  return {
    ...description,
    channels: 4,
    async read(part, signal): Promise<Pixels> {
      if (signal?.aborted) throw abortError(signal);
      try {
        return await pixelsOf(read(part));
      } catch (cause) {
        throw whyNot(cause);
      }
    },
    close,
  };
}

function whyNot(cause: unknown): FoveaError {
  if (cause instanceof FoveaError) return cause;
  const isForeign = (cause as Error | undefined)?.name === 'SecurityError';
  return isForeign
    ? notReadable('it is from another origin that does not share its pixels (CORS)', cause)
    : notReadable(`it cannot be drawn: ${messageOf(cause)}`, cause);
}
