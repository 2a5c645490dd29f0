// What pages of tests have of web/src/pictures, and what they ask of it. Bundled by pictures-page.ts.

import { openPicture } from '../../../web/src/pictures/sources.js';
import * as sinks from '../../../web/src/pictures/sinks.js';
import type { Picture } from '../../../web/src/pictures/picture.js';
import type { Pixels } from '../../../web/src/pictures/pixels.js';
import {
  cut,
  putInTiles,
  randomParts,
  randomPixels,
  readWhole,
} from '../../../web/tests/support/parts.js';

const pictures = {
  ...sinks,
  openPicture,
  cut,
  putInTiles,
  randomPixels,
  readWhole,
  opaque,
  canvasOf,
  wholeByCanvas,
  largestDifference,
  shownDifference,
  partsDiffer,
  failureOf,
};

declare global {
  interface Window {
    pictures: typeof pictures;
  }
}

window.pictures = pictures;

/** The same without alpha. */
function opaque({ data, width, height }: Pixels): Pixels {
  return { data: data.map((level, i) => (i % 4 === 3 ? 255 : level)), width, height };
}

/** A canvas that shows pixels. */
function canvasOf(
  { data, width, height }: Pixels,
  colorSpace: PredefinedColorSpace = 'srgb',
): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const image = new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height, {
    colorSpace,
  });
  canvas.getContext('2d', { colorSpace })!.putImageData(image, 0, 0);
  return canvas;
}

/** What a browser itself reads of what it draws whole. */
function wholeByCanvas(
  source: CanvasImageSource,
  width: number,
  height: number,
  colorSpace: PredefinedColorSpace = 'srgb',
): Pixels {
  const context = new OffscreenCanvas(width, height).getContext('2d', { colorSpace })!;
  context.drawImage(source, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return { data, width, height };
}

function largestDifference(a: Pixels, b: Pixels): number {
  if (a.width !== b.width || a.height !== b.height) return NaN;
  let largest = 0;
  for (const [i, level] of a.data.entries()) {
    largest = Math.max(largest, Math.abs(level - b.data[i]!));
  }
  return largest;
}

/** The same of what is seen: the colours of what is nearly transparent are lost in canvases. */
function shownDifference(a: Pixels, b: Pixels): number {
  let largest = largestDifference(a, b) * 0;
  for (const [i, level] of a.data.entries()) {
    const alpha = i % 4 === 3 ? 1 : Math.min(a.data[i | 3]!, b.data[i | 3]!) / 255;
    largest = Math.max(largest, Math.abs(level - b.data[i]!) * alpha);
  }
  return largest;
}

/** How many parts of chance are not what they are in the whole. */
async function partsDiffer(picture: Picture): Promise<number> {
  const whole = await readWhole(picture);
  let different = 0;
  for (const part of randomParts(picture.width, picture.height)) {
    const difference = largestDifference(await picture.read(part), cut(whole, part));
    if (difference !== 0) different += 1;
  }
  return different;
}

async function failureOf(work: () => unknown): Promise<{ code: string; message: string } | null> {
  try {
    await work();
    return null;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  }
}
