import assert from 'node:assert/strict';
import test from 'node:test';
import { forBundlers } from '../lib/engine-files.mjs';

test('threads start from the address of the glue', () => {
  for (const url of ['"a-b.js",import.meta.url', "'a-b.js', import.meta.url"]) {
    assert.equal(
      forBundlers(`w=new Worker(new URL(${url}),o);\nexport default Module;\n`),
      'w=new Worker(new URL(import.meta.url),o);\nexport default Module;\n',
    );
  }
});

test('nothing is awaited outside of functions', () => {
  const start = 'isPthread = (await import("worker_threads")).workerData;\nisPthread && Module();';
  assert.equal(
    forBundlers(`f();\nexport default Module;\n${start}\n\n`),
    `f();\nexport default Module;\n(async () => {\n${start}\n})();\n`,
  );
});

test('other glue stays as it is', () => {
  const glue = 'async function f() { await g(); }\nexport default Module;\n';
  assert.equal(forBundlers(glue), glue);
});
