import { OnnxBuilder, type Dim } from '../../../tests/support/onnx-builder.js';

/** Parts of a network that doubles a picture. */
export interface EnlargingParts {
  channels?: 1 | 3;
  /** Height and width of the input; free unless given. */
  size?: readonly [number, number];
  /** Added to each channel. */
  bias?: number[];
  /** A 3x3 mean over each channel before, with zeros around it, or with valid convolutions. */
  blur?: 'same' | 'valid';
  metadata?: Record<string, string>;
}

/** Doubles each pixel of x [1,C,H,W], after the steps asked for. */
export function doublingModel(parts: EnlargingParts = {}): Uint8Array {
  const { channels = 3, size = ['H', 'W'], bias, blur, metadata = {} } = parts;
  const builder = new OnnxBuilder();
  const dims: Dim[] = [1, channels, ...size];
  let value = builder.input('x', dims);
  if (blur) value = addBlur(builder, value, channels, blur === 'same' ? 1 : 0);
  if (bias) {
    const added = builder.constant(Float32Array.from(bias), [1, channels, 1, 1]);
    value = builder.node('Add', [value, added]);
  }
  const copies = builder.node('Concat', [value, value, value, value], { axis: 1 });
  builder.output(builder.node('DepthToSpace', [copies], { blocksize: 2 }, 'y'));
  return builder.build({ metadata });
}

/** Enlarges by the factors [1, 1, y, x] that are its second input, repeating pixels. */
export function scalingModel(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 3, 'H', 'W']);
  const factors = builder.input('factors', [4]);
  builder.output(builder.node('Resize', [x, '', factors], repeating, 'y'));
  return builder.build();
}

/** Doubles each pixel of a picture that is not black, by factors computed from the pixels. */
export function selfScalingModel(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 3, 'H', 'W']);
  const brightest = builder.node('ReduceMax', [x], { keepdims: 0 });
  const one = builder.node('Div', [brightest, brightest]);
  const factors = builder.node('Mul', [builder.constant(Float32Array.of(1, 1, 2, 2)), one]);
  builder.output(builder.node('Resize', [x, '', factors], repeating, 'y'));
  return builder.build();
}

const repeating = {
  mode: 'nearest',
  nearest_mode: 'floor',
  coordinate_transformation_mode: 'asymmetric',
};

function addBlur(builder: OnnxBuilder, value: string, channels: number, pad: number): string {
  const taps = builder.constant(new Float32Array(channels * 9).fill(1 / 9), [channels, 1, 3, 3]);
  const pads = [pad, pad, pad, pad];
  return builder.node('Conv', [value, taps], { group: channels, pads, kernel_shape: [3, 3] });
}
