// What pictures come from.

import { abortError, FoveaError } from '../base/errors.js';
import { bytesIn, described, isBlob, isResponse, isUrl } from '../base/kinds.js';
import { openDrawable, type Drawable, type Opening } from './drawables.js';
import { openFile, type FileSource } from './files.js';
import type { Picture } from './picture.js';
import { openPixels, type PixelSource } from './pixel-source.js';
import { isSharpPicture, openSharpPicture, type SharpPicture } from './sharp.js';

export type { Drawable, Opening } from './drawables.js';
export type { PixelSource } from './pixel-source.js';

/**
 * A picture: pixels (ImageData and the like), an address, a file or its bytes; in browsers also what is
 * drawn, in Node a path and, where that package is installed, pictures of `sharp`.
 */
export type PictureSource = PixelSource | ImageData | FileSource | Drawable | SharpPicture;

/**
 * Opens a picture, once it is decoded. Files, images and videos are read in `colorSpace`, else in sRGB;
 * pixels and canvases keep their own. Their owner leaves them as they are until it is closed.
 *
 * @throws FoveaError InvalidInput, NetworkError, Aborted
 */
export async function openPicture(source: PictureSource, options: Opening = {}): Promise<Picture> {
  const { signal, colorSpace } = options;
  if (signal?.aborted) throw abortError(signal);
  if (isFile(source)) return openFile(source, options);
  if (typeof source !== 'object' || source === null) throw notTaken(source);
  const drawn = openDrawable(source, options);
  if (drawn) return drawn;
  if (isSharpPicture(source)) return openSharpPicture(source, options);
  if (!('data' in source)) throw notTaken(source);
  return openPixels(source, colorSpace);
}

function isFile(source: unknown): source is FileSource {
  return (
    typeof source === 'string' ||
    isUrl(source) ||
    isBlob(source) ||
    isResponse(source) ||
    bytesIn(source) !== undefined
  );
}

function notTaken(source: unknown): FoveaError {
  return new FoveaError(
    'InvalidInput',
    'a picture is { data, width, height } of pixels, an address, a Blob, a Response or the bytes of a ' +
      'file; in browsers also an img, picture, svg image, video or canvas element, an OffscreenCanvas, ' +
      'an ImageBitmap or a VideoFrame; in Node a path or a picture of the package sharp; not ' +
      described(source),
  );
}
