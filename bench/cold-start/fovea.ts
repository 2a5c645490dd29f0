import { Upscaler } from 'fovea';
import { finish, modelUrl, picture } from './page.js';
import { workerSteps } from './worker-steps.js';

const upscaler = await Upscaler.create(modelUrl, {
  baseUrl: '/dist/wasm/',
  workerUrl: '/dist/worker.js',
});
finish(await upscaler.upscale(picture()), workerSteps);
