import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceSession } from 'fovea';
import { importModules } from '../bundle.mjs';

const {
  cellNames,
  cells,
  check,
  Choices,
  encode,
  firstDifference,
  generate,
  investigate,
  measureNoise,
  shrink,
  passes,
  ...tensors
} = await importModules(
  'cells',
  'check',
  'choices',
  'compare',
  'coverage',
  'generate',
  'graph',
  'noise',
  'shrink',
  'tensors',
);
const { randomTensor, tensorOf, toNumbers } = tensors;

const firstSeed = 2478;
const graphs = 150;

test(`${graphs} random graphs give what onnxruntime gives`, async () => {
  const verdicts = [];
  for (let seed = firstSeed; seed < firstSeed + graphs; ++seed) {
    const { verdict } = await investigate(generate(seed), {});
    verdicts.push({ seed, ...verdict });
  }
  assert.deepEqual(
    verdicts.filter(({ kind }) => kind === 'different' || kind === 'refused'),
    [],
  );
  assert.ok(verdicts.filter(({ kind }) => kind === 'equal').length > 0.85 * graphs);
});

test('a seed is a graph', () => {
  assert.deepEqual(encode(generate(3)), encode(generate(3)));
  assert.notDeepEqual(encode(generate(3)), encode(generate(4)));
});

test('seeds begin with the cells one after the other', () => {
  const some = cells.map((cell, seed) => ({ cell, seed })).filter(({ seed }) => seed % 25 === 0);
  const begun = some.filter(({ cell, seed }) => cellNames(generate(seed)).includes(cell.name));
  assert.ok(begun.length > 0.85 * some.length, `${begun.length} of ${some.length}`);
});

test('the passes that are counted are all that there are but one, which follows from others', async () => {
  const bytes = encode({ ...generate(1), declaredConstants: [] });
  const load = InferenceSession.create(bytes, { disabledPasses: ['none'] });
  const error = await load.then(undefined, (reason) => reason);
  const names = [...error.message.matchAll(/'([\w-]+)'/g)].map(([, name]) => name);
  names.splice(names.indexOf('none'), 1);
  assert.deepEqual(new Set(names), new Set([...passes, 'fold-dequantised']));
});

const numbers = [0.5, -1, 2, 3];
const named = (...values) => ({ y: tensorOf('float32', [2, 2], values) });
const differences = [
  ['an element', named(0.5, -1, 2.001, 3), { what: 'element', at: [1, 0] }],
  ['what is not a number', named(0.5, NaN, 2, 3), { what: 'element', at: [0, 1] }],
  ['a shape', { y: tensorOf('float32', [4], numbers) }, { what: 'shape', at: undefined }],
  ['a type', { y: tensorOf('float64', [2, 2], numbers) }, { what: 'type', at: undefined }],
];
for (const [name, actual, { what, at }] of differences) {
  test(`${name} that differs is noticed`, () => {
    const found = firstDifference(actual, named(...numbers));
    assert.deepEqual([found.value, found.what, found.at], ['y', what, at]);
  });
}

test('roundings make no difference, and integers have none', () => {
  assert.equal(firstDifference(named(0.5, -1, 2, 3.000001), named(...numbers)), undefined);
  const whole = (value) => ({ y: tensorOf('int64', [], [value]) });
  assert.equal(firstDifference(whole(7), whole(7)), undefined);
  assert.equal(firstDifference(whole(8), whole(7)).tolerance, 0);
});

test('binary16 is rounded to the nearest, or even, and read back', () => {
  const given = [1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, 2 ** -24, 2 ** -25, -0.1];
  const read = [1, 1, 1 + 2 ** -9, 65504, Infinity, 2 ** -24, 0, -0.0999755859375];
  assert.deepEqual([...toNumbers(tensorOf('float16', [8], given))], read);
});

/** z = (relu(x) + c) - c, in which digits are lost, and its Tanh. */
function cancellation() {
  const random = new Choices(1);
  const node = (opType, inputs, output) => ({ opType, inputs, outputs: [output], attributes: {} });
  return {
    opset: 17,
    inputs: [{ name: 'x', type: 'float32', dims: [1, 2, 5, 4] }],
    constants: { c: randomTensor(random, 'float32', [2, 5, 4], 1000) },
    declaredConstants: [],
    nodes: [
      node('Relu', ['x'], 'r'),
      node('Add', ['r', 'c'], 'y'),
      node('Sub', ['y', 'c'], 'z'),
      node('Tanh', ['z'], 't'),
    ],
    types: Object.fromEntries([...'xrcyzt'].map((name) => [name, 'float32'])),
    exact: ['r'],
    outputs: ['t', 'z'],
    fetches: ['r'],
    feeds: [{ x: randomTensor(random, 'float32', [1, 2, 5, 4]) }],
  };
}

test('where digits cancel, the noise is what roundings before leave; what is exact has none', async () => {
  const noise = await measureNoise(cancellation(), 0);
  const rounding = 1000 * 2 ** -24;
  assert.ok(noise.z > 8 * rounding && noise.z < 64 * rounding, `${noise.z / rounding} roundings`);
  assert.equal(noise.r, 0);
});

test('a graph shrinks to the node that matters, and to the smallest sizes', async () => {
  const small = await shrink(cancellation(), async (graph) => {
    const adds = graph.nodes.some(({ opType }) => opType === 'Add');
    return adds && (await check(graph, {})).kind === 'equal';
  });
  assert.deepEqual(
    small.nodes.map(({ opType }) => opType),
    ['Add'],
  );
  const sizes = Object.values({ ...small.constants, ...small.feeds[0] }).map(({ dims }) => dims);
  assert.deepEqual(sizes, [
    [1, 1, 1],
    [1, 1, 1, 1],
  ]);
});
