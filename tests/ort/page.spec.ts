// What fovea/ort does of its own in pages.

import type { Page } from '@playwright/test';
import { expect, test } from '../browser/support/test.js';
import { countWorkers } from '../browser/support/package-page.js';
import { addModel } from './models.js';

type Ort = typeof import('fovea/ort');

test.beforeEach(async ({ page }) => {
  await page.goto('/tests/browser/pages/package.html');
});

/** Loads fovea/ort, hands it and the bytes of a model to a function in the page, and gives what that does. */
async function inPage<T>(page: Page, run: (ort: Ort, model: Uint8Array) => Promise<T>): Promise<T> {
  const program = `(async () => {
    const ort = await import('/dist/ort.js');
    return (${run.toString()})(ort, Uint8Array.from([${[...addModel()].join()}]));
  })()`;
  return page.evaluate(program);
}

const computeByWorker = async (page: Page, proxy: boolean | undefined) => {
  await page.evaluate(`import('/dist/ort.js').then(({ env }) => { env.wasm.proxy = ${proxy}; })`);
  return inPage(page, async ({ InferenceSession, Tensor }, model) => {
    const session = await InferenceSession.create(model);
    const { y } = await session.run({ x: new Tensor('float32', [-5, 0, 1], [1, 3]) });
    return [...(y!.data as Float32Array)];
  });
};

for (const [proxy, has] of [
  [undefined, true],
  [true, true],
  [false, false],
] as const) {
  test(`env.wasm.proxy of ${proxy} ${has ? 'has' : 'has no'} worker compute`, async ({ page }) => {
    await countWorkers(page);
    expect(await computeByWorker(page, proxy)).toEqual([0, 2, 4]);
    expect((await page.evaluate(() => window.workers)) > 0).toBe(has);
  });
}

test('an address without a picture rejects', async ({ page }) => {
  const codes = await inPage(page, ({ Tensor }) =>
    Promise.all(
      ['/there/is/none.png', 'data:image/png;base64,AAAA', ''].map((address) =>
        Tensor.fromImage(address).then(
          () => 'a tensor',
          (error: { code: string }) => error.code,
        ),
      ),
    ),
  );
  expect(codes).toEqual(['NetworkError', 'NetworkError', 'NetworkError']);
});

test('options stay as they are, and what norm does not say is 0 and 255', async ({ page }) => {
  const [options, tensor, again] = await inPage(page, async ({ Tensor }) => {
    const options = { norm: { bias: 255 } };
    const pixels = new ImageData(Uint8ClampedArray.of(255, 0, 51, 255), 1, 1);
    const tensors = [
      await Tensor.fromImage(pixels, options),
      await Tensor.fromImage(pixels, options),
    ];
    return [options, ...tensors.map(({ data }) => [...(data as Float32Array)])] as const;
  });
  expect(options).toEqual({ norm: { bias: 255 } });
  expect(tensor).toEqual([2, 1, Math.fround(1.2)]);
  expect(again).toEqual(tensor);
});

test('pixels of three channels need no options but those given', async ({ page }) => {
  const pixels = await inPage(page, async ({ Tensor }) => {
    const tensor = new Tensor('float32', [1, 0.5, 0], [1, 3, 1, 1]);
    return [...tensor.toImageData({ norm: { mean: 100 } }).data];
  });
  expect(pixels).toEqual([100, 50, 0, 255]);
});

test('a profile is printed', async ({ page }) => {
  const printed = await inPage(page, async ({ InferenceSession, Tensor }, model) => {
    const printed: string[] = [];
    for (const print of ['log', 'info', 'debug'] as const) {
      console[print] = (text: string) => void printed.push(text);
    }
    const session = await InferenceSession.create(model, { enableProfiling: true });
    await session.run({ x: new Tensor('float32', [1, 2, 3], [1, 3]) });
    session.endProfiling();
    await session.release();
    return printed;
  });
  const events = JSON.parse(printed.find((text) => text.includes('model_run'))!) as {
    ph: string;
  }[];
  expect(events.every(({ ph }) => ph === 'X')).toBe(true);
});
