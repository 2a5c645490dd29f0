import { Upscaler } from 'fovea';
import { finish, modelUrl, picture } from './page.js';
import { workerSteps } from './worker-steps.js';

const creating = Upscaler.create(modelUrl, {
  baseUrl: '/dist/wasm/',
  workerUrl: '/dist/worker.js',
});
const pixels = picture();
const upscaler = await creating;
finish(await upscaler.upscale(pixels), workerSteps);
