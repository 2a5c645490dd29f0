import { FoveaError } from '../errors.js';

/** RGBA pixels, 4 bytes each, row by row, alpha not multiplied in: what ImageData holds. */
export interface PixelData {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

type Drawable = HTMLCanvasElement | OffscreenCanvas | ImageBitmap | HTMLImageElement;
type Canvas = HTMLCanvasElement | OffscreenCanvas;

/** A picture: pixels, or in browsers whatever can be drawn. */
export type PictureSource =
  | {
      readonly data: Uint8ClampedArray | Uint8Array;
      readonly width: number;
      readonly height: number;
    }
  | Drawable;

/** A picture's pixels. Throws FoveaError InvalidInput. */
export function readPixels(source: PictureSource): PixelData {
  const pixels = 'data' in source ? asPixels(source) : drawn(source);
  if (pixels.width > 0 && pixels.height > 0) return pixels;
  throw new FoveaError('InvalidInput', 'the picture has no pixels (is the image loaded?)');
}

/** Pixels as an ImageData, where the platform has that. */
export function toImageData(pixels: PixelData): PixelData {
  if (typeof ImageData !== 'function') return pixels;
  const { data, width, height } = pixels;
  return new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height);
}

/** Draws a whole picture, to whose size the canvas is set. */
export function drawPixels(pixels: PixelData, canvas: Canvas): void {
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  context(canvas).putImageData(toImageData(pixels) as ImageData, 0, 0);
}

/** The pixels with `margin` more on every side, which repeat the nearest. */
export function withMargin({ data, width, height }: PixelData, margin: number): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (margin === 0) return bytes;
  const outWidth = width + 2 * margin;
  const out = new Uint8Array(4 * outWidth * (height + 2 * margin));
  for (let y = 0; y < height + 2 * margin; ++y) {
    const from = 4 * width * clamp(y - margin, height);
    const row = out.subarray(4 * outWidth * y, 4 * outWidth * (y + 1));
    row.set(bytes.subarray(from, from + 4 * width), 4 * margin);
    for (let x = 0; x < margin; ++x) {
      row.set(bytes.subarray(from, from + 4), 4 * x);
      row.set(bytes.subarray(from + 4 * (width - 1), from + 4 * width), 4 * (outWidth - 1 - x));
    }
  }
  return out;
}

function clamp(index: number, size: number): number {
  return Math.min(Math.max(index, 0), size - 1);
}

function asPixels({ data, width, height }: Exclude<PictureSource, Drawable>): PixelData {
  if (data.length !== 4 * width * height) {
    throw new FoveaError(
      'InvalidInput',
      `${width} x ${height} pixels have ${4 * width * height} bytes of RGBA, not ${data.length}`,
    );
  }
  return { data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length), width, height };
}

function drawn(source: Drawable): PixelData {
  const { width, height } = sizeOf(source);
  if (width === 0 || height === 0) return { data: new Uint8ClampedArray(0), width, height };
  const canvas = newCanvas(width, height);
  const drawing = context(canvas);
  drawing.drawImage(source, 0, 0);
  try {
    return drawing.getImageData(0, 0, width, height);
  } catch (cause) {
    const message = 'the picture is from another origin that does not share its pixels (CORS)';
    throw new FoveaError('InvalidInput', message, {}, { cause });
  }
}

/** An image element's own size, not that it is shown at. */
function sizeOf(source: Drawable): { width: number; height: number } {
  if (!('naturalWidth' in source)) return { width: source.width, height: source.height };
  return { width: source.naturalWidth, height: source.naturalHeight };
}

function newCanvas(width: number, height: number): Canvas {
  if (typeof OffscreenCanvas === 'function') return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement('canvas'), { width, height });
}

function context(canvas: Canvas): OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D {
  const found = canvas.getContext('2d', { willReadFrequently: true });
  if (found) return found;
  throw new FoveaError('InvalidInput', 'the canvas has no 2d context');
}
