import { type Features, Layers, namesOf } from './layers.js';

/**
 * Guo et al. 2020 ("Zero-Reference Deep Curve Estimation for Low-Light Image Enhancement"), DCE-Net: 7 layers whose
 * result bends the picture's curve 8 times. As in the published file, weights that training has all but removed
 * are left as subnormal numbers: one in twenty.
 *
 * @returns the picture after 4 bends and after 8 [1, 3, height, width], and the curves [1, 24, height, width]
 */
export function zeroDce(b: Layers, input: Features): string[] {
  const layer = (x: Features, channels = 32) => b.convolve(x, channels, { kernel: 3 });
  const x1 = b.relu(layer(input));
  const x2 = b.relu(layer(x1));
  const x3 = b.relu(layer(x2));
  const x4 = b.relu(layer(x3));
  const x5 = b.relu(layer(b.join([x3, x4])));
  const x6 = b.relu(layer(b.join([x2, x5])));
  const curves = b.split(
    b.apply('Tanh', [layer(b.join([x1, x6]), 24)]),
    ...Array<number>(8).fill(3),
  );
  let x = input;
  const bent = curves.map((curve) => {
    const squares = b.apply('Pow', [x, b.number(2)]);
    x = b.add(x, b.multiply(curve, b.apply('Sub', [squares, x])));
    return x;
  });
  const all = b.node('Concat', namesOf(curves), { axis: 1 });
  return [bent[3]!.name, bent[7]!.name, all];
}

/** Layers of whose weights one in twenty is between 2^-149 and 2^-126 in magnitude. */
export class SparseLayers extends Layers {
  protected override weights(count: number, fanIn: number, gain: number): Float32Array {
    const weights = super.weights(count, fanIn, gain);
    return weights.map((weight, at) => (at % 20 === 7 ? weight * 2 ** -130 : weight));
  }
}
