import { PictureError } from '../../base/messages.js';
import { decodePicture, type Picture } from '../../pictures/picture.js';

/** A picture that a model learns from. */
export interface ChosenPicture {
  file: Blob;
  name: string;
  /** Of the file, for as long as it is chosen. */
  url: string;
}

/** Those that come with the page, all ours from the first pixel. */
const samples = ['sample.png', 'scene-1.webp', 'scene-2.webp', 'scene-3.webp'];

/** More are not needed, and each is decoded whole. */
export const mostPictures = 40;

/** @throws PictureError for what the browser cannot open */
export async function choosePicture(file: Blob, name: string): Promise<ChosenPicture> {
  const { bitmap } = await decodePicture(file, name);
  bitmap.close();
  return { file, name, url: URL.createObjectURL(file) };
}

export function closePicture({ url }: ChosenPicture): void {
  URL.revokeObjectURL(url);
}

/** Each may be rejected with PictureError. */
export function chooseSamples(): Promise<ChosenPicture>[] {
  return samples.map(async (name) => {
    const response = await fetch(new URL(`samples/${name}`, document.baseURI));
    if (!response.ok) throw new PictureError(`The sample is missing: ${response.status}.`);
    return choosePicture(await response.blob(), name);
  });
}

/** The middle of a picture, where it has more pixels than are compared. */
export async function middleOf({ bitmap, width, height }: Picture): Promise<ImageBitmap> {
  const [across, down] = [Math.min(width, 400), Math.min(height, 320)];
  const [x, y] = [(width - across) >> 1, (height - down) >> 1];
  return createImageBitmap(bitmap, x, y, across, down);
}
