// Large pictures: when something is to be seen, whether the page stands still, how soon a cancel gets
// through. What memory it takes, the process that opened the page measures between marks.

import { Upscaler, type Progress } from 'fovea';
import { models } from 'fovea/models';
import { makeNetwork } from '../networks/index.js';
import { publish } from './publish.js';

declare global {
  interface Window {
    /** Tells the measuring process what comes next. */
    mark(name: string): Promise<void>;
  }
}

/** Milliseconds, unless said otherwise. */
export interface LargePictures {
  /** Of a picture of 4000 x 3000 by the network x2. */
  total: number;
  firstTile: number;
  tiles: number;
  /** The longest tasks of the page, of those above 50. */
  longTasks: number[];
  cancelX2: number[];
  cancelRrdb: number[];
}

const large = { width: 4000, height: 3000 };
const small = { width: 1200, height: 900 };
const many = 24;

const longTasks: number[] = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longTasks.push(duration);
}).observe({ type: 'longtask' });

const x2 = await Upscaler.create(models.x2);
await x2.upscale(await picture(small));
const source = await picture(large);
const canvas = document.createElement('canvas');

await window.mark('picture');
longTasks.length = 0;
const start = performance.now();
let firstTile = 0;
let tiles = 0;
const onProgress = ({ stage, done }: Progress) => {
  if (stage !== 'tiles') return;
  tiles = done;
  if (done === 1) firstTile = performance.now() - start;
};
await x2.upscale(source, { output: canvas, onProgress });
const total = performance.now() - start;
const seen = [...longTasks].sort((a, b) => b - a);
await window.mark('idle');

const cancelX2 = await cancelTimes(x2, source, 10);
const rrdb = await Upscaler.create(makeNetwork('rrdb-23').model, { range: '0..1' });
const cancelRrdb = await cancelTimes(rrdb, source, 5);
await rrdb.release();
source.close();
canvas.width = canvas.height = 0;

const pictures = await Promise.all(Array.from({ length: many }, () => picture(small)));
const enlarge = (each: ImageBitmap) => x2.upscale(each, { output: 'blob' });
await window.mark('one by one');
for (const each of pictures) await enlarge(each);
await window.mark('all at once');
await Promise.all(pictures.map(enlarge));
await window.mark('idle');

publish({
  ...{ total, firstTile, tiles, longTasks: seen, cancelX2, cancelRrdb },
} satisfies LargePictures);

/** How long it takes until an enlargement that is under way has ended. */
async function cancelTimes(upscaler: Upscaler, source: ImageBitmap, count: number) {
  const times: number[] = [];
  for (let i = 0; i < count; ++i) {
    const controller = new AbortController();
    const enlarging = upscaler.upscale(source, { output: canvas, signal: controller.signal });
    const ended = enlarging.then(
      () => 'finished',
      () => 'aborted',
    );
    await new Promise((resolve) => setTimeout(resolve, 700 + 97 * i));
    const begin = performance.now();
    controller.abort();
    if ((await ended) === 'aborted') times.push(performance.now() - begin);
  }
  return times;
}

/** A picture of soft colours and hard edges. */
function picture({ width, height }: typeof large): Promise<ImageBitmap> {
  const drawn = new OffscreenCanvas(width, height);
  const context = drawn.getContext('2d')!;
  const colours = context.createLinearGradient(0, 0, width, height);
  ['#203040', '#f0c040', '#40a0e0'].forEach((colour, i) => colours.addColorStop(i / 2, colour));
  context.fillStyle = colours;
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#c02020';
  for (let i = 0; i < 200; ++i) context.fillRect((i * 97) % width, (i * 61) % height, 40, 25);
  return createImageBitmap(drawn);
}
