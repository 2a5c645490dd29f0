// node enlarge.mjs NETWORK FILE...: beside each file a PNG of it, `FILE.expected`.
import { writeFile } from 'node:fs/promises';
import { models, Upscaler } from 'fovea';

const [network, ...files] = process.argv.slice(2);
const upscaler = await Upscaler.create(models[network]);
for (const file of files) {
  const blob = await upscaler.upscale(file, { output: { type: 'image/png' } });
  await writeFile(`${file}.expected`, blob.stream());
}
await upscaler.release();
