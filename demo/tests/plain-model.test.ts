import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { OnnxBuilder } from '../../tests/support/onnx-builder.js';

const file = new URL('../src/enlarge/comparing/plain.onnx', import.meta.url);

test('the model that plain enlargements are made by gives what it is given', () => {
  const builder = new OnnxBuilder();
  const picture = builder.input('picture', [1, 3, 'height', 'width']);
  builder.output(builder.node('Identity', [picture], {}, 'same'));
  expect(Buffer.compare(readFileSync(file), builder.build())).toBe(0);
});
