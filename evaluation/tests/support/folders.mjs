import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toSharp } from '../../images.mjs';

/** @typedef {import('../../imresize.mjs').Image} Image */

/**
 * A folder with files of these contents, which goes when the test ends.
 *
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string | Uint8Array>} files
 */
export function makeFolder(t, files = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-evaluation-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/**
 * An RGB image of disks with soft edges, which a good upscaler keeps sharper than bicubic.
 *
 * @param {number} width
 * @param {number} height
 * @returns {Image & {data: Uint8ClampedArray}}
 */
export function disks(width, height) {
  const data = new Uint8ClampedArray(3 * width * height);
  for (let i = 0; i < width * height; ++i) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const [u, v] = [(x % 24) - 11.6, (y % 24) - 12.3];
    const inside = Math.min(Math.max(8.4 - Math.hypot(u, v), 0), 1);
    data.set([40 + 190 * inside, 60 + 120 * inside, 200 - 150 * inside], 3 * i);
  }
  return { width, height, channels: 3, data };
}

/** @param {Image} image */
export function pngOf(image) {
  return toSharp(image).png().toBuffer();
}
