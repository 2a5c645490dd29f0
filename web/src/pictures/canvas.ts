import { FoveaError } from '../base/errors.js';
import type { ColorSpace } from './pixels.js';

export type Canvas = HTMLCanvasElement | OffscreenCanvas;
export type Context = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

/** How a canvas that has no context yet stores its pixels. */
interface Settings {
  colorSpace: ColorSpace;
  /** Whether it is in the processor's memory, where it is read fast. */
  willReadFrequently?: boolean;
  /** More than 8 bits, where the browser has that. */
  colorType?: 'unorm8' | 'float16';
}

/** What every browser's canvases hold. */
const smallArea = 4096 ** 2;
const smallSide = 8192;

/**
 * Throws FoveaError InvalidInput where canvases have no such colours. Those browsers take the setting and
 * ignore it, so that what is drawn or read would be of other colours than it says.
 *
 * @param advice what to do instead
 */
export function checkCanvasColours(colorSpace: ColorSpace, advice: string): void {
  // A library's canvases, where there are no others, are taken at their word.
  if (colorSpace === 'srgb' || !hasCanvases() || hasWideCanvases()) return;
  throw new FoveaError('InvalidInput', `this browser's canvases have no ${colorSpace}: ${advice}`, {
    option: 'colorSpace',
  });
}

let wideCanvases: boolean | undefined;

/** Whether canvases can be in Display-P3, by which the red of sRGB is no full red. */
export function hasWideCanvases(): boolean {
  if (wideCanvases !== undefined) return wideCanvases;
  const settings = { colorSpace: 'display-p3', willReadFrequently: true } as const;
  const context = contextOf(newCanvas(1, 1), settings);
  if (!context) return (wideCanvases = false);
  context.fillStyle = '#f00';
  context.fillRect(0, 0, 1, 1);
  return (wideCanvases = context.getImageData(0, 0, 1, 1).data[0] !== 255);
}

/** A canvas to draw a picture on and read it back. Throws FoveaError InvalidInput. */
export function scratchContext(width: number, height: number, colorSpace: ColorSpace): Context {
  if (!canHold(width, height)) throw tooLarge(width, height, 'give its pixels, or parts of it');
  const context = contextOf(newCanvas(width, height), { colorSpace, willReadFrequently: true });
  if (context) return context;
  throw new FoveaError('InvalidInput', 'this browser has no 2d canvas: give pixels');
}

/**
 * The context of a canvas that results are to be drawn on.
 *
 * @throws FoveaError InvalidInput for a canvas that cannot be drawn on, or where none has such colours
 */
export function targetContext(
  canvas: Canvas,
  colorSpace: ColorSpace,
  colorType: Settings['colorType'] = 'unorm8',
): Context {
  checkCanvasColours(colorSpace, "take the result as 'raw', 'tensor' or a PNG");
  const advice = 'give one without, or draw the result yourself';
  let context: Context | null;
  try {
    // In the processor's memory, as parts come from there; graphics cards' limits are lower, too.
    context = contextOf(canvas, { colorSpace, colorType, willReadFrequently: true });
  } catch (cause) {
    const message = `the canvas was transferred to an OffscreenCanvas: ${advice}`;
    throw new FoveaError('InvalidInput', message, { option: 'canvas' }, { cause });
  }
  if (context) return context;
  const message = `the canvas has a context of another kind than 2d, such as WebGL's: ${advice}`;
  throw new FoveaError('InvalidInput', message, { option: 'canvas' });
}

/**
 * Sets the size of the context's canvas, which clears it.
 *
 * @throws FoveaError InvalidInput if the browser's canvases do not get so large, which leaves the size
 */
export function setTargetSize(context: Context, width: number, height: number): void {
  const { canvas } = context;
  const before = { width: canvas.width, height: canvas.height };
  Object.assign(canvas, { width, height });
  if (isSmall(width, height) || keepsLastPixel(context)) return;
  Object.assign(canvas, before);
  const advice = 'take the result without one, or enlarge parts of the picture';
  throw tooLarge(width, height, advice, { option: 'canvas' });
}

