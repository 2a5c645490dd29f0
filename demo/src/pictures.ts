/** A decoded picture, upright. */
export interface Picture {
  bitmap: ImageBitmap;
  /** Of the file, without its ending. */
  name: string;
}

/** A fault of the picture, in words for its owner. */
export class PictureError extends Error {}

/** The most pixels a picture may have: four times as many, twice, are what browsers' canvases hold. */
const mostPixels = 50_000_000;

export const pictureLimit = `Up to ${mostPixels / 1e6} megapixels, as far as memory lasts.`;

/**
 * Decodes a picture as the browser would show it, turned as its EXIF data says.
 *
 * @throws PictureError when it is none, is broken, or is too large
 */
export async function decodePicture(file: Blob, fileName: string): Promise<Picture> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch (cause) {
    const message = `${fileName} is not a picture this browser can read, or it is damaged.`;
    throw new PictureError(message, { cause });
  }
  const { width, height } = bitmap;
  if (width * height > mostPixels) {
    bitmap.close();
    const megapixels = ((width * height) / 1e6).toFixed(1);
    throw new PictureError(
      `${fileName} has ${width} × ${height} = ${megapixels} megapixels; ` +
        `this page takes up to ${mostPixels / 1e6}. Make it smaller first.`,
    );
  }
  return { bitmap, name: fileName.replace(/\.\w+$/, '') };
}

/** The picture that comes with the page. */
export async function samplePicture(): Promise<Picture> {
  const response = await fetch(new URL('samples/sample.png', document.baseURI));
  if (!response.ok) throw new PictureError(`The sample is missing: ${response.status}.`);
  return decodePicture(await response.blob(), 'sample.png');
}
