import { OnnxBuilder } from '../support/onnx-builder.js';

export { addModel, externalModel } from '../../web/tests/support/models.js';

/** y = -x of x [rows, 3]; z = 2 * a of one integer. */
export function twoInputs(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', ['rows', 3]);
  const a = builder.input('a', [1], 'int64');
  builder.output(builder.node('Neg', [x], {}, 'y'), ['rows', 3]);
  builder.output(builder.node('Add', [a, a], {}, 'z'), [1], 'int64');
  return builder.build();
}

/** y = -x of two sizes, the first of them without a name. */
export function unnamed(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', ['', 3]);
  builder.output(builder.node('Neg', [x], {}, 'y'), ['', 3]);
  return builder.build();
}

/** y = x + 1, of x without a shape. */
export function shapeless(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x');
  builder.output(builder.node('Add', [x, builder.constant(Float32Array.of(1))], {}, 'y'));
  return builder.build();
}

/** The tensors of a sequence, put together. */
export function sequence(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1]);
  builder.container('sequence', 'all');
  builder.output(builder.node('ConcatFromSequence', ['all'], { axis: 0 }, 'y'), ['n']);
  builder.output(builder.node('Neg', [x], {}, 'z'), [1]);
  return builder.build();
}
