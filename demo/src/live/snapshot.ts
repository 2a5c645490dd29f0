import { saveFile } from '../saving/save-file.js';
import { encodeResult } from '../saving/save-picture.js';

/**
 * Saves what a canvas shows as a PNG.
 *
 * @param of what it is a picture of
 */
export async function saveSnapshot(canvas: HTMLCanvasElement, of: string): Promise<void> {
  const { width, height } = canvas;
  const result = { width, height, canvas, colorSpace: 'srgb' } as const;
  const blob = await encodeResult(result, { type: 'image/png', quality: 1 }, undefined);
  saveFile(blob, `${of} ${timeStamp(new Date())}.png`);
}

/** The local time such that names sort by it: `2026-11-30 09.05.59`. */
function timeStamp(date: Date): string {
  const local = new Date(date.getTime() - 60_000 * date.getTimezoneOffset());
  return local.toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.');
}
