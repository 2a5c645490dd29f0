import type { Page } from '@playwright/test';
import { expect, test } from './support/test.js';
import type { FoveaError } from 'fovea';
import { OnnxBuilder } from '../support/onnx-builder.js';
import { openPackagePage, serveModel } from './support/package-page.js';

const module = '/tests/package/user-code/block-mean.js';

/** y = com.example::BlockMean of x, blocks of 2 x 2. */
function blockModel(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 1, 'h', 'w']);
  builder.foreign('com.example', 'BlockMean', [x], { size: 2 }, ['y']);
  builder.output('y', [1, 1, 'h2', 'w2']);
  return builder.build({ domains: { 'com.example': 1 } });
}

async function open(page: Page): Promise<string> {
  const url = await serveModel(page, blockModel());
  await openPackagePage(page);
  return url;
}

for (const worker of [true, false]) {
  test(`a module computes operators, worker: ${worker}`, async ({ page }) => {
    const url = await open(page);
    const result = await page.evaluate(
      async ({ url, module, worker }) => {
        const { checkModel, InferenceSession, registerOperator, Tensor } = window.fovea;
        registerOperator({ module });
        const { supported } = await checkModel(url, { worker });
        const session = await InferenceSession.create(url, { worker });
        const odd = new Tensor('float32', [1, 2, 3], [1, 1, 1, 3]);
        const failure = await session.run({ x: odd }).catch((error: FoveaError) => {
          const cause = error.cause as Error;
          const { code, message } = error;
          return { code, message, cause: [cause instanceof Error, cause.name, cause.message] };
        });
        const x = new Tensor('float32', [1, 2, 3, 4, 5, 6, 7, 9], [1, 1, 2, 4]);
        const { y } = await session.run({ x });
        await session.release();
        return { supported, failure, dims: y!.dims, data: [...(y!.data as Float32Array)] };
      },
      { url, module, worker },
    );
    const why = 'blocks of 2 x 2 pixels do not fill 3 x 1';
    expect(result).toEqual({
      supported: true,
      failure: {
        code: 'OperatorError',
        message: `BlockMean node 'y': ${why}`,
        cause: [true, 'RangeError', why],
      },
      dims: [1, 1, 1, 2],
      data: [3.5, 5.75],
    });
  });

  test(`a module that is not there is named, worker: ${worker}`, async ({ page }) => {
    const url = await open(page);
    const failure = await page.evaluate(
      ({ url, worker }) => {
        window.fovea.registerOperator({ module: '/missing.js' });
        return window.failureOf(window.fovea.InferenceSession.create(url, { worker }));
      },
      { url, worker },
    );
    const address = new URL('/missing.js', page.url()).href;
    expect(failure).toMatchObject({ code: 'OperatorError', fields: { url: address } });
  });
}

test('a function computes operators in the page, and is asked for as a module in a worker', async ({
  page,
}) => {
  const url = await open(page);
  const result = await page.evaluate(async (url) => {
    const { checkModel, InferenceSession, registerOperator, Tensor } = window.fovea;
    registerOperator({
      domain: 'com.example',
      opType: 'BlockMean',
      run: async () => [{ type: 'float32', dims: [1], data: Float32Array.of(7) }],
    });
    const { unsupported } = await checkModel(url);
    const failure = await window.failureOf(InferenceSession.create(url));
    const session = await InferenceSession.create(url, { worker: false });
    const { y } = await session.run({ x: new Tensor('float32', [1], [1, 1, 1, 1]) });
    await session.release();
    return { problem: unsupported[0]!.message, failure, data: [...(y!.data as Float32Array)] };
  }, url);
  const advice = expect.stringContaining('BlockMean is registered as a function');
  expect(result).toMatchObject({
    problem: advice,
    failure: { code: 'UnsupportedOperator', message: advice, fields: { op: 'BlockMean' } },
    data: [7],
  });
});

test('an abort does not wait for an operator in the worker', async ({ page }) => {
  const url = await open(page);
  const body = `export default {
    domain: 'com.example', opType: 'BlockMean',
    run: (node, [x]) => x.data[0] < 0 ? new Promise(() => {}) : [x],
  };`;
  await page.route('**/pending.js', (route) =>
    route.fulfill({ body, contentType: 'text/javascript' }),
  );
  const result = await page.evaluate(async (url) => {
    const { InferenceSession, registerOperator, Tensor } = window.fovea;
    registerOperator({ module: '/pending.js' });
    const session = await InferenceSession.create(url);
    const x = (value: number) => new Tensor('float32', [value], [1, 1, 1, 1]);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const running = session.run({ x: x(-1) }, { signal: controller.signal });
    const failure = await window.failureOf(running);
    const { y } = await session.run({ x: x(5) });
    return { failure, data: [...(y!.data as Float32Array)] };
  }, url);
  expect(result).toMatchObject({ failure: { code: 'Aborted' }, data: [5] });
});
