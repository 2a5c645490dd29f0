// What the upscaler of before reads whole; goes with it.

import { toImageData as imageDataOf, type PixelData } from './image-data.js';
import { openPicture, type Opening, type PictureSource } from './sources.js';
import type { ColorSpace } from './pixels.js';

export type { PixelData } from './image-data.js';
export type { ColorSpace } from './pixels.js';
export type { PictureSource, PixelSource } from './sources.js';

/** A picture as the engine takes it. */
export interface ReadPicture {
  width: number;
  height: number;
  colorSpace: ColorSpace;
  /** Whether components are float32 of 0..255 instead of bytes. */
  deep: boolean;
  bytes: Uint8Array;
  /** Whether the bytes are nobody else's. */
  owned: boolean;
}

export async function readPicture(source: PictureSource, reading: Opening): Promise<ReadPicture> {
  const picture = await openPicture(source, reading);
  const { width, height, colorSpace, component } = picture;
  try {
    const { data } = await picture.read({ x: 0, y: 0, width, height }, reading.signal);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { width, height, colorSpace, deep: component !== 'uint8', bytes, owned: true };
  } finally {
    picture.close();
  }
}

export function toImageData({ data, width, height, colorSpace }: Required<PixelData>): PixelData {
  return imageDataOf(data, width, height, colorSpace);
}
