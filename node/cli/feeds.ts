// Something to run a model on.

import { FoveaError, Tensor, type TensorType, type ValueMetadata } from 'fovea';
import { declaration } from './model-file.js';

type Fill = (count: number) => Tensor['data'];

/** Floats of 0..1; zeros as integers, which indices and shapes may be. */
const fills: Partial<Record<TensorType, Fill>> = {
  float32: (count) => Float32Array.from({ length: count }, Math.random),
  float64: (count) => Float64Array.from({ length: count }, Math.random),
  uint8: (count) => new Uint8Array(count),
  int8: (count) => new Int8Array(count),
  uint16: (count) => new Uint16Array(count),
  int16: (count) => new Int16Array(count),
  uint32: (count) => new Uint32Array(count),
  int32: (count) => new Int32Array(count),
  uint64: (count) => new BigUint64Array(count),
  int64: (count) => new BigInt64Array(count),
  bool: (count) => new Uint8Array(count),
};

/**
 * A tensor for each input.
 *
 * @param shapes by the inputs' names; those of fixed inputs may be left out
 * @throws FoveaError InvalidInput for an unknown name, a size that is not told, or a type that only
 *   programs can feed
 */
export function randomFeeds(
  inputs: readonly ValueMetadata[],
  shapes: Readonly<Record<string, readonly number[]>>,
): Record<string, Tensor> {
  const unknown = Object.keys(shapes).find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined) {
    const known = inputs.map(({ name }) => `'${name}'`).join(', ');
    throw refused(`the model has no input '${unknown}', only ${known}`);
  }
  return Object.fromEntries(
    inputs.map((input) => [input.name, randomTensor(input, shapes[input.name] ?? fixed(input))]),
  );
}

function fixed(input: ValueMetadata): number[] {
  const { name, shape } = input;
  if (shape?.every((size) => typeof size === 'number')) return shape as number[];
  const example = (shape ?? [1, 3, 'h', 'w']).map((size, axis) =>
    typeof size === 'number' ? size : axis === 0 ? 1 : 64,
  );
  const say = `--shape ${name}=${example.join(',')}`;
  throw refused(`the input '${name}' is ${declaration(input)}: say its size, such as ${say}`);
}

function randomTensor({ name, type }: ValueMetadata, dims: readonly number[]): Tensor {
  const count = dims.reduce((product, size) => product * size, 1);
  if (type === 'float16') return halves(count, dims);
  const fill = fills[type as TensorType];
  if (!fill) throw refused(`the input '${name}' is ${type}, which only programs can feed`);
  return new Tensor(type as 'float32', fill(count) as Float32Array, dims);
}

/** 0.5: what the platform's array of float16 takes, or bits. */
function halves(count: number, dims: readonly number[]): Tensor {
  const bits = new Uint16Array(count).fill(0x3800);
  const { Float16Array } = globalThis as {
    Float16Array?: new (buffer: ArrayBufferLike) => Uint16Array;
  };
  return new Tensor('float16', Float16Array ? new Float16Array(bits.buffer) : bits, dims);
}

function refused(message: string): FoveaError {
  return new FoveaError('InvalidInput', message, { option: 'shape' });
}
