import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { capabilities, InferenceSession, Tensor } from 'fovea';
import { OnnxBuilder } from '../../tests/support/onnx-builder.js';
import { failureOf } from './support/errors.js';
import { addModel, slowModel } from './support/models.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;

/** y = Twice(x), an operator that programs register. */
function twiceModel(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', ['N']);
  builder.foreign('com.example', 'Twice', [x], {}, ['y']);
  builder.output('y');
  return builder.build({ domains: { 'com.example': 1 } });
}

const twice = `{
  domain: 'com.example',
  opType: 'Twice',
  infer: (node, [x]) => [{ type: 'float32', dims: x.dims }],
  run: (node, [x]) => [{ type: 'float32', dims: x.dims, data: x.data.map((each) => 2 * each) }],
}`;

// What all programs begin with.
const beginning = `
  import { readFileSync } from 'node:fs';
  import { capabilities, InferenceSession, registerOperator, Tensor } from 'fovea';
  const here = (file) => new URL(file, import.meta.url);
  const model = (name) => readFileSync(here(name + '.onnx'));
  const x = (size) => ({ x: new Tensor('float32', new Float32Array(size).fill(1)) });
  const tell = (told) => console.log(JSON.stringify(told));
  const failure = (promise) =>
    promise.then(() => 'none', ({ name, code, message }) => [name, code, message].join(': '));
`;

