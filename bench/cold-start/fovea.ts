import { Upscaler } from 'fovea';
import { finish, modelUrl, picture } from './page.js';
import { workerSteps } from './worker-steps.js';

// The other page's code, too, knows that the network's white is 1, and leaves borders to it.
const options = {
  baseUrl: '/dist/wasm/',
  workerUrl: '/dist/worker.js',
  range: 1,
  border: 'none',
} as const;
const worker = new URLSearchParams(location.search).get('worker') !== 'no';

const [upscaler, pixels] = await Promise.all([
  Upscaler.create(modelUrl, { ...options, worker }),
  picture(),
]);
finish(await upscaler.upscale(pixels), workerSteps);
