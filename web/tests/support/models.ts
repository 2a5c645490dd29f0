import { OnnxBuilder, type ElementType } from '../../../tests/support/onnx-builder.js';
import { ModelProto } from '../../../tests/support/onnx-schema.js';

/** y = Relu(sum), sum = x + [1, 2, 3], of x [N, 3]. */
export function addModel(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', ['N', 3]);
  const sum = builder.node('Add', [x, builder.constant(Float32Array.of(1, 2, 3))], {}, 'sum');
  builder.output(builder.node('Relu', [sum], {}, 'y'), ['N', 3]);
  return builder.build({ metadata: { author: 'somebody' } });
}

/** y = x, of any shape. */
export function identityModel(
  type: ElementType,
  metadata: Record<string, string> = {},
): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', ['N'], type);
  builder.output(builder.node('Identity', [x], {}, 'y'), ['N'], type);
  return builder.build({ metadata });
}

/** An output of each name, which is the input of that name with ' in' behind it. */
export function namedModel(names: readonly string[]): Uint8Array {
  const builder = new OnnxBuilder();
  for (const name of names) {
    const x = builder.input(`${name} in`, [1]);
    builder.output(builder.node('Identity', [x], {}, name), [1]);
  }
  return builder.build();
}

/** Many slow nodes one after the other, on x [N]. */
export function slowModel(nodes = 200): Uint8Array {
  const builder = new OnnxBuilder();
  let value = builder.input('x', ['N']);
  for (let i = 0; i < nodes; ++i) value = builder.node('Erf', [value]);
  builder.output(value, ['N']);
  return builder.build();
}

/** y = x, by two operators that do not exist. */
export function unsupportedModel(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [3]);
  const middle = builder.node('Frobnicate', [x], {}, 'first');
  builder.output(builder.node('Defrobnicate', [middle], {}, 'second'), [3]);
  return builder.build();
}

interface ModelFields {
  graph: { initializer: object[] };
}

/** addModel() with its constant at `offset` in the file `location`. */
export function externalModel(location: string, offset: number): Uint8Array {
  const model = ModelProto.decode(addModel()) as unknown as ModelFields;
  const [constant] = model.graph.initializer;
  const entries = { location, offset: `${offset}`, length: '12' };
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  const external = { ...constant, rawData: undefined, dataLocation: 1, externalData };
  model.graph.initializer = [external];
  return ModelProto.encode(ModelProto.fromObject(ModelProto.toObject(model as never))).finish();
}
