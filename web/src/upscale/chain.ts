import { FoveaError } from '../base/errors.js';
import type { Rectangle } from '../host/module.js';
import type { Picture } from '../pictures/picture.js';
import { cut } from './blending.js';
import { StagedPicture } from './staged-picture.js';
import type { Part, Running, Stage } from './stage.js';

/** What stages make of a picture, one after the other. Closing it closes the picture, too. */
export function chained(
  picture: Picture,
  stages: readonly Stage[],
  running: () => Running,
): Picture {
  return stages.reduce<Picture>(
    (source, stage) => new StagedPicture(source, stage, running()),
    picture,
  );
}

/** The parts of what stages make of a picture, or of a rectangle of that. */
export async function* partsOf(
  picture: Picture,
  stages: readonly Stage[],
  running: Running,
  crop: Rectangle | undefined,
): AsyncGenerator<Part, void> {
  const last = stages.at(-1);
  if (!last) throw new FoveaError('Internal', 'no stage makes the picture');
  const before = chained(picture, stages.slice(0, -1), () => running);
  const parts = last.parts(before, running);
  try {
    for await (const part of parts) {
      const wanted = crop ? cropped(part, crop) : part;
      if (wanted) yield wanted;
    }
  } finally {
    await before.close();
  }
}

/** What a part shows of a rectangle, in which it then lies; undefined where that is nothing. */
function cropped(part: Part, crop: Rectangle): Part | undefined {
  const [left, right] = [
    Math.max(part.x, crop.x),
    Math.min(part.x + part.width, crop.x + crop.width),
  ];
  const [top, bottom] = [
    Math.max(part.y, crop.y),
    Math.min(part.y + part.height, crop.y + crop.height),
  ];
  const [width, height] = [right - left, bottom - top];
  if (width < 1 || height < 1) return undefined;
  const data = cut(part.data, part.width, left - part.x, top - part.y, width, height);
  return { x: left - crop.x, y: top - crop.y, data, width, height };
}
