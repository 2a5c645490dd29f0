import { Upscaler } from 'fovea';
import { finish, modelUrl, picture } from './page.js';
import { workerSteps } from './worker-steps.js';

const options = { baseUrl: '/dist/wasm/', workerUrl: '/dist/worker.js' };
const worker = new URLSearchParams(location.search).get('worker') !== 'no';

const [upscaler, pixels] = await Promise.all([
  Upscaler.create(modelUrl, { ...options, worker }),
  picture(),
]);
finish(await upscaler.upscale(pixels), workerSteps);
