// Quantised operators, and networks of them, against onnxruntime: bytes are equal but for ties, of
// which there are few, and by one level; sums of integers are equal.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { variants } from '../../../tools/lib/project.mjs';
import { importModules } from '../bundle.mjs';

const { compare, networks, operators, pictureError, pictureOf } = await importModules(
  'quantised/cases',
  'quantised/compare',
);

/** Of so many bytes one may be rounded to the other side. */
const bytesPerTie = 10_000;
const options = { numThreads: 1 };

for (const { name, cases, exact } of operators) {
  test(`${name} gives what onnxruntime gives`, async () => {
    let [elements, ties] = [0, 0];
    for (const one of cases()) {
      const counts = await compare(one, options);
      assert.ok(counts.most <= (exact ? 0 : 1), `${one.title} differs by ${counts.most}`);
      elements += counts.elements;
      ties += counts.ties;
    }
    const most = exact ? 0 : Math.ceil(elements / bytesPerTie);
    assert.ok(ties <= most, `${ties} of ${elements} differ`);
  });
}

for (const { name, file } of networks) {
  const network = pictureCase(file);

  test(`${name} gives the picture that onnxruntime gives`, async () => {
    const error = 255 * (await pictureError(network, options));
    assert.ok(error <= 0.1, `${error} of 255`);
  });

  test(`${name} gives the same bits in every engine, with any number of threads`, async () => {
    const expected = await pictureOf(network, options);
    for (const variant of variants) {
      for (const numThreads of variant.endsWith('threads') ? [1, 3] : [1]) {
        assert.deepEqual(await pictureOf(network, { variant, numThreads }), expected, variant);
      }
    }
  });
}

/** A network on waves and edges. @param {string} file */
function pictureCase(file) {
  const size = 96;
  const data = Float32Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [i % size, Math.floor(i / size)];
    const edges = 0.15 * Math.sign(Math.sin(x * 0.5 + y * 0.9));
    return 0.5 + 0.3 * Math.sin(x * 0.07 + y * 0.03) + edges;
  });
  const model = new Uint8Array(readFileSync(`tests/data/quantised/${file}`));
  const input = { type: 'float32', dims: [1, 1, size, size], data };
  return { title: file, model, feeds: { input } };
}
