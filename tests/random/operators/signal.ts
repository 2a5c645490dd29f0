import { dataTypes, type ElementType } from '../../support/onnx-builder.js';
import { fromFront, type GraphMaker } from '../maker.js';
import { tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

const dft: Operator = {
  name: 'DFT',
  add(maker) {
    const { random, opset, type } = maker;
    const rank = random.int(2, 4);
    const isComplex = random.chance(0.5);
    const sizes = Array.from({ length: rank - 1 }, () => random.int(1, 9));
    const x = maker.input(type, [...sizes, isComplex ? 2 : 1]);
    const axis = random.int(rank > 2 ? 1 : 0, rank - 2);
    const inverse = random.chance(0.4);
    const oneSided = random.chance(0.4) && (!isComplex || inverse) && !inverse;
    const length = random.chance(0.4) ? random.int(1, 9) : undefined;
    const count = length ?? x.dims[axis]!;
    const dims = [...sizes, 2];
    dims[axis] = oneSided ? Math.floor(count / 2) + 1 : count;
    const attributes = { inverse: inverse ? 1 : undefined, onesided: oneSided ? 1 : undefined };
    const size = length === undefined ? undefined : maker.int64s([length], []);
    const result = { dims, bound: 9 * x.bound };
    if (opset < 20) return maker.one('DFT', [x, size], { ...attributes, axis }, result);
    const written = maker.int64s([random.chance(0.5) ? axis : axis - rank], []);
    const inputs = [x, size, axis === rank - 2 && random.chance(0.4) ? undefined : written];
    return maker.one('DFT', inputs, attributes, result);
  },
};

const stft: Operator = {
  name: 'STFT',
  add(maker) {
    const { random, type } = maker;
    const length = random.int(12, 30);
    const frame = random.int(4, 9);
    const step = random.int(1, 5);
    const hasWindow = random.chance(0.6);
    const isReal = true;
    const oneSided = random.of([undefined, 0, 1]);
    const x = maker.input(type, [random.int(1, 2), length, isReal ? 1 : 2]);
    const inputs = [
      x,
      maker.int64s([step], []),
      hasWindow ? maker.weights([frame]) : undefined,
      !hasWindow || random.chance(0.5) ? maker.int64s([frame], []) : undefined,
    ];
    const frames = Math.floor((length - frame) / step) + 1;
    const bins = oneSided === 0 ? frame : Math.floor(frame / 2) + 1;
    const dims = [x.dims[0]!, frames, bins, 2];
    return maker.one('STFT', inputs, { onesided: oneSided }, { dims, bound: 20 });
  },
};

/** The types that windows and filters may be asked for in. */
const resultTypes: ElementType[] = ['float32', 'float64'];

function resultType({ random }: GraphMaker) {
  const type = random.of(resultTypes);
  const written = type !== 'float32' || random.chance(0.5);
  return { type, output_datatype: written ? dataTypes[type] : undefined };
}

function window(name: string): Operator {
  return {
    name,
    add(maker) {
      const { random } = maker;
      const size = random.int(2, 12);
      const { type, output_datatype } = resultType(maker);
      const attributes = { output_datatype, periodic: random.of([undefined, 0, 1]) };
      const length = maker.given(tensorOf(maker.type, [], [size]));
      return maker.one(name, [length], attributes, { type, dims: [size], bound: 1 });
    },
  };
}

const melWeights: Operator = {
  name: 'MelWeightMatrix',
  add(maker) {
    const { random } = maker;
    const [bins, length, rate] = [random.int(2, 6), random.of([16, 32]), random.of([8000, 16000])];
    const { type, output_datatype } = resultType(maker);
    const whole = [bins, length, rate].map((n) => maker.given(tensorOf(maker.type, [], [n])));
    const edges = [random.of([0, 100]), rate / 2].map((n) =>
      maker.given(tensorOf('float32', [], [n])),
    );
    const dims = [length / 2 + 1, bins];
    const result = { type, dims, bound: 1 };
    return maker.one('MelWeightMatrix', [...whole, ...edges], { output_datatype }, result);
  },
};

/** New elements in the place of old ones along an axis, as a cache of keys has them. */
const tensorScatter: Operator = {
  name: 'TensorScatter',
  add(maker) {
    const { random, type } = maker;
    const rank = random.int(3, 4);
    const past = maker.input(type, [random.int(1, 3), ...random.ints(rank - 1, 2, 5)]);
    const axis = random.of([undefined, ...Array.from({ length: rank - 1 }, (_, i) => i + 1), -1]);
    const at = fromFront(axis ?? -2, rank);
    const count = random.int(1, past.dims[at]!);
    const dims = past.dims.map((size, i) => (i === at ? count : size));
    const mode = random.of([undefined, 'linear', 'circular']);
    const last = mode === 'circular' ? past.dims[at]! - 1 : past.dims[at]! - count;
    const places = random.chance(0.8)
      ? maker.int64s(random.ints(past.dims[0]!, 0, last))
      : undefined;
    const inputs = [past, maker.weights(dims, 2, type), places];
    return maker.one('TensorScatter', inputs, { axis, mode }, { exact: true });
  },
};

export const signal: Operator[] = [
  dft,
  stft,
  ...['HannWindow', 'HammingWindow', 'BlackmanWindow'].map(window),
  melWeights,
  tensorScatter,
];
