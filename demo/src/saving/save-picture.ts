// From a result to a file of the user's: encoded, with what the original said of itself, saved or copied.

import { PlainError } from '../base/messages.js';
import { renewExif, type Size } from './exif.js';
import { exifOfJpeg, jpegWithExif } from './jpeg.js';
import { exifOfPng, pngWithColours, pngWithExif } from './png.js';
import { exifOfWebp, webpWithExif } from './webp.js';

/** A picture that was made. */
export interface ResultPicture extends Size {
  /** One of these two has it. */
  canvas?: HTMLCanvasElement | OffscreenCanvas;
  /** A PNG of what no canvas holds. */
  blob?: Blob;
  colorSpace: PredefinedColorSpace;
}

export type FileType = 'image/png' | 'image/jpeg' | 'image/webp';

export interface FileChoice {
  type: FileType;
  /** 0..1, of JPEG and WebP. */
  quality: number;
}

/** Why a picture was not saved or copied, in words for its owner. */
export class SavingError extends PlainError {
  constructor(message: string, options?: ErrorOptions) {
    super('The picture was not saved.', message, options);
  }
}

/** Formats by what people call them, with the endings of their files. */
export const formats: Readonly<Record<FileType, { title: string; ending: string }>> = {
  'image/png': { title: 'PNG', ending: 'png' },
  'image/jpeg': { title: 'JPEG', ending: 'jpg' },
  'image/webp': { title: 'WebP', ending: 'webp' },
};

/**
 * Encodes a picture, with the EXIF of the file it was made of; it says that the picture is upright, and its size.
 *
 * @throws SavingError where the browser does not encode it
 */
export async function encodeResult(
  result: ResultPicture,
  choice: FileChoice,
  original: Blob | undefined,
): Promise<Blob> {
  const file = await encode(result, choice);
  const exif = original && (await exifOf(original));
  const renewed = exif && renewExif(exif, result);
  if (choice.type === 'image/jpeg') return renewed ? jpegWithExif(file, renewed) : file;
  if (choice.type === 'image/webp') return renewed ? webpWithExif(file, renewed, result) : file;
  const png = await pngWithColours(file, result.colorSpace);
  return renewed ? pngWithExif(png, renewed) : png;
}

async function exifOf(original: Blob): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(await original.arrayBuffer());
  return exifOfJpeg(bytes) ?? exifOfPng(bytes) ?? exifOfWebp(bytes);
}

async function encode(
  { canvas, blob, width, height }: ResultPicture,
  { type, quality }: FileChoice,
): Promise<Blob> {
  const { title } = formats[type];
  const size = `${width} × ${height} pixels`;
  if (!canvas) {
    if (blob && type === 'image/png') return blob;
    throw new SavingError(
      `A picture of ${size} is larger than browsers can save as ${title}. Save it as PNG, which has no such limit.`,
    );
  }
  const file = await toBlob(canvas, type, quality).catch(() => null);
  if (file?.type === type) return file;
  throw new SavingError(
    file
      ? `This browser cannot save ${title} files. Choose another format.`
      : `This browser cannot save ${size} as ${title}. Choose another format or a smaller size.`,
  );
}

function toBlob(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  type: FileType,
  quality: number,
): Promise<Blob | null> {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type, quality });
  return new Promise((resolve) => canvas.toBlob(resolve, type, quality));
}

/**
 * Puts a picture into the clipboard, as PNG.
 *
 * @param picture may be a promise: browsers allow it only while they handle a click
 * @throws SavingError where the browser has no such clipboard or denies it
 */
export async function copyPicture(picture: Blob | Promise<Blob>): Promise<void> {
  if (typeof ClipboardItem === 'undefined') {
    throw new SavingError('This browser lets no page copy pictures. Save the picture instead.');
  }
  const png = Promise.resolve(picture).then(toPng);
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
  } catch (cause) {
    // Why there is no picture is more than that none was copied.
    await png;
    const message = 'The browser did not let this page copy the picture. Save it instead.';
    throw new SavingError(message, { cause });
  }
}

async function toPng(picture: Blob): Promise<Blob> {
  if (picture.type === 'image/png') return picture;
  const bitmap = await createImageBitmap(picture);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('bitmaprenderer')!.transferFromImageBitmap(bitmap);
  return canvas.convertToBlob({ type: 'image/png' });
}
