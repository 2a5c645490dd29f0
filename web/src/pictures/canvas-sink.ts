import { FoveaError } from '../base/errors.js';
import {
  newCanvas,
  setTargetSize,
  settingsOf,
  targetContext,
  type Canvas,
  type Context,
} from './canvas.js';
import { imageDataComponent, partImageData, type PixelData } from './image-data.js';
import type { Pixels } from './pixels.js';
import type { ResultInfo, Sink } from './sink.js';

/**
 * Draws a result's parts as they come.
 *
 * @param canvas to whose size it is set now; without it, a new one
 * @throws FoveaError InvalidInput for one that cannot be drawn on, or where no canvas is so large; by
 *   finish(), OutOfMemory if the browser kept nothing of it, which it says nowhere
 */
export function canvasSink(info: ResultInfo, canvas?: Canvas): Sink<Canvas> {
  const { width, height, colorSpace } = info;
  const target = canvas ?? newCanvas(1, 1);
  const wanted = imageDataComponent(info.component) === 'float16' ? 'float16' : 'unorm8';
  const context = targetContext(target, colorSpace, wanted);
  setTargetSize(context, width, height);
  const isDeep = settingsOf(context).colorType === 'float16';
  const component = isDeep ? imageDataComponent('float16') : 'uint8';
  let shown: [x: number, y: number] | undefined;
  return {
    async put(x, y, pixels) {
      const image = await partImageData(pixels, colorSpace, component);
      context.putImageData(ownImageData(context, image), x, y);
      const at = shownAt(pixels);
      if (at !== undefined) {
        shown = [x + (at % pixels.width), y + Math.floor(at / pixels.width)];
      }
    },
    finish() {
      if (!shown || context.getImageData(...shown, 1, 1).data[3] !== 0) return target;
      const message = `the browser has no memory for a canvas of ${width} x ${height} pixels`;
      throw new FoveaError('OutOfMemory', message, { bytes: String(4 * width * height) });
    },
    abort() {
      // Some browsers keep a canvas' memory until it is collected.
      if (!canvas) Object.assign(target, { width: 0, height: 0 });
    },
  };
}

/** Draws a result and hands it over as an ImageBitmap. Throws as canvasSink. */
export function bitmapSink(info: ResultInfo): Sink<ImageBitmap> {
  const sink = canvasSink(info);
  return {
    ...sink,
    async finish() {
      const canvas = await sink.finish();
      // This leaves nothing in the canvas.
      if ('transferToImageBitmap' in canvas) return canvas.transferToImageBitmap();
      const bitmap = await createImageBitmap(canvas);
      sink.abort();
      return bitmap;
    },
  };
}

/** In Node, libraries that have canvases take their own class only. */
function ownImageData(context: Context, image: PixelData): ImageData {
  if (typeof ImageData === 'function') return image as ImageData;
  const own = context.createImageData(image.width, image.height);
  own.data.set(image.data);
  return own;
}

/** The last pixel that is not fully transparent. */
function shownAt({ data }: Pixels): number | undefined {
  for (let at = data.length - 1; at > 0; at -= 4) if (data[at]! >= 1) return (at - 3) / 4;
  return undefined;
}
