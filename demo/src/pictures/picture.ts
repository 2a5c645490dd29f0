import { PictureError } from '../base/messages.js';
import { isAnimated, kindOf, type FileKind } from './file-kind.js';
import { hasWideColours } from './wide-colours.js';

/** A decoded picture, upright. */
export interface Picture {
  bitmap: ImageBitmap;
  width: number;
  height: number;
  file: Blob;
  /** Of the file, without its ending. */
  name: string;
  /** Whether the file has more pictures than this, its first one. */
  isAnimated: boolean;
  colorSpace: PredefinedColorSpace;
}

/** The most pixels that a picture may have: more than phones take. */
const mostPixels = 250e6;

/** Why files of some kinds are not taken, and what to do. */
const refusals: Partial<Record<FileKind, string>> = {
  heic:
    'is a HEIC photo, which this browser cannot open. Save it as JPEG first: on an iPhone, share it ' +
    'with “Options › Most Compatible”, or choose Settings › Camera › Formats › Most Compatible for new photos.',
  tiff: 'is a TIFF picture, which browsers cannot open. Save it as PNG first.',
  jxl: 'is a JPEG XL picture, which this browser cannot open. Save it as PNG or JPEG first.',
  psd: 'is a Photoshop document. Save it as PNG first.',
  raw: 'is a camera’s raw file. Save it as JPEG or PNG first.',
  pdf: 'is a PDF document, not a picture. Save the page as PNG first.',
  video: 'is a video. The page “Camera & video” enlarges those.',
  zip: 'is an archive. Unpack it, and drop the folder with the pictures.',
};

/**
 * Decodes a picture as the browser would show it, turned as its EXIF data says.
 *
 * @throws PictureError when it is none, is broken, is too large or of a kind that the browser does not open
 */
export async function decodePicture(file: Blob, fileName: string): Promise<Picture> {
  if (file.size === 0) throw new PictureError(`${fileName} is empty: it has no bytes.`);
  const kind = await kindOf(file);
  const bitmap = await decode(file, kind).catch((cause: unknown) => {
    throw new PictureError(`${fileName} ${whyNot(kind)}`, { cause });
  });
  const { width, height } = bitmap;
  if (width * height > mostPixels) {
    bitmap.close();
    throw new PictureError(
      `${fileName} has ${width} × ${height} = ${megapixels(width, height)}; this page takes up to ` +
        `${mostPixels / 1e6}. Make it smaller first.`,
    );
  }
  return {
    ...{ bitmap, width, height, file },
    name: fileName.replace(/\.\w+$/, ''),
    isAnimated: await isAnimated(file, kind),
    colorSpace: hasWideColours(bitmap) ? 'display-p3' : 'srgb',
  };
}

/** The picture that comes with the page. */
export async function samplePicture(): Promise<Picture> {
  const response = await fetch(new URL('samples/sample.png', document.baseURI));
  if (!response.ok) throw new PictureError(`The sample is missing: ${response.status}.`);
  return decodePicture(await response.blob(), 'sample.png');
}

export function megapixels(width: number, height: number): string {
  const millions = (width * height) / 1e6;
  return `${millions.toFixed(millions < 10 ? 1 : 0)} megapixels`;
}

function whyNot(kind: FileKind | undefined): string {
  if (kind === undefined) return 'is not a picture that this browser can open.';
  return (
    refusals[kind] ??
    `is damaged: it begins as a ${kind.toUpperCase()} picture, but cannot be read to its end.`
  );
}

async function decode(file: Blob, kind: FileKind | undefined): Promise<ImageBitmap> {
  const options = { imageOrientation: 'from-image' } as const;
  if (kind !== 'svg') return createImageBitmap(file, options);
  // Of these, only elements are decoded.
  const url = URL.createObjectURL(new Blob([file], { type: 'image/svg+xml' }));
  try {
    const image = Object.assign(new Image(), { src: url });
    await image.decode();
    return await createImageBitmap(image, options);
  } finally {
    URL.revokeObjectURL(url);
  }
}
