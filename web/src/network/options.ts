// What is said of networks, as options.

import { oneOf, wholeFrom, type OptionKind, type OptionKinds } from '../base/check-options.js';
import { isRecord } from '../base/kinds.js';
import type { NetworkOptions } from './form.js';

const factor: OptionKind = {
  takes: 'a number above 0, or { x, y } of such',
  accepts: (value) =>
    isFactor(value) || (isRecord(value) && isFactor(value.x) && isFactor(value.y)),
};

const name: OptionKind = { takes: 'a name', accepts: (value) => typeof value === 'string' };

export const networkOptionKinds: OptionKinds<NetworkOptions> = {
  scale: factor,
  color: oneOf('luma', 'gray', 'rgb', 'rgba'),
  range: oneOf('0..1', '0..255', '-1..1', 1, 255),
  order: oneOf('rgb', 'bgr'),
  layout: oneOf('nchw', 'nhwc'),
  multiple: wholeFrom(1),
  input: name,
  output: name,
  border: oneOf('replicate', 'reflect', 'none'),
  inputs: { takes: 'an object of values by name', accepts: isRecord },
  mmdeploy: {
    takes: '{ pipeline, deploy, detail }, the parsed files of those names',
    accepts: (value) =>
      isRecord(value) &&
      Object.keys(value).every((name) => ['pipeline', 'deploy', 'detail'].includes(name)),
  },
};

/** Whether a value can be a factor that sizes grow by. */
export function isFactor(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value < Infinity;
}
