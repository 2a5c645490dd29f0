import type { PixelData } from 'fovea';

export type Rgba = [number, number, number, number];

export function makePicture(
  width: number,
  height: number,
  pixel: (x: number, y: number) => Rgba,
): PixelData {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) data.set(pixel(x, y), 4 * (y * width + x));
  }
  return { data, width, height };
}

/** All different, opaque. */
export const colourful = (width: number, height: number) =>
  makePicture(width, height, (x, y) => [(x * 37) % 256, (y * 53) % 256, (x * y * 11) % 256, 255]);

export function pixelOf({ data, width }: PixelData, x: number, y: number): number[] {
  return [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)];
}

/** Each pixel repeated, `add` added to its colours. */
export function repeated(picture: PixelData, factor: number, add = [0, 0, 0]): PixelData {
  const { width, height } = picture;
  return makePicture(Math.floor(width * factor), Math.floor(height * factor), (x, y) => {
    const [r, g, b, a] = pixelOf(picture, Math.floor(x / factor), Math.floor(y / factor)) as Rgba;
    return [r + add[0]!, g + add[1]!, b + add[2]!, a];
  });
}

export const plain = ({ data, width, height }: PixelData) => ({ width, height, data: [...data] });

/** The largest difference of two pictures' components. */
export function largestDifference(a: PixelData, b: PixelData): number {
  if (a.data.length !== b.data.length) throw new Error('the pictures differ in size');
  const [first, second] = [a.data, b.data];
  let most = 0;
  // Without a call for each: looking up a global one is slow in Jest.
  for (let i = 0; i < first.length; ++i) {
    const difference = first[i]! > second[i]! ? first[i]! - second[i]! : second[i]! - first[i]!;
    if (difference > most) most = difference;
  }
  return most;
}

/** Each pixel changed. */
export function mapped(picture: PixelData, change: (pixel: Rgba) => Rgba): PixelData {
  const { width, height } = picture;
  return makePicture(width, height, (x, y) => change(pixelOf(picture, x, y) as Rgba));
}
