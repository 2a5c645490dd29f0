// Operators that have graphs computed. The graphs are made as the one around them is.

import type { GraphMaker, Value } from '../maker.js';
import { isFloat, isGivable, tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

const sameDims = (a: Value, b: Value) => a.dims.join() === b.dims.join();

/** What a body makes of a value, of the same type and sizes. */
function step(maker: GraphMaker, x: Value): Value {
  const { random } = maker;
  const fits = (v: Value) => v.type === x.type && sameDims(v, x);
  const made = maker.one('Identity', [x], {}, { exact: x.exact })!;
  if (!isGivable(x.type) || x.type === 'string') return made;
  if (x.type === 'bool') return maker.one('Not', [made], {}, { exact: x.exact }) ?? made;
  // Operators of every type of numbers that all opsets compute.
  const names = isFloat(x.type) ? ['Add', 'Mul', 'Sub', 'Sigmoid', 'Relu'] : [];
  const wide = /^u?int(32|64)$/.test(x.type) ? ['Add', 'Mul', 'Sub'] : [];
  const all = [...names, ...wide].filter((name) => x.type !== 'float16' || name !== 'Sigmoid');
  if (all.length === 0) return made;
  const name = random.of(all);
  if (name === 'Sigmoid' || name === 'Relu') return maker.one(name, [made]) ?? made;
  const other =
    (random.chance(0.4) ? maker.pick(fits) : undefined) ?? maker.weights(x.dims, 0.5, x.type);
  return maker.one(name, [made, other], {}, { exact: x.exact && !isFloat(x.type) }) ?? made;
}

const steps = (maker: GraphMaker, x: Value): Value =>
  maker.random.chance(0.5) ? step(maker, step(maker, x)) : step(maker, x);

/** One of two graphs, which read what is around them. */
const branch: Operator = {
  name: 'If',
  add(maker) {
    const { random } = maker;
    const x = maker.take(0, 4);
    const constant = random.chance(0.4);
    const condition = constant
      ? maker.constant(tensorOf('bool', random.of([[], [1]]), [random.int(0, 1)]))
      : maker.input('bool', []);
    const body = () => maker.body([], (inner) => [steps(inner, x)]);
    const attributes = { then_branch: body(), else_branch: body() };
    const { type, dims, bound } = x;
    const exact = x.exact && !isFloat(type);
    return maker.one('If', [condition], attributes, { type, dims, exact, bound: 4 * bound });
  },
};

/** A value that each trip changes, and one that each trip adds a row to. */
const loop: Operator = {
  name: 'Loop',
  add(maker) {
    const { random } = maker;
    const x = maker.take(0, 3);
    const { type, dims } = x;
    const trips = random.int(maker.allowsEmpty ? 0 : 1, 4);
    const scans = isGivable(type) && type !== 'string' && random.chance(0.5);
    const inputs = [
      { type: 'int64' as const, dims: [] },
      { type: 'bool' as const, dims: [] },
      { type, dims },
    ];
    const body = maker.body(inputs, (inner, [, condition, carried]) => {
      const next = steps(inner, carried!);
      const on = inner.one('Identity', [condition], {}, { exact: true })!;
      // An output of a graph stands once.
      const row = scans ? [inner.one('Identity', [next], {}, { exact: next.exact })!] : [];
      return [on, next, ...row];
    });
    const conditions = [undefined, maker.constant(tensorOf('bool', [], [1]))];
    const exact = x.exact && !isFloat(type);
    const result = { type, dims, exact, bound: 10 * x.bound };
    const rows = { ...result, dims: [trips, ...dims] };
    const operands = [maker.int64s([trips], random.of([[], [1]])), random.of(conditions), x];
    return maker.node('Loop', operands, { body }, scans ? [result, rows] : [result])[0];
  },
};

/** Goes along an axis with a value that it carries. */
const scan: Operator = {
  name: 'Scan',
  add(maker) {
    const { random, opset } = maker;
    const isOld = opset < 9;
    const x = maker.take(isOld ? 2 : 1, 4);
    if (x.dims.includes(0)) return undefined;
    const first = isOld ? 1 : 0;
    const axis = isOld ? 1 : random.int(0, x.dims.length - 1);
    const { type } = x;
    const length = x.dims[axis]!;
    const row = x.dims.filter((_, i) => i !== axis && i >= first);
    const state = maker.weights(isOld ? [x.dims[0]!, ...row] : row, 1, type);
    const inputs = [
      { type, dims: row },
      { type, dims: row },
    ];
    const body = maker.body(inputs, (inner, [carried, part]) => {
      const next = joined(inner, carried!, part!);
      return [next, step(inner, next)];
    });
    const reverse = random.chance(0.3) ? 1 : 0;
    const attributes = isOld
      ? { directions: [reverse] }
      : {
          scan_input_axes: axis > 0 || random.chance(0.3) ? [axis] : undefined,
          scan_input_directions: [reverse],
          scan_output_directions: [random.int(0, 1)],
        };
    const exact = x.exact && !isFloat(type);
    const rows = [length, ...row];
    const results = [
      { type, dims: state.dims, exact, bound: 30 * x.bound },
      { type, dims: isOld ? [x.dims[0]!, ...rows] : rows, exact, bound: 30 * x.bound },
    ];
    const operands = isOld ? [undefined, state, x] : [state, x];
    const all = { body, num_scan_inputs: 1, ...attributes };
    return maker.node('Scan', operands, all, results)[0];
  },
};

function joined(maker: GraphMaker, a: Value, b: Value): Value {
  const { type } = a;
  const adds = isFloat(type) || /^u?int(32|64)$/.test(type);
  const name = adds ? 'Add' : 'Identity';
  const inputs = adds ? [a, b] : [b];
  return maker.one(name, inputs, {}, { exact: !isFloat(type) })!;
}

export const control: Operator[] = [branch, loop, scan];
