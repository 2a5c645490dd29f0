import type { Page } from '@playwright/test';
import { expect, test } from './support/test.js';
import { openPackagePage } from './support/package-page.js';

declare global {
  interface Window {
    quantizing: typeof import('fovea/quantize');
    editing: typeof import('fovea/edit');
    /** A picture with waves and edges. */
    waves(width: number, height: number): HTMLCanvasElement;
  }
}

const network = '/models/fovea-x2-fast.onnx';

test.beforeEach(async ({ page }) => {
  await openPackagePage(page);
  await page.evaluate(prepare);
});

/** Runs in the page. */
async function prepare(): Promise<void> {
  const load = <T>(file: string) => import(/* @vite-ignore */ `/dist/${file}.js`) as Promise<T>;
  window.quantizing = await load('quantize');
  window.editing = await load('edit');
  window.waves = (width, height) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d')!;
    for (let i = 0; i < 4 * width; ++i) {
      context.fillStyle = `hsl(${(i * 37) % 360} 60% ${20 + ((i * 13) % 60)}%)`;
      context.fillRect((i * 29) % width, (i * 53) % height, 5 + (i % 23), 3 + (i % 17));
    }
    return canvas;
  };
}

const violations = (page: Page) => page.evaluate(() => window.violations);

test('a network is quantised in the page and enlarges nearly as before', async ({ page }) => {
  const made = await page.evaluate(async (network) => {
    const { Upscaler } = window.fovea;
    const images = [window.waves(300, 260), window.waves(260, 300)];
    const { model, report } = await window.quantizing.quantize(network, { images });
    const picture = window.waves(120, 100);
    const enlarge = async (source: string | Uint8Array) => {
      const upscaler = await Upscaler.create(source);
      const { data } = await upscaler.upscale(picture);
      await upscaler.release();
      return data;
    };
    const [float, bytes] = [await enlarge(network), await enlarge(model)];
    const squared = float.reduce((sum, value, i) => sum + (value - bytes[i]!) ** 2, 0);
    const { lossDb, bytesBefore, bytesAfter } = report;
    return { lossDb, bytesBefore, bytesAfter, rms: Math.sqrt(squared / float.length) };
  }, network);
  expect(made.lossDb).toBeLessThanOrEqual(0.1);
  expect(made.bytesAfter).toBeLessThan(0.8 * made.bytesBefore);
  expect(made.rms).toBeGreaterThan(0);
  expect(made.rms).toBeLessThan(2.5);
  expect(await violations(page)).toEqual([]);
});

test('a model is edited, in a worker and in the page itself', async ({ page }) => {
  const lengths = await page.evaluate(async (network) => {
    const { editModel, convertToFloat16 } = window.editing;
    const metadata = { note: 'from a page' };
    const inWorker = await editModel(network, { metadata });
    const here = await editModel(network, { metadata, worker: false });
    const same = here.length === inWorker.length && here.every((byte, i) => byte === inWorker[i]);
    const session = await window.fovea.InferenceSession.create(here);
    const { note } = session.metadata.properties;
    await session.release();
    const half = await convertToFloat16(network);
    return { same, note, half: half.model.length / here.length };
  }, network);
  expect(lengths).toMatchObject({ same: true, note: 'from a page' });
  expect(lengths.half).toBeLessThan(0.7);
  expect(await violations(page)).toEqual([]);
});

test('aborting ends the worker, and what follows works', async ({ page }) => {
  const failures = await page.evaluate(async (network) => {
    const images = window.waves(200, 200);
    const { quantize } = window.quantizing;
    const failures: unknown[] = [];
    for (const at of [0, 0.15]) {
      const controller = new AbortController();
      const onProgress = ({ stage, done }: { stage: string; done: number }) => {
        if (stage === 'quantize' && done >= at) controller.abort();
      };
      const options = { images, crops: 2, signal: controller.signal, onProgress };
      failures.push((await window.failureOf(quantize(network, options)))?.code);
    }
    failures.push(
      await window.failureOf(quantize(network, { images, crops: 2, method: 'minmax' })),
    );
    return failures;
  }, network);
  expect(failures).toEqual(['Aborted', 'Aborted', null]);
});

test('a worker that cannot be loaded is told of', async ({ page }) => {
  const failure = await page.evaluate(
    (network) =>
      window.failureOf(window.editing.editModel(network, { toolsWorkerUrl: '/nothing.js' })),
    network,
  );
  expect(failure).toMatchObject({ code: 'EngineLoadError' });
  expect(failure!.message).toContain('tools-worker.js');
});
