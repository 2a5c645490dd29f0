import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeTrappingEngine, trappingVariant } from '../../tests/support/trapping-threads.js';
import { slowModel } from './support/models.js';

const glue = fileURLToPath(new URL(`../../dist/wasm/fovea-${trappingVariant}.js`, import.meta.url));

let folder: string;
beforeAll(() => {
  const imports = "import { workerData } from 'node:worker_threads';";
  folder = makeTrappingEngine("workerData === 'em-pthread'", imports);
  writeFileSync(join(folder, 'model.onnx'), slowModel(50));
  writeFileSync(join(folder, 'program.js'), program);
});
afterAll(() => rmSync(folder, { recursive: true }));

// A program of its own, which can be ended should it wait for ever: nothing here runs meanwhile.
const program = `
  import { copyFileSync, readFileSync } from 'node:fs';
  import { InferenceSession, Tensor } from 'fovea';

  const [variant, glue] = process.argv.slice(2);
  const here = (file) => new URL(file, import.meta.url);
  const model = readFileSync(here('model.onnx'));
  const create = () =>
    InferenceSession.create(model, { variant, numThreads: 2, baseUrl: here('.') });
  const run = (session, size) => session.run({ x: new Tensor('float32', new Float32Array(size)) });
  const failure = (promise) =>
    promise.then(() => 'none', ({ name, code, message }) => [name, code, message].join(': '));

  const [first, second] = await Promise.all([create(), create()]);
  const pending = [run(first, 1 << 20), run(second, 1), first.trim(), create()];
  const failures = await Promise.all(pending.map(failure));
  failures.push(await failure(run(first, 1)), await failure(run(second, 1)));
  await Promise.all([first.release(), second.release()]);

  // Threads start from the file as it is now.
  copyFileSync(glue, here('fovea-' + variant + '.js'));
  const next = await create();
  const [output] = Object.values(await run(next, 1 << 20));
  await next.release();
  console.log(JSON.stringify({ failures, size: output.size }));
`;

test('a thread that traps ends all that its engine was at, and the next is a new one', async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(folder, 'program.js'), trappingVariant, glue],
    { timeout: 50_000, killSignal: 'SIGKILL' },
  );
  const { failures, size } = JSON.parse(stdout) as { failures: string[]; size: number };
  expect(failures).toHaveLength(6);
  for (const failure of failures) {
    expect(failure).toMatch(/^FoveaError: EngineCrashed: .* All of its sessions are lost/);
  }
  expect(size).toBe(1 << 20);
  expect(stderr).toContain('a thread crashed: RuntimeError');
});