/** Throws FoveaError InvalidInput for a canvas so large that the browser keeps nothing of it. */
export function checkSourceCanvas(context: Context): void {
  const { width, height } = context.canvas;
  if (isSmall(width, height)) return;
  const isShown = (x: number, y: number) => context.getImageData(x, y, 1, 1).data[3] !== 0;
  const [right, below] = [width - 1, height - 1];
  try {
    // Whoever keeps nothing shows nothing.
    if (isShown(right >> 1, below >> 1) || isShown(0, 0) || isShown(right, below)) return;
  } catch (cause) {
    // What is another origin's is there.
    if ((cause as Error).name === 'SecurityError') return;
  }
  if (!canHold(width, height)) throw tooLarge(width, height, 'give its pixels, or parts of it');
}

/** A canvas' context to read it by, if it is of kind 2d, and the space that its colours are in. */
export function contextOfSource(canvas: Canvas): { context?: Context; space: ColorSpace } {
  // Asked for a context of another kind than it has, a canvas gives none; one that was transferred throws.
  const ask = (kind: '2d' | 'webgl2' | 'webgl') => {
    try {
      return canvas.getContext(kind);
    } catch {
      return null;
    }
  };
  const context = ask('2d') as Context | null;
  if (context) return { context, space: settingsOf(context).colorSpace ?? 'srgb' };
  const webgl = (ask('webgl2') ?? ask('webgl')) as { drawingBufferColorSpace?: ColorSpace } | null;
  return { space: webgl?.drawingBufferColorSpace ?? 'srgb' };
}

/** How a context's canvas stores its pixels, as far as the browser tells. */
export function settingsOf(context: Context): Partial<Settings> {
  // Of OffscreenCanvas, it is missing in the types.
  const { getContextAttributes } = context as { getContextAttributes?: () => Partial<Settings> };
  return getContextAttributes?.call(context) ?? {};
}

/** Whether there are canvases at all, which Node has not. */
export function hasCanvases(): boolean {
  return typeof OffscreenCanvas === 'function' || typeof document !== 'undefined';
}

/** A canvas of that size. Throws FoveaError InvalidInput where there are none. */
export function newCanvas(width: number, height: number): Canvas {
  if (typeof OffscreenCanvas === 'function') return new OffscreenCanvas(width, height);
  if (typeof document !== 'undefined') {
    return Object.assign(document.createElement('canvas'), { width, height });
  }
  const message = 'there are no canvases here: take the result as imageData, raw, tensor or a PNG';
  throw new FoveaError('InvalidInput', message);
}

/** Whether every browser's canvases get so large. */
function isSmall(width: number, height: number): boolean {
  return width * height <= smallArea && Math.max(width, height) <= smallSide;
}

/**
 * Whether canvases get so large, which no browser tells: beyond its limits, one swallows what is drawn.
 * Those differ by browser, version and device, so one is tried.
 */
function canHold(width: number, height: number): boolean {
  if (isSmall(width, height)) return true;
  const canvas = newCanvas(1, 1);
  const context = contextOf(canvas, { colorSpace: 'srgb', willReadFrequently: true });
  Object.assign(canvas, { width, height });
  const isKept = context !== null && keepsLastPixel(context);
  // Some browsers keep a canvas' memory until it is collected.
  Object.assign(canvas, { width: 0, height: 0 });
  return isKept;
}

/** Draws a pixel, looks whether it is there, and clears it. */
function keepsLastPixel(context: Context): boolean {
  const { width, height } = context.canvas;
  const last = [width - 1, height - 1, 1, 1] as const;
  try {
    context.fillRect(...last);
    const isKept = context.getImageData(...last).data[3] === 255;
    context.clearRect(...last);
    return isKept;
  } catch {
    return false;
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

function contextOf(canvas: Canvas, settings: Settings): Context | null {
  return canvas.getContext('2d', settings) as Context | null;
}
