// node tools/icons.mjs
// Draws the demo's icons for home screens, of demo/public/icon.svg. What it writes is kept in the repository.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { projectDir } from './lib/project.mjs';

const folder = join(projectDir, 'demo/public');
const svg = readFileSync(join(folder, 'icon.svg'));
const paper = '#f6f5f1';

/**
 * @param {string} name
 * @param {number} size in pixels
 * @param {number} part of the side that the drawing takes
 * @param {string} [background] transparent unless given
 */
async function draw(name, size, part, background = '#0000') {
  const side = Math.round(size * part);
  const [before, after] = [Math.floor((size - side) / 2), Math.ceil((size - side) / 2)];
  const icon = sharp(svg, { density: (72 * side) / 64 }).resize(side, side);
  await icon
    .extend({ top: before, bottom: after, left: before, right: after, background })
    .flatten(background === '#0000' ? false : { background })
    .png({ palette: true })
    .toFile(join(folder, `icons/${name}-${size}.png`));
}

await draw('icon', 192, 1);
await draw('icon', 512, 1);
// Systems cut these to shapes of their own, of which a circle of four fifths is always seen.
await draw('maskable', 512, 0.66, paper);
await draw('touch', 180, 0.8, paper);
