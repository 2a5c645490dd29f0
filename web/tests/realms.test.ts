// What comes from another realm (a frame, a context of node:vm) or another copy of the package is taken as
// one's own.

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type * as fovea from 'fovea';
import { FoveaError, InferenceSession, registerOperator, Tensor, Upscaler } from 'fovea';
import { OnnxBuilder } from '../../tests/support/onnx-builder.js';
import { doublingModel } from './support/enlarging-models.js';
import { errorOf, failureOf } from './support/errors.js';
import { addModel, externalModel } from './support/models.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const baseUrl = join(project, 'dist/wasm');
let folder: string;
let copy: typeof fovea;

beforeAll(async () => {
  folder = mkdtempSync(join(project, 'build/copy-'));
  copyFileSync(join(project, 'dist/index.js'), join(folder, 'index.js'));
  copyFileSync(join(project, 'dist/remote.js'), join(folder, 'remote.js'));
  copy = (await import(join(folder, 'index.js'))) as typeof fovea;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a program of another realm makes of `given`. */
function foreign<T>(program: string, given: object = {}): T {
  return runInNewContext(program, { given }) as T;
}

const expectSum = (data: unknown) => expect([...(data as Float32Array)]).toEqual([2, 3, 4]);
const x = () => new Tensor('float32', [1, 1, 1], [1, 3]);

describe('of another copy', () => {
  test('errors are instances of FoveaError, and classes that extend it still differ', async () => {
    expect(copy.FoveaError).not.toBe(FoveaError);
    const error = await errorOf(copy.InferenceSession.create(7 as never));
    expect(error).toBeInstanceOf(copy.FoveaError);
    expect(error).toBeInstanceOf(FoveaError);
    expect(error).toBeInstanceOf(Error);
    class OwnError extends FoveaError {}
    expect(error instanceof OwnError).toBe(false);
    const own = new OwnError('Internal', 'mine');
    expect([own instanceof OwnError, own instanceof copy.FoveaError]).toEqual([true, true]);
    const others = [new Error('other'), { code: 'Internal', fields: {} }, null, undefined, 'Error'];
    for (const other of others) expect(other instanceof FoveaError).toBe(false);
  });

  test('errors that a source throws keep their code', async () => {
    const externalData = () => {
      throw new copy.FoveaError('NetworkError', 'gone');
    };
    const failed = failureOf(InferenceSession.create(externalModel('w', 8), { externalData }));
    expect((await failed).message).toContain('gone');
    const error = new copy.FoveaError('DecryptionError', 'no key', { record: '3' });
    const decrypt = () => Promise.reject(error);
    expect(await failureOf(InferenceSession.create(addModel(), { decrypt }))).toMatchObject({
      code: 'DecryptionError',
      fields: { record: '3' },
    });
  });

  test('tensors are fed, filled and given by operators', async () => {
    const session = await InferenceSession.create(addModel());
    const filled = new copy.Tensor('float32', new Float32Array(3), [1, 3]);
    const fed = new copy.Tensor('float32', [1, 1, 1], [1, 3]);
    expectSum((await session.run({ x: fed }, { y: filled })).y!.data);
    expectSum(filled.data);
    await session.release();

    const builder = new OnnxBuilder();
    builder.foreign('com.example', 'Three', [builder.input('x', ['N'])], {}, ['y']);
    builder.output('y');
    const takeBack = registerOperator({
      domain: 'com.example',
      opType: 'Three',
      run: () => [new copy.Tensor('float32', [2, 3, 4])],
    });
    const model = builder.build({ domains: { 'com.example': 1 } });
    const three = await InferenceSession.create(model, { worker: false });
    takeBack();
    expectSum((await three.run({ x: new Tensor('float32', [0]) })).y!.data);
    await three.release();
  });

  test('its own sessions run beside ours', async () => {
    const session = await copy.InferenceSession.create(addModel(), { baseUrl });
    expectSum((await session.run({ x: x() })).y!.data);
    await session.release();
  });
});

describe('of another realm', () => {
  test('feeds, fetches, options and typed arrays are taken', async () => {
    const options = foreign<object>(`({ numThreads: 1, disabledPasses: ['*'], limits: {} })`);
    const session = await InferenceSession.create(addModel(), options);
    const fed = foreign<fovea.Feeds>(
      `({ x: { type: 'float32', dims: [1, 3], data: new Float32Array([1, 1, 1]) } })`,
    );
    expectSum((await session.run(fed)).y!.data);
    expectSum((await session.run(fed, foreign<string[]>(`['y']`))).y!.data);
    const filling = foreign<Record<string, fovea.TensorLike>>(
      `({ y: { type: 'float32', dims: [1, 3], data: new Float32Array(3) } })`,
    );
    await session.run(fed, filling, foreign<object>('({})'));
    expectSum(filling.y!.data);
    await session.release();
  });

  test('external data are taken', async () => {
    const weights = [...new Uint8Array(Float32Array.of(0, 0, 1, 2, 3).buffer)];
    const programs = [
      `({ w: Uint8Array.from(given) })`,
      `[{ path: 'w', data: Uint8Array.from(given).buffer }]`,
      `(async () => Uint8Array.from(given))`,
    ];
    for (const program of programs) {
      const externalData = foreign<fovea.ExternalData>(program, weights);
      const session = await InferenceSession.create(externalModel('w', 8), { externalData });
      expectSum((await session.run({ x: x() })).y!.data);
      await session.release();
    }
  });

  test('pixels of bytes and of floats are enlarged as our own', async () => {
    const upscaler = await Upscaler.create(doublingModel());
    for (const [program, own] of [
      ['Uint8ClampedArray.from(given)', Uint8ClampedArray.from({ length: 64 }, (_, i) => 3 * i)],
      ['Uint16Array.from(given)', Uint16Array.from({ length: 64 }, (_, i) => 900 * i)],
      ['Float32Array.from(given)', Float32Array.from({ length: 64 }, (_, i) => i / 64)],
    ] as const) {
      const size = { width: 4, height: 4 };
      const theirs = { ...size, data: foreign<Uint8ClampedArray>(program, [...own]) };
      const output = 'raw' as const;
      const expected = await upscaler.upscale({ ...size, data: own }, { output });
      const actual = await upscaler.upscale(theirs, { output });
      expect(actual.data).toEqual(expected.data);
    }
    await upscaler.release();
  });

  test('what programs throw is the cause', async () => {
    const externalData = foreign<fovea.ExternalData>(`(() => { throw new Error('an accident'); })`);
    const failed = failureOf(InferenceSession.create(externalModel('w', 8), { externalData }));
    expect((await failed).message).toContain('an accident');
  });
});
