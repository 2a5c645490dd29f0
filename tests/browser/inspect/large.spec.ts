// Times are printed for people, who know what else the machine does; they are bounded only so far as to
// find what hangs.

import { expect, test, type Page } from '@playwright/test';
import {
  choose,
  drawing,
  modelFile,
  openInspector,
  panel,
  pick,
  spoken,
} from './support/inspect-page.js';
import { transformer } from './support/large-models.js';

const layers = 200;

test.beforeEach(({ page }) => openInspector(page));

/** Milliseconds from a file's choice to the first drawing of it. */
function firstScreen(page: Page): Promise<number> {
  return page.evaluate(() => {
    const lastOf = (name: string) => performance.getEntriesByName(name).at(-1)!.startTime;
    return lastOf('graph-drawn') - lastOf('open-model');
  });
}

/** Milliseconds, of each frame: since the one before, and of the processor's, spent by the page's own script. */
interface Frames {
  between: number[];
  work: number[];
}

/** Does something and gives the frames meanwhile. What else the machine does makes some late, but not their work. */
async function framesWhile(page: Page, act: () => Promise<void>): Promise<Frames> {
  const browser = page.context().browser()!;
  await browser.startTracing(page, { categories: ['devtools.timeline'] });
  const times = await page.evaluateHandle(() => {
    const list: number[] = [];
    const note = (time: number) => {
      list.push(time);
      if (list.length < 5000) requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
    return list;
  });
  await act();
  const frames = await times.jsonValue();
  const trace = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  return {
    between: frames.slice(1).map((time, at) => time - frames[at]!),
    work: trace.traceEvents
      .filter(({ name }) => name === 'FireAnimationFrame')
      .map(({ tdur = 0 }) => tdur / 1000),
  };
}

interface TraceEvent {
  name: string;
  /** Microseconds of the thread's own. */
  tdur?: number;
}

function describeFrames({ between, work }: Frames): string {
  const part = (list: readonly number[], share: number) =>
    list.toSorted((a, b) => a - b)[Math.floor(share * (list.length - 1))]!.toFixed(1);
  const late = between.filter((time) => time > 25).length;
  return (
    `${between.length} frames, ${late} late: median ${part(between, 0.5)} ms, longest ${part(between, 1)} ms; ` +
    `drawing: median ${part(work, 0.5)} ms, 99 % ${part(work, 0.99)} ms, longest ${part(work, 1)} ms`
  );
}

/** Drags the drawing about, one move a frame. */
async function pan(page: Page): Promise<void> {
  const { x, y, width, height } = (await drawing(page).boundingBox())!;
  for (let drag = 0; drag < 4; ++drag) {
    await page.mouse.move(x + width / 2, y + height - 40);
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + (drag % 2 ? 150 : -150), y + 60, { steps: 40 });
    await page.mouse.up();
  }
}

for (const naming of ['modules', 'none'] as const) {
  test(`a model of 5,000 nodes, names: ${naming}, is drawn soon and moves smoothly`, async ({
    page,
  }) => {
    const model = modelFile(transformer(layers, naming), 'large.onnx');
    await pick(page, model);
    await expect(panel(page)).toContainText('Nodes5,000');
    await expect(panel(page)).toContainText('All of it can be run here.');
    const milliseconds = await firstScreen(page);
    expect(milliseconds).toBeLessThan(10_000);
    console.log(`names: ${naming}: first screen after ${milliseconds.toFixed(0)} ms`);
    console.log(`  closed groups, ${describeFrames(await framesWhile(page, () => pan(page)))}`);

    // A node deep inside opens all groups around it.
    await choose(page, 'Softmax');
    await expect(spoken(page)).toContainText('Softmax');
    await expect(panel(page).getByRole('heading', { name: 'Softmax' })).toBeVisible();
    console.log(`  open groups, ${describeFrames(await framesWhile(page, () => pan(page)))}`);
    await page.getByRole('button', { name: 'Show all' }).click();
    console.log(`  all of it, ${describeFrames(await framesWhile(page, () => pan(page)))}`);
  });
}

test('parts of 5,000 nodes are found while one types', async ({ page }) => {
  await pick(page, modelFile(transformer(layers, 'modules')));
  const parts = page.getByRole('list', { name: 'Parts' }).getByRole('listitem');
  await page.getByRole('searchbox').pressSequentially('layers.199 soft', { delay: 20 });
  await expect(parts).toHaveText([/Softmax/, /MatMul/]);
  await page.getByRole('searchbox').fill('matmul');
  await expect(page.getByText(/^[0-9],[0-9]{3} parts$/)).toBeVisible();
  await expect(parts).toHaveCount(60);
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(parts).toHaveCount(120);
});
