import { Upscaler } from 'fovea';
import { finish, modelUrl, picture } from './page.js';
import { workerSteps } from './worker-steps.js';

const [upscaler, pixels] = await Promise.all([
  Upscaler.create(modelUrl, { baseUrl: '/dist/wasm/', workerUrl: '/dist/worker.js' }),
  picture(),
]);
finish(await upscaler.upscale(pixels), workerSteps);
