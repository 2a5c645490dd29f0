import { OnnxBuilder, toTensorProto } from '../../../support/onnx-builder.js';

/** A picture is blurred, made no darker than black, and enlarged. Nodes are in two named groups. */
export function blurring(): Uint8Array {
  const builder = new OnnxBuilder();
  const input = builder.input('image', [1, 3, 'height', 'width']);
  const taps = builder.constant(new Float32Array(12 * 3 * 9).fill(1 / 27), [12, 3, 3, 3]);
  const blurred = builder.node('Conv', [input, taps], { pads: [1, 1, 1, 1] }, '/blur/conv/Conv');
  const bent = builder.node(
    'LeakyRelu',
    [blurred],
    { alpha: { float: 0.25 } },
    '/blur/bend/LeakyRelu',
  );
  const twice = builder.node('Add', [bent, bent], {}, '/blur/Add');
  builder.output(builder.node('DepthToSpace', [twice], { blocksize: 2 }, 'larger'));
  return builder.build();
}

/** What it reads is doubled or halved, by two branches. */
export function branching(): Uint8Array {
  const builder = new OnnxBuilder();
  builder.input('number', [4]);
  const condition = builder.input('condition', [], 'bool');
  const branch = (name: string, factor: number) => {
    const body = new OnnxBuilder();
    const by = body.node(
      'Constant',
      [],
      { value: { tensor: toTensorProto('', 'float32', [1], new Float32Array([factor])) } },
      `${name}_factor`,
    );
    body.output(body.node('Mul', ['number', by], {}, name), [4]);
    return { graph: body };
  };
  const attributes = { then_branch: branch('doubled', 2), else_branch: branch('halved', 0.5) };
  builder.output(builder.node('If', [condition], attributes, 'chosen'), [4]);
  return builder.build();
}

/** It has a node that nobody knows. */
export function unknownOperator(): Uint8Array {
  const builder = new OnnxBuilder();
  const input = builder.input('x', [4]);
  const made = builder.node('Erf', [input], {}, '/known/Erf');
  const [wild] = builder.foreign('com.example', 'Wild', [made], { strength: 3 }, ['/unknown/Wild']);
  builder.output(builder.node('Abs', [wild!], {}, 'y'), [4]);
  return builder.build({ domains: { 'com.example': 1 } });
}

/** One of its branches has a node that nobody knows. */
export function unknownInBranch(): Uint8Array {
  const builder = new OnnxBuilder();
  builder.input('number', [4]);
  const condition = builder.input('condition', [], 'bool');
  const known = new OnnxBuilder();
  known.output(known.node('Abs', ['number'], {}, 'same'), [4]);
  const unknown = new OnnxBuilder();
  const [wild] = unknown.foreign('com.example', 'Wild', ['number'], {}, ['wild']);
  unknown.output(wild!, [4]);
  const attributes = { then_branch: { graph: known }, else_branch: { graph: unknown } };
  builder.output(builder.node('If', [condition], attributes, 'chosen'), [4]);
  return builder.build({ domains: { 'com.example': 1 } });
}
