import { elementwise } from './elementwise.js';
import { images } from './images.js';
import { learning } from './learning.js';
import { microsoft } from './microsoft.js';
import { movement } from './movement.js';
import { product } from './products.js';
import { reduction } from './reductions.js';
import type { OperatorCase } from './case.js';

/** Every operator that onnxruntime-web runs, each at three sizes. */
export const operatorCases: readonly OperatorCase[] = [
  ...elementwise,
  ...movement,
  ...reduction,
  ...product,
  ...images,
  ...learning,
  ...microsoft,
];
