// node enlarge.mjs PICTURE RESULT [WIDTH]
import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Upscaler } from 'fovea';

const [picture, result, width] = process.argv.slice(2);
const types = { '.png': 'image/png', '.webp': 'image/webp', '.jpg': 'image/jpeg' };
const type = result && types[/** @type {keyof typeof types} */ (extname(result))];
if (!picture || !type) {
  console.error('node enlarge.mjs PICTURE RESULT.png|.webp|.jpg [WIDTH]');
  process.exit(2);
}

const upscaler = await Upscaler.create();
const file = await upscaler.upscale(picture, {
  ...(width ? { width: Number(width) } : {}),
  output: { type: /** @type {'image/png' | 'image/webp' | 'image/jpeg'} */ (type) },
  onProgress: ({ stage, done, total = 0 }) => {
    if (stage === 'tiles') process.stderr.write(`\r${done} of ${total} parts`);
  },
});
await writeFile(result, file.stream());
console.error();
await upscaler.release();
