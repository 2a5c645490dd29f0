import assert from 'node:assert/strict';
import test from 'node:test';
import { forBundlers } from '../lib/engine-files.mjs';

const worker = 'PThread.w=new Worker(new URL("a-b.js",import.meta.url),o);\n';
const start = 'isPthread = (await ask()).workerData;\nisPthread && Module();';

test('threads start from the address of the glue, and nothing is awaited outside of functions', () => {
  for (const url of ['"a-b.js",import.meta.url', "'a-b.js', import.meta.url"]) {
    assert.equal(
      forBundlers(`PThread.w=new Worker(new URL(${url}),o);\nexport default Module;\n${start}\n\n`),
      'PThread.w=new Worker(new URL(import.meta.url),o);\n' +
        `export default Module;\n(async () => {\n${start}\n})();\n`,
    );
  }
});

test('glue without threads stays as it is', () => {
  const glue = 'async function f() { await g(); }\nexport default Module;\n';
  assert.equal(forBundlers(glue), glue);
});

test("bundlers for browsers find none of Node's modules in it", () => {
  for (const quoted of ['"module"', "'module'"]) {
    const glue = `if (ENVIRONMENT_IS_NODE) { await import(${quoted}); }\nexport default Module;\n`;
    assert.match(forBundlers(glue), /import\(\/\* webpackIgnore: true.*`node:\$\{"module"\}`\)/);
  }
});

test('bundlers look for no .wasm beside it', () => {
  const glue = 'const url = new URL("a-b.wasm",import.meta.url).href;\n';
  assert.equal(forBundlers(glue), 'const url = "a-b.wasm";\n');
});

test('glue that starts threads in other ways is refused', () => {
  const other = worker.replace('new URL("a-b.js",import.meta.url)', 'url');
  assert.throws(() => forBundlers(`${other}export default Module;\n${start}\n`), /new Worker/);
  const inside = worker.replace('o);', 'await o);');
  assert.throws(() => forBundlers(`${inside}export default Module;\n`), /export default/);
});