beforeAll(() => {
  folder = mkdtempSync(join(project, 'build/node-worker-'));
  writeFileSync(join(folder, 'slow.onnx'), slowModel(50));
  writeFileSync(join(folder, 'twice.onnx'), twiceModel());
  writeFileSync(join(folder, 'twice.js'), `export default ${twice};`);
  const dying = twice.replace(/run: .*/, 'run: () => new Promise(() => process.exit(3)),');
  writeFileSync(join(folder, 'dying.js'), `export default ${dying};`);
  writeFileSync(join(folder, 'broken.js'), 'this is no script');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program as a user's shell does. Fails where it warns, does not end by itself, or fails. */
async function run(args: string[]): Promise<unknown> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env.PATH },
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

async function runProgram(program: string): Promise<unknown> {
  const file = join(folder, 'program.js');
  writeFileSync(file, `${beginning}\n${program}`);
  return run([file]);
}

describe('a program in Node', () => {
  test.each([
    ['one thread', {}, 'simd'],
    ['two threads', { numThreads: 2 }, 'simd-threads'],
  ])('goes on with its own work while an engine of %s computes', async (_, options, variant) => {
    const told = await runProgram(`
      const options = ${JSON.stringify({ ...options, variant })};
      const { worker, reason } = await capabilities(options);
      const session = await InferenceSession.create(model('slow'), options);
      let ticks = 0;
      const timer = setInterval(() => ++ticks, 2);
      const [y] = Object.values(await session.run(x(1 << 20)));
      clearInterval(timer);
      // Released by nobody: that must not keep the program.
      tell({ worker, reason, many: ticks > 5, size: y.size });
    `);
    const reason = 'asked for by the option "variant"';
    expect(told).toEqual({ worker: true, reason, many: true, size: 2 ** 20 });
  });

  test('may ask for an engine in its own thread', async () => {
    const told = await runProgram(`
      const { worker, reason } = await capabilities({ worker: false });
      const session = await InferenceSession.create(model('slow'), { worker: false });
      const [y] = Object.values(await session.run(x(8)));
      tell({ worker, reason, size: y.size });
    `);
    expect(told).toMatchObject({ worker: false, size: 8 });
    expect((told as { reason: string }).reason).toContain('in this thread: asked for');
  });

  test('may be text', async () => {
    const program = `
      import { InferenceSession, Tensor } from 'fovea';
      const session = await InferenceSession.create('slow.onnx');
      const [y] = Object.values(await session.run({ x: new Tensor('float32', [0]) }));
      console.log(JSON.stringify([y.size, session.inputNames]));
    `;
    expect(await run(['--input-type=module', '-e', program])).toEqual([1, ['x']]);
  });

  test('aborts what a worker computes', async () => {
    const told = await runProgram(`
      const session = await InferenceSession.create(model('slow'), { numThreads: 1 });
      const controller = new AbortController();
      const running = failure(session.run(x(1 << 20), undefined, { signal: controller.signal }));
      setTimeout(() => controller.abort(), 20);
      const failed = await running;
      const [y] = Object.values(await session.run(x(8)));
      await session.release();
      tell({ failed, size: y.size });
    `);
    expect(told).toEqual({ failed: 'AbortError: Aborted: the operation was aborted', size: 8 });
  });

  test('has operators of its own by their module, and as functions in its own thread', async () => {
    const told = await runProgram(`
      const take = registerOperator(${twice});
      const failed = await failure(InferenceSession.create(model('twice')));
      const results = [];
      const compute = async (options) => {
        const session = await InferenceSession.create(model('twice'), options);
        results.push(...(await session.run(x(1))).y.data);
        await session.release();
      };
      await compute({ worker: false });
      take();
      registerOperator({ module: here('twice.js') });
      await compute({});
      tell({ failed, results });
    `);
    const { failed, results } = told as { failed: string; results: number[] };
    expect(failed).toMatch(/UnsupportedOperator: .*worker: false/s);
    expect(results).toEqual([2, 2]);
  });

  test('is told when a worker ends, and gets another', async () => {
    const told = await runProgram(`
      const take = registerOperator({ module: here('dying.js') });
      const session = await InferenceSession.create(model('twice'));
      const failures = await Promise.all([session.run(x(1)), session.trim()].map(failure));
      failures.push(await failure(session.run(x(1))));
      await session.release();
      take();
      registerOperator({ module: here('twice.js') });
      const next = await InferenceSession.create(model('twice'));
      tell({ failures, result: (await next.run(x(1))).y.data[0] });
    `);
    const { failures, result } = told as { failures: string[]; result: number };
    for (const failure of failures) {
      expect(failure).toMatch(/^FoveaError: EngineCrashed: .*exit code 3/);
    }
    expect(failures).toHaveLength(3);
    expect(result).toBe(2);
  });

  test('computes in its own thread where a worker does not start, unless it asked for one', async () => {
    const told = await runProgram(`
      const workerUrl = here('broken.js');
      const options = { workerUrl };
      const failed = await failure(InferenceSession.create(model('slow'), { workerUrl, worker: true }));
      const session = await InferenceSession.create(model('slow'), options);
      const [y] = Object.values(await session.run(x(8)));
      const { worker, reason } = await capabilities(options);
      tell({ failed, size: y.size, worker, reason });
    `);
    const { failed, reason, ...others } = told as Record<string, string>;
    expect(others).toEqual({ size: 8, worker: false });
    expect(failed).toMatch(/EngineLoadError: the engine's worker does not start: .*worker: false/);
    expect(reason).toContain("in this thread: the engine's worker does not start");
  });

  test('that is bundled computes in its own thread, and can name the worker', async () => {
    const source = `${beginning}
      const options = ${JSON.stringify({ baseUrl: join(project, 'dist/wasm') })};
      const { worker, reason } = await capabilities(options);
      const named = await capabilities({ workerUrl: '${join(project, 'dist/worker.js')}' });
      const session = await InferenceSession.create(model('slow'), options);
      const [y] = Object.values(await session.run(x(8)));
      tell({ worker, reason, named: named.worker, size: y.size });
    `;
    writeFileSync(join(folder, 'source.js'), source);
    const outfile = join(folder, 'bundled.mjs');
    const entryPoints = [join(folder, 'source.js')];
    const settings = { bundle: true, format: 'esm', platform: 'node' } as const;
    await build({ ...settings, entryPoints, outfile, logLevel: 'error' });
    const told = (await run([outfile])) as { reason: string };
    expect(told).toMatchObject({ worker: false, named: true, size: 8 });
    expect(told.reason).toMatch(/in this thread: there is no file:.*worker\.js/);
  });

  test('whose bundle is no module is told that nothing tells where worker.js is', async () => {
    const stdin = {
      contents: `
        import { capabilities, Upscaler } from 'fovea';
        const failure = Upscaler.create(new Uint8Array(), { worker: true }).catch((error) => error);
        Promise.all([capabilities(), failure]).then(([{ reason }, { code, message }]) =>
          console.log(JSON.stringify({ reason, code, message })),
        );`,
      resolveDir: folder,
    };
    const outfile = join(folder, 'bundled.cjs');
    // Where a plain script is, import.meta does not say; that is what this is about.
    const logOverride = { 'empty-import-meta': 'silent' } as const;
    const settings = { bundle: true, format: 'cjs', platform: 'node', logOverride } as const;
    await build({ ...settings, stdin, outfile, logLevel: 'error' });
    const told = (await run([outfile])) as Record<string, string>;
    const unlocated = 'nothing tells where worker.js is, which the option workerUrl can';
    expect(told.reason).toContain(`in this thread: ${unlocated}`);
    expect(told.code).toBe('EngineLoadError');
    expect(told.message).toContain(`${unlocated}. With the option worker: false`);
  });
});

describe('a test runner, whose modules have a context of their own', () => {
  const feeds = () => ({ x: new Tensor('float32', [1, 1, 1], [1, 3]) });

  test('computes in its own thread', async () => {
    const { worker, reason } = await capabilities();
    expect(worker).toBe(false);
    expect(reason).toContain('node:vm');
  });

  test('may ask for a worker', async () => {
    const options = { worker: true };
    expect((await capabilities(options)).worker).toBe(true);
    const session = await InferenceSession.create(addModel(), options);
    const { y } = await session.run(feeds());
    expect(y).toBeInstanceOf(Tensor);
    expect([...y!.data]).toEqual([2, 3, 4]);
    expect(await failureOf(session.run({}))).toMatchObject({ code: 'InvalidInput' });
    await session.release();
  });

  test('is told where there is none', async () => {
    const { worker, reason } = await capabilities({ worker: true, workerUrl: 'nowhere.js' });
    expect(worker).toBe(false);
    expect(reason).toMatch(/there is no file:.*nowhere\.js/);
  });
});
