import { OnnxBuilder, type Dim, type ElementType } from '../../../tests/support/onnx-builder.js';

/** Parts of a network that doubles a picture. */
export interface EnlargingParts {
  channels?: 1 | 3;
  /** Height and width of the input; free unless given. */
  size?: readonly [number, number];
  /** What the picture is multiplied by. */
  gain?: number;
  /** Added to each channel. */
  bias?: number[];
  /** A 3x3 mean over each channel before, with zeros around it, or with valid convolutions. */
  blur?: 'same' | 'valid';
  metadata?: Record<string, string>;
}

/** Doubles each pixel of x [1,C,H,W], after the steps asked for. */
export function doublingModel(parts: EnlargingParts = {}): Uint8Array {
  const { channels = 3, size = ['H', 'W'], gain, bias, blur, metadata = {} } = parts;
  const builder = new OnnxBuilder();
  const dims: Dim[] = [1, channels, ...size];
  let value = builder.input('x', dims);
  if (blur) value = addBlur(builder, value, channels, blur === 'same' ? 1 : 0);
  if (gain) value = builder.node('Mul', [value, builder.constant(Float32Array.of(gain))]);
  if (bias) {
    const added = builder.constant(Float32Array.from(bias), [1, channels, 1, 1]);
    value = builder.node('Add', [value, added]);
  }
  addDoubling(builder, value);
  return builder.build({ metadata });
}

/** Enlarges by the factors [1, 1, y, x] that are its second input. */
export function scalingModel(
  mode: 'nearest' | 'linear' = 'nearest',
  metadata: Record<string, string> = {},
): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 3, 'H', 'W']);
  const factors = builder.input('factors', [4]);
  const attributes = mode === 'nearest' ? repeating : { mode };
  builder.output(builder.node('Resize', [x, '', factors], attributes, 'y'));
  return builder.build({ metadata });
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

/** Doubles pictures after `layers` 3x3 means with zeros around. */
export function deepModel(layers: number): Uint8Array {
  const builder = new OnnxBuilder();
  let value = builder.input('x', [1, 3, 'H', 'W']);
  for (let i = 0; i < layers; ++i) value = addBlur(builder, value, 3, 1);
  addDoubling(builder, value);
  return builder.build({ metadata: { 'fovea.range': '1' } });
}

/** Doubles pictures, which it makes darker the brighter they are in the mean. */
export function poolingModel(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 3, 'H', 'W']);
  const mean = builder.node('GlobalAveragePool', [x]);
  const gain = builder.node('Sub', [builder.constant(Float32Array.of(1.4)), mean]);
  addDoubling(builder, builder.node('Mul', [x, gain]));
  return builder.build({ metadata: { 'fovea.range': '1' } });
}

/** Makes pictures smaller by a factor first, as networks that begin with a pixel-unshuffle. */
export function unshufflingModel(factor: number): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 3, 'H', 'W']);
  const unshuffled = builder.node('SpaceToDepth', [x], { blocksize: factor });
  const shuffled = builder.node('DepthToSpace', [unshuffled], { blocksize: factor });
  addDoubling(builder, shuffled);
  return builder.build();
}

/** A U-Net's way down and up: what comes up is added to what was there before. */
export function hourglassModel(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 3, 'H', 'W']);
  const pooled = builder.node('MaxPool', [x], { kernel_shape: [4, 4], strides: [4, 4] });
  const factors = builder.constant(Float32Array.of(1, 1, 4, 4));
  const back = builder.node('Resize', [pooled, '', factors], repeating);
  const half = builder.constant(Float32Array.of(0.5));
  const sum = builder.node('Add', [x, back]);
  addDoubling(builder, builder.node('Mul', [sum, half]));
  return builder.build();
}

/** Enlarges by a constant factor, repeating pixels. */
export function constantScaleModel(factor: number): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 3, 'H', 'W']);
  const factors = builder.constant(Float32Array.of(1, 1, factor, factor));
  builder.output(builder.node('Resize', [x, '', factors], repeating, 'y'));
  return builder.build();
}

/** Doubles pictures of any shape declared. */
export function declaringModel(dims: readonly Dim[], type: ElementType = 'float32'): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', dims, type);
  const copies = builder.node('Concat', [x, x, x, x], { axis: 1 });
  builder.output(builder.node('DepthToSpace', [copies], { blocksize: 2 }, 'y'), undefined, type);
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

/** The output: each pixel four times. */
function addDoubling(builder: OnnxBuilder, value: string): void {
  const copies = builder.node('Concat', [value, value, value, value], { axis: 1 });
  builder.output(builder.node('DepthToSpace', [copies], { blocksize: 2 }, 'y'));
}
