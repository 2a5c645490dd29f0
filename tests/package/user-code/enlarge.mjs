// node enlarge.mjs NETWORK THREADS FILE...: beside each file a PNG of it, `FILE.expected`.
import { writeFile } from 'node:fs/promises';
import { Upscaler } from 'fovea';
import { models } from 'fovea/models';

const [network, threads, ...files] = process.argv.slice(2);
const options = threads === 'all' ? {} : { numThreads: Number(threads) };
const upscaler = await Upscaler.create(models[network], options);
for (const file of files) {
  const blob = await upscaler.upscale(file, { output: { type: 'image/png' } });
  await writeFile(`${file}.expected`, blob.stream());
}
await upscaler.release();
