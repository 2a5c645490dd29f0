import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { computeInPage, serveModel } from '../browser/support/package-page.js';
import { expectClose } from '../support/compare.js';
import { computeByOnnxruntime } from '../support/onnxruntime.js';
import { roundingBound, smallNetwork } from '../support/small-network.js';
import { installPackage, type UserProject } from './support/installed.js';
import {
  builtByEsbuild,
  builtByVite,
  builtByWebpack,
  builtWithoutOrigins,
  developedWithoutOptimizer,
  developedWithVite,
  type MakeSite,
  type Site,
  withoutBundler,
} from './support/sites.js';

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** All that the package needs, on every page and worker. */
const strictPolicy = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; " +
    "connect-src 'self'; img-src 'self' blob:",
};

const sites: [string, MakeSite, Record<string, string>][] = [
  ['without a bundler', withoutBundler, strictPolicy],
  ['built by Vite', builtByVite, strictPolicy],
  ['built by webpack', builtByWebpack, strictPolicy],
  ['built by webpack, by addresses without an origin,', builtWithoutOrigins, strictPolicy],
  ['built by esbuild', builtByEsbuild, strictPolicy],
  // Its own client for hot reloading needs more than the policy allows.
  ['developed with Vite', developedWithVite, {}],
  ['developed with Vite, unoptimised,', developedWithoutOptimizer, {}],
];

let project: UserProject;
test.beforeAll(() => {
  project = installPackage();
});
test.afterAll(() => project.remove());

for (const [title, makeSite, policy] of sites) {
  test(`a site ${title} runs and upscales`, async ({ page }, { project: { name } }) => {
    const isolated = name === 'isolated';
    const site = await makeSite(project, { ...policy, ...(isolated ? isolation : {}) });
    try {
      const complaints = collectComplaints(page);
      await page.goto(site.url);
      await page.waitForFunction(() => window.fovea !== undefined);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(isolated);
      await expectRightNumbers(page, site);
      await expectUpscaled(page, site);
      await expectQuantised(page, site);
      // By a script that is loaded when it is asked for.
      await page.evaluate(() => window.fovea.clearModelCache());
      expect(await page.evaluate(() => window.violations)).toEqual([]);
      expect(complaints).toEqual([]);
    } finally {
      await site.close();
    }
  });
}

function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    const { url } = message.location();
    // The browser asks for an icon by itself.
    if (url.endsWith('/favicon.ico') || !['error', 'warning'].includes(message.type())) return;
    complaints.push(`${message.text()} (${url})`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return complaints;
}

async function expectRightNumbers(page: Page, { options }: Site): Promise<void> {
  const { model, input } = smallNetwork();
  const actual = await computeInPage(page, model, { input }, options);
  const expected = await computeByOnnxruntime(model, { input });
  expectClose(actual, expected, roundingBound(expected.output!));
}

/** A white picture, from a blob to a canvas. */
async function expectUpscaled(page: Page, { options }: Site): Promise<void> {
  const url = await serveModel(page, readFileSync('models/fovea-x2-fp16.onnx'));
  const pixels = await page.evaluate(
    async ({ url, options }) => {
      const source = Object.assign(document.createElement('canvas'), { width: 30, height: 20 });
      const context = source.getContext('2d')!;
      context.fillStyle = 'white';
      context.fillRect(0, 0, source.width, source.height);
      const blob = await new Promise<Blob | null>((resolve) => source.toBlob(resolve));
      const img = new Image();
      img.src = URL.createObjectURL(blob!);
      await img.decode();
      const upscaler = await window.fovea.Upscaler.create(url, options);
      const canvas = document.createElement('canvas');
      await upscaler.upscale(img, { output: canvas });
      const { width, height } = canvas;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height);
      return { width, height, darkest: Math.min(...data) };
    },
    { url, options },
  );
  expect(pixels).toMatchObject({ width: 60, height: 40 });
  expect(pixels.darkest).toBeGreaterThan(240);
}

/** By programs and a worker of their own. */
async function expectQuantised(page: Page, { quantizing }: Site): Promise<void> {
  const url = await serveModel(page, readFileSync('models/fovea-x2-fast-fp16.onnx'));
  const made = await page.evaluate(
    async ({ url, quantizing }) => {
      const data = Uint8Array.from({ length: 150 * 150 }, (_, i) => 128 + 99 * Math.sin(i * i));
      const images = { data, width: 150, height: 150 };
      const options = { ...quantizing, images, crops: 2, method: 'minmax' } as const;
      const { model, report } = await window.quantizing.quantize(url, options);
      return { bytes: model.length, told: report.bytesAfter };
    },
    { url, quantizing },
  );
  expect(made.told).toBe(made.bytes);
}
