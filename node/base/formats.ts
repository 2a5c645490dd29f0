// The files that pictures are written as.

import type { FileOutput } from 'fovea';

export type Format = 'png' | 'webp' | 'jpeg';

export const formatNames: readonly Format[] = ['png', 'webp', 'jpeg'];

const extensions: Readonly<Record<string, Format>> = {
  '.png': 'png',
  '.webp': 'webp',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
};

/** The format of files whose names end like this, in any case; undefined for others. */
export function formatOfExtension(extension: string): Format | undefined {
  return extensions[extension.toLowerCase()];
}

/** The ending of names of files of a format. */
export function extensionOf(format: Format): string {
  return format === 'jpeg' ? '.jpg' : `.${format}`;
}

/**
 * What Fovea is asked for.
 *
 * @param quality 1 to 100, of WebP and JPEG; unless given, the encoder's own
 */
export function fileOutput(format: Format, quality: number | undefined): FileOutput {
  const type = `image/${format}` as const;
  return quality === undefined ? { type } : { type, quality: (quality - 1) / 99 };
}
