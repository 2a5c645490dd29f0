import { FoveaError } from '../base/errors.js';
import type { ColorSpace, PixelData } from './pictures.js';

export type Canvas = HTMLCanvasElement | OffscreenCanvas;
export type Context = (OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D) & {
  // Of OffscreenCanvas, missing in the types.
  getContextAttributes?(): { colorSpace?: ColorSpace };
};

/** What every browser's canvases hold. */
const smallArea = 4096 ** 2;
const smallSide = 8192;

/** A canvas to draw a picture on and read it back. Throws FoveaError InvalidInput. */
export function scratchContext(width: number, height: number, colorSpace: ColorSpace): Context {
  if (!canHold(width, height)) throw tooLarge(width, height, 'give its pixels, or parts of it');
  const context = contextOf(newCanvas(width, height), colorSpace);
  if (context) return context;
  throw new FoveaError('InvalidInput', 'this browser has no 2d canvas: give pixels');
}

/**
 * The context of a canvas that results are to be drawn on.
 *
 * @throws FoveaError InvalidInput for a canvas that cannot be drawn on
 */
export function targetContext(canvas: Canvas, colorSpace: ColorSpace): Context {
  const advice = 'give one without, or draw the result yourself';
  let context: Context | null;
  try {
    context = contextOf(canvas, colorSpace);
  } catch (cause) {
    const message = `the canvas was transferred to an OffscreenCanvas: ${advice}`;
    throw new FoveaError('InvalidInput', message, { option: 'canvas' }, { cause });
  }
  if (context) return context;
  const message = `the canvas has a context of another kind than 2d, such as WebGL's: ${advice}`;
  throw new FoveaError('InvalidInput', message, { option: 'canvas' });
}

/** Throws FoveaError InvalidInput if the browser's canvases do not get so large. */
export function checkTargetSize(width: number, height: number): void {
  if (canHold(width, height)) return;
  const advice = 'take the result without one, or enlarge parts of the picture';
  throw tooLarge(width, height, advice, { option: 'canvas' });
}

/**
 * Draws a whole picture, to whose size the context's canvas is set.
 *
 * @throws FoveaError OutOfMemory if the browser keeps none of it, which it says nowhere
 */
export function drawPixels(pixels: ImageData, context: Context): void {
  const { data, width, height } = pixels;
  Object.assign(context.canvas, { width, height });
  context.putImageData(pixels, 0, 0);
  const shown = lastShown(data);
  if (shown === undefined) return;
  const [x, y] = [shown % width, Math.floor(shown / width)];
  if (context.getImageData(x, y, 1, 1).data[3] === data[4 * shown + 3]) return;
  const message = `the browser has no memory for a canvas of ${width} x ${height} pixels`;
  throw new FoveaError('OutOfMemory', message, { bytes: String(4 * width * height) });
}

/** The space that a canvas' colours are in, whatever it is drawn on by. */
export function colorSpaceOf(canvas: Canvas): ColorSpace {
  // Asked for a context of another kind than it has, a canvas gives none.
  const context = canvas.getContext('2d') as Context | null;
  if (context) return context.getContextAttributes?.().colorSpace ?? 'srgb';
  const webgl = (canvas.getContext('webgl2') ?? canvas.getContext('webgl')) as {
    drawingBufferColorSpace?: ColorSpace;
  } | null;
  return webgl?.drawingBufferColorSpace ?? 'srgb';
}

/**
 * Whether canvases get so large, which no browser tells: beyond its limits, one swallows what is drawn.
 * Those differ by browser, version and device, so one is tried.
 */
function canHold(width: number, height: number): boolean {
  if (width * height <= smallArea && Math.max(width, height) <= smallSide) return true;
  let canvas: Canvas | undefined;
  try {
    canvas = newCanvas(width, height);
    const context = contextOf(canvas, 'srgb');
    context?.fillRect(width - 1, height - 1, 1, 1);
    return context?.getImageData(width - 1, height - 1, 1, 1).data[3] === 255;
  } catch {
    return false;
  } finally {
    // Some browsers keep a canvas' memory until it is collected.
    if (canvas) Object.assign(canvas, { width: 0, height: 0 });
  }
}

function tooLarge(
  width: number,
  height: number,
  advice: string,
  fields: Record<string, string> = {},
): FoveaError {
  return new FoveaError(
    'InvalidInput',
    `this browser has no canvas of ${width} x ${height} pixels (limits are 32767 or 65535 pixels along ` +
      `a side and 16384 x 16384 in all, or less): ${advice}`,
    fields,
  );
}

function contextOf(canvas: Canvas, colorSpace: ColorSpace): Context | null {
  return canvas.getContext('2d', { willReadFrequently: true, colorSpace }) as Context | null;
}

function newCanvas(width: number, height: number): Canvas {
  if (typeof OffscreenCanvas === 'function') return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement('canvas'), { width, height });
}

/** The last pixel that is not fully transparent. */
function lastShown(data: PixelData['data'] | ImageData['data']): number | undefined {
  for (let at = data.length - 1; at > 0; at -= 4) if (data[at] !== 0) return (at - 3) / 4;
  return undefined;
}
