// Networks of every form that pictures may have: types, orders of axes, channels, inputs and outputs.

import { OnnxBuilder, type Dim, type ElementType } from '../../../tests/support/onnx-builder.js';

/** A step of a network, on float32 [1,C,H,W]. */
export type Step = (builder: OnnxBuilder, value: string) => string;

/** What a network is like. */
export interface FormParts {
  layout?: 'nchw' | 'nhwc';
  channels?: 1 | 3 | 4;
  /** What is declared of the input; its channels and nothing else unless given; null: nothing. */
  dims?: readonly Dim[] | null;
  inType?: ElementType;
  outType?: ElementType;
  /** By how much pictures are enlarged, each pixel repeated. */
  factor?: number;
  /** Between the input and the enlargement. */
  steps?: Step | undefined;
  input?: string;
  output?: string;
  /**
   * Inputs before the picture's, of the same shape, each with what it is multiplied by before it is
   * added.
   */
  otherInputs?: Record<string, number>;
  /** Outputs before the picture's, each the picture times a number. */
  otherOutputs?: Record<string, number>;
  metadata?: Record<string, string>;
}

/** A network that enlarges a picture after some steps. */
export function formModel(parts: FormParts = {}): Uint8Array {
  const { layout = 'nchw', channels = 3, inType = 'float32', outType = 'float32' } = parts;
  const { factor = 2, steps, otherInputs = {}, otherOutputs = {}, metadata = {} } = parts;
  const { input = 'x', output = 'y' } = parts;
  const isLast = layout === 'nhwc';
  const free: Dim[] = isLast ? [1, 'H', 'W', channels] : [1, channels, 'H', 'W'];
  const dims = parts.dims === null ? undefined : (parts.dims ?? free);
  const builder = new OnnxBuilder();
  const others = Object.entries(otherInputs).map(([name, gain]) => {
    const factorOf = builder.constant(Float32Array.of(gain));
    return builder.node('Mul', [planes(builder, builder.input(name, dims), isLast), factorOf]);
  });
  const read = planes(builder, builder.input(input, dims, inType), isLast);
  const sum = others.reduce((value, other) => builder.node('Add', [value, other]), read);
  const made = enlargedBy(builder, steps ? steps(builder, sum) : sum, factor);
  for (const [name, gain] of Object.entries(otherOutputs)) {
    const other = builder.node('Mul', [made, builder.constant(Float32Array.of(gain))], {}, name);
    builder.output(other);
  }
  builder.output(elements(builder, made, { isLast, type: outType }, output), undefined, outType);
  return builder.build({ metadata });
}

/** A 1x1 convolution: rows of weights and what is added, the identity and nothing unless given. */
export function mix(rows: readonly (readonly number[])[], added: readonly number[] = []): Step {
  return (builder, value) => {
    const count = rows.length || added.length;
    const weights = rows.length ? rows.flat() : identity(count);
    const constants = [
      builder.constant(Float32Array.from(weights), [count, count, 1, 1]),
      builder.constant(Float32Array.from({ length: count }, (_, i) => added[i] ?? 0)),
    ];
    return builder.node('Conv', [value, ...constants], { kernel_shape: [1, 1] });
  };
}

/** An activation without attributes. */
export const activation =
  (opType: string): Step =>
  (builder, value) =>
    builder.node(opType, [value]);

/** Cuts values off. */
export const clip =
  (least: number, most: number): Step =>
  (builder, value) =>
    builder.node('Clip', [
      value,
      builder.constant(Float32Array.of(least), []),
      builder.constant(Float32Array.of(most), []),
    ]);

/** One step after the other. */
export const chain =
  (...steps: readonly Step[]): Step =>
  (builder, value) =>
    steps.reduce((made, step) => step(builder, made), value);

function identity(count: number): number[] {
  return Array.from({ length: count ** 2 }, (_, i) => (i % (count + 1) === 0 ? 1 : 0));
}

/** An input as float32 [1,C,H,W]. */
function planes(builder: OnnxBuilder, value: string, isLast: boolean): string {
  const floats = builder.node('Cast', [value], { to: 1 });
  return isLast ? builder.node('Transpose', [floats], { perm: [0, 3, 1, 2] }) : floats;
}

const dataTypes: Partial<Record<ElementType, number>> = { float32: 1, uint8: 2, float16: 10 };

/** float32 [1,C,H,W] as an output. */
function elements(
  builder: OnnxBuilder,
  value: string,
  { isLast, type }: { isLast: boolean; type: ElementType },
  name: string,
): string {
  const ordered = isLast ? builder.node('Transpose', [value], { perm: [0, 2, 3, 1] }) : value;
  if (type !== 'uint8') return builder.node('Cast', [ordered], { to: dataTypes[type]! }, name);
  const whole = clip(0, 255)(builder, builder.node('Round', [ordered]));
  return builder.node('Cast', [whole], { to: 2 }, name);
}

function enlargedBy(builder: OnnxBuilder, value: string, factor: number): string {
  if (factor === 1) return value;
  const factors = builder.constant(Float32Array.of(1, 1, factor, factor));
  return builder.node('Resize', [value, '', factors], repeating);
}

const repeating = {
  mode: 'nearest',
  nearest_mode: 'floor',
  coordinate_transformation_mode: 'asymmetric',
};
