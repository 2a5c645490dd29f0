import type { Page } from '@playwright/test';
import type { LoadOptions, Tensor } from 'fovea';
import type { Named } from '../../support/onnxruntime.js';

/** What a promise was rejected with, as data that can leave the page. */
export interface Failure {
  name: string;
  code: string;
  message: string;
  fields: Record<string, string>;
}

declare global {
  interface Window {
    // What pages/package.js puts there.
    /** The package. */
    fovea: typeof import('fovea');
    /** A float32 tensor of zeros. */
    zeros(dims: readonly number[]): Tensor;
    /** How a promise fails; null when it does not. */
    failureOf(promise: Promise<unknown>): Promise<Failure | null>;
    /** What the Content-Security-Policy of the page forbade. */
    violations: string[];
    /** How many workers the page has started, where countWorkers() was called. */
    workers: number;
  }
}

/** Opens a page with a strict Content-Security-Policy that has imported the package. */
export async function openPackagePage(page: Page): Promise<void> {
  await page.goto('/tests/browser/pages/package.html');
  await page.waitForFunction(() => window.fovea !== undefined);
}

/** As openPackagePage(), with another policy. */
export async function openPageWithPolicy(page: Page, policy: string): Promise<void> {
  await page.route('**/pages/package.html', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(
      /content="default-src[^"]*"/,
      `content="${policy}"`,
    );
    await route.fulfill({ response, body });
  });
  await openPackagePage(page);
}

/** Has the page count the workers that it starts from now on. */
export function countWorkers(page: Page): Promise<void> {
  return page.evaluate(() => {
    window.workers = 0;
    window.Worker = class extends Worker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        window.workers += 1;
      }
    };
  });
}

/** Lets the page fetch a model from the address returned. */
export async function serveModel(page: Page, body: Uint8Array): Promise<string> {
  const url = '/test-data/model.onnx';
  await page.route(`**${url}`, (route) => route.fulfill({ body: Buffer.from(body) }));
  return url;
}

/** Options that can be sent to a page. */
export type PlainOptions = Pick<
  LoadOptions,
  'variant' | 'numThreads' | 'worker' | 'baseUrl' | 'workerUrl'
>;

interface Wire {
  dims: readonly number[];
  base64: string;
}

/** All outputs of a model, as the package computes them in the page. */
export async function computeInPage(
  page: Page,
  model: Uint8Array,
  inputs: Named,
  options: PlainOptions,
): Promise<Named> {
  const url = await serveModel(page, model);
  const request = { url, options, inputs: mapValues(inputs, toWire) };
  return mapValues(await page.evaluate(compute, request), fromWire);
}

/** Runs in the page. */
async function compute({
  url,
  options,
  inputs,
}: {
  url: string;
  options: PlainOptions;
  inputs: Record<string, Wire>;
}): Promise<Record<string, Wire>> {
  const { InferenceSession, Tensor } = window.fovea;
  const session = await InferenceSession.create(url, options);
  const feeds = Object.entries(inputs).map(([name, { dims, base64 }]) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return [name, new Tensor('float32', new Float32Array(bytes.buffer), dims)] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  const outputs: Record<string, Wire> = {};
  for (const [name, { dims, data }] of Object.entries(results)) {
    const dataUrl = await new Promise<string>((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result as string);
      reader.readAsDataURL(new Blob([data as Float32Array<ArrayBuffer>]));
    });
    outputs[name] = { dims: [...dims], base64: dataUrl.slice(dataUrl.indexOf(',') + 1) };
  }
  return outputs;
}

function toWire({ dims, data }: Named[string]): Wire {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { dims, base64: bytes.toString('base64') };
}

function fromWire({ dims, base64 }: Wire): Named[string] {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return { dims, data: new Float32Array(bytes.buffer) };
}

function mapValues<A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
