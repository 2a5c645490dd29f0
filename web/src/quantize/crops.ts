// Which parts of a picture a model learns from.

import type { Rectangle } from '../host/module.js';
import type { Pair } from '../network/form.js';
import type { Picture } from '../pictures/picture.js';
import type { Pixels } from '../pictures/pixels.js';

/** Places that are looked at, of a large picture; a photo of 16 megapixels has that many. */
const mostPlaces = 256;

/**
 * Places of a size in a picture, spread over it: of neighbouring ones always that with the most detail. Parts
 * of one colour are left out.
 *
 * @param size no larger than the picture
 * @param count how many, at most
 */
export async function findCrops(
  picture: Picture,
  size: Pair,
  count: number,
  signal: AbortSignal | undefined,
): Promise<Rectangle[]> {
  const places = grid(picture, size, Math.max(count, mostPlaces));
  const details: number[] = [];
  for (const place of places) details.push(detailOf(await picture.read(place, signal)));
  const groups = Math.min(count, places.length);
  const best = Array.from({ length: groups }, (_, group) => {
    const [begin, end] = [group, group + 1].map((g) => Math.round((g * places.length) / groups));
    const indices = places.map((_, index) => index).slice(begin, end);
    return indices.reduce((a, b) => (details[b]! > details[a]! ? b : a));
  });
  return best.filter((index) => details[index]! > 0).map((index) => places[index]!);
}

/** Places that do not overlap, at most so many, row by row. */
function grid(picture: Picture, size: Pair, most: number): Rectangle[] {
  let [columns, rows] = [Math.floor(picture.width / size.x), Math.floor(picture.height / size.y)];
  while (columns * rows > most) {
    if (columns * size.x > rows * size.y) --columns;
    else --rows;
  }
  /** In the middle of its part of an axis. */
  const at = (index: number, parts: number, length: number, side: number) =>
    Math.floor(((2 * index + 1) * length) / (2 * parts) - side / 2);
  return Array.from({ length: columns * rows }, (_, index) => ({
    x: at(index % columns, columns, picture.width, size.x),
    y: at(Math.floor(index / columns), rows, picture.height, size.y),
    width: size.x,
    height: size.y,
  }));
}

/** How much neighbouring pixels differ, on average; 0 for one colour. */
function detailOf({ data, width, height }: Pixels): number {
  let sum = 0;
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      const here = 4 * (y * width + x);
      for (const next of [
        x + 1 < width ? here + 4 : here,
        y + 1 < height ? here + 4 * width : here,
      ]) {
        for (let c = 0; c < 3; ++c) sum += Math.abs(data[next + c]! - data[here + c]!);
      }
    }
  }
  return sum / (width * height);
}
