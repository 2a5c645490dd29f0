import { enlargedSize } from '../host/measuring.js';
import type { Pair } from '../host/forms.js';
import { FoveaError } from '../base/errors.js';

/** The most that one piece of a 32-bit engine's memory can be, in bytes: half of it. */
const largestPiece = 2 ** 31 - 1;

/** What an engine has at most, less what it takes for itself and a small network; in bytes. */
const allMemory = 2 ** 32 - 2 ** 26;

/** What pictures need besides their own pixels. */
export interface PictureNeeds {
  width: number;
  height: number;
  /** Bytes of a component of the source: 1 or 4. */
  component: number;
  /** Whether colour is enlarged apart from luma. */
  luma: boolean;
}

/**
 * The size of an enlarged picture.
 *
 * @throws FoveaError OutOfMemory, with `bytes`, when the engine cannot hold it, before anything is
 *   computed; InvalidInput when nothing is left of it
 */
export function enlargedOrThrow(picture: PictureNeeds, scale: Pair): Pair {
  const size = {
    x: enlargedSize(picture.width, scale.x),
    y: enlargedSize(picture.height, scale.y),
  };
  if (size.x < 1 || size.y < 1) {
    const message = `${picture.width} x ${picture.height} pixels become ${size.x} x ${size.y}: none`;
    throw new FoveaError('InvalidInput', message);
  }
  const pixels = picture.width * picture.height;
  const result = 4 * size.x * size.y;
  // Cb and Cr as floats; alpha is one plane more where there is one.
  const bytes = result + 4 * pixels * picture.component + (picture.luma ? 8 * pixels : 0);
  if (result <= largestPiece && bytes <= allMemory) return size;
  throw new FoveaError(
    'OutOfMemory',
    `${picture.width} x ${picture.height} pixels become ${size.x} x ${size.y}, which takes ${bytes} bytes ` +
      `of memory (${result} for the result, of which there can be ${largestPiece}): enlarge parts of the ` +
      'picture, or by a smaller factor',
    { bytes: String(bytes) },
  );
}
