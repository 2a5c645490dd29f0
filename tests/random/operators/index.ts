import { attention } from './attention.js';
import { chains } from './chains.js';
import { control } from './control.js';
import { convolution } from './convolution.js';
import { elementwise } from './elementwise.js';
import { indexing } from './indexing.js';
import { learning } from './learning.js';
import { losses } from './losses.js';
import { matrices } from './matrices.js';
import { microsoft } from './microsoft.js';
import { movement } from './movement.js';
import { normalization } from './normalization.js';
import type { Operator } from './operator.js';
import { quantization } from './quantization.js';
import { recurrent } from './recurrent.js';
import { resizing } from './resizing.js';
import { sequences } from './sequences.js';
import { signal } from './signal.js';
import { sources } from './sources.js';
import { text } from './text.js';
import { trees } from './trees.js';
import { vision } from './vision.js';

/** Every operator that graphs are made of. */
export const operators: readonly Operator[] = [
  ...elementwise,
  ...convolution,
  ...normalization,
  ...matrices,
  ...movement,
  ...indexing,
  ...resizing,
  ...vision,
  ...losses,
  ...sources,
  ...signal,
  ...recurrent,
  ...attention,
  ...quantization,
  ...sequences,
  ...control,
  ...text,
  ...learning,
  ...trees,
  ...microsoft,
];

/** Those to which what is no number is as good as any: others multiply it by zeros. */
export const forSpecials: ReadonlySet<Operator> = new Set([
  ...elementwise,
  ...movement,
  ...indexing,
  ...sources,
]);

/** Those that can go through large images a band of rows at a time. */
export const forLarge: readonly Operator[] = [
  ...chains.filter(({ name }) => /Conv|pixel shuffle/.test(name)),
  ...[...convolution, ...resizing, ...movement, ...elementwise].filter(({ name }) =>
    /^(Conv|ConvTranspose|Resize|Upsample|DepthToSpace|Concat|Add|Relu|MaxPool)$/.test(name),
  ),
];

export { chains };
