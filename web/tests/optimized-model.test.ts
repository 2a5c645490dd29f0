/** @jest-environment ./tools/jest/environment.mjs */

import { afterEach, describe, expect, test } from '@jest/globals';
import { InferenceSession, Tensor, type LoadOptions, type ModelSource } from 'fovea';
import { readFileSync } from 'node:fs';
import { OnnxBuilder } from '../../tests/support/onnx-builder.js';
import { computeByOnnxruntime } from '../../tests/support/onnxruntime.js';
import { ModelProto } from '../../tests/support/onnx-schema.js';
import { failureOf } from './support/errors.js';

const sessions: InferenceSession[] = [];

async function create(model: ModelSource, options?: LoadOptions): Promise<InferenceSession> {
  const session = await InferenceSession.create(model, options);
  sessions.push(session);
  return session;
}

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.release()));
});

/** Operators in their order. */
const operatorsOf = (model: Uint8Array): string[] => {
  const { graph } = ModelProto.decode(model) as unknown as {
    graph: { node: { opType: string }[] };
  };
  return graph.node.map(({ opType }) => opType);
};

/** A convolution, what training leaves behind it, and weights that are computed of constants. */
function trainedModel(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 2, 'h', 'w']);
  const numbers = (...values: number[]) => builder.constant(Float32Array.from(values));
  const half = builder.constant(Float32Array.of(0.5), []);
  const weights = builder.constant(Float32Array.of(-2, -1, 0, 1, 2, 3), [3, 2, 1, 1]);
  const convolved = builder.node('Conv', [x, builder.node('Mul', [weights, half])]);
  const [scale, bias] = [numbers(1, 2, 3), numbers(0, 1, -1)];
  const [mean, variance] = [numbers(0.5, 0, -0.5), numbers(1, 4, 9)];
  const trained = [convolved, scale, bias, mean, variance];
  builder.node('Relu', [builder.node('BatchNormalization', trained)], {}, 'y');
  builder.output('y', [1, 3, 'h', 'w']);
  return builder.build();
}

describe('optimizedModel', () => {
  test('gives standard ONNX that onnxruntime and a session compute alike', async () => {
    const model = trainedModel();
    const optimized = await (await create(model)).optimizedModel();
    expect(operatorsOf(model)).toEqual(['Mul', 'Conv', 'BatchNormalization', 'Relu']);
    expect(operatorsOf(optimized)).toEqual(['Conv', 'Relu']);

    const data = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
    const [expected, actual] = await Promise.all(
      [model, optimized].map((bytes) =>
        computeByOnnxruntime(bytes, { x: { data, dims: [1, 2, 3, 4] } }),
      ),
    );
    expect(actual!['y']!.dims).toEqual(expected!['y']!.dims);
    actual!['y']!.data.forEach((value, i) =>
      expect(value).toBeCloseTo(expected!['y']!.data[i]!, 5),
    );

    const again = await create(optimized);
    const { y } = await again.run({ x: new Tensor('float32', data, [1, 2, 3, 4]) });
    (y!.data as Float32Array).forEach((value, i) =>
      expect(value).toBeCloseTo(expected!['y']!.data[i]!, 5),
    );
  });

  test('keeps metadata, names and shapes', async () => {
    const model = readFileSync('models/fovea-x2-fast.onnx');
    const session = await create(model);
    const again = await create(await session.optimizedModel());
    expect(again.metadata).toEqual(session.metadata);
    expect(again.inputMetadata).toEqual(session.inputMetadata);
    expect(again.outputMetadata).toEqual(session.outputMetadata);
  });

  test('leaves out passes that are turned off', async () => {
    const session = await create(trainedModel(), { disabledPasses: ['*'] });
    expect(operatorsOf(await session.optimizedModel())).toHaveLength(4);
  });

  test('is gone with its session', async () => {
    const session = await create(trainedModel());
    await session.release();
    expect(await failureOf(session.optimizedModel())).toMatchObject({ code: 'SessionReleased' });
  });
});
