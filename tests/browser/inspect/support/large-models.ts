import { OnnxBuilder } from '../../../support/onnx-builder.js';

const width = 8;

/** What a layer's nodes are called: by the modules that they are of, or by nothing at all. */
type Naming = 'modules' | 'none';

/**
 * A model as transformers are: layers of attention and of a small network, each with what is added
 * to what came before it. 25 nodes a layer.
 */
export function transformer(layers: number, naming: Naming): Uint8Array {
  const builder = new OnnxBuilder();
  const weight = builder.constant(new Float32Array(width * width).fill(0.1), [width, width]);
  const one = builder.constant(new Float32Array([1]));
  let count = 0;
  const node = (module: string, opType: string, inputs: string[], attributes = {}) =>
    builder.node(
      opType,
      inputs,
      attributes,
      naming === 'modules' ? `/${module}/${opType}_${count++}` : `${count++}`,
    );
  const normalised = (module: string, value: string) => {
    const mean = node(module, 'ReduceMean', [value], { axes: [-1] });
    const centred = node(module, 'Sub', [value, mean]);
    const squared = node(module, 'Mul', [centred, centred]);
    const variance = node(module, 'ReduceMean', [squared], { axes: [-1] });
    const deviation = node(module, 'Sqrt', [node(module, 'Add', [variance, one])]);
    return node(module, 'Div', [centred, deviation]);
  };
  let value = builder.input('tokens', [1, 16, width]);
  for (let layer = 0; layer < layers; ++layer) {
    const of = (part: string) => `layers.${layer}/${part}`;
    const before = normalised(of('norm1'), value);
    const [query, key, values] = ['query', 'key', 'value'].map((name) =>
      node(of(`attention/${name}`), 'MatMul', [before, weight]),
    ) as [string, string, string];
    const turned = node(of('attention'), 'Transpose', [key], { perm: [0, 2, 1] });
    const scores = node(of('attention'), 'MatMul', [query, turned]);
    const weights = node(of('attention'), 'Softmax', [scores]);
    const mixed = node(of('attention'), 'MatMul', [weights, values]);
    value = node(of('attention'), 'Add', [value, mixed]);
    const inner = node(of('mlp'), 'MatMul', [normalised(of('norm2'), value), weight]);
    value = node(of('mlp'), 'Add', [value, node(of('mlp'), 'Relu', [inner])]);
  }
  builder.output(value, [1, 16, width]);
  return builder.build();
}
