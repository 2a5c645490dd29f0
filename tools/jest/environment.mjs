// Node for Jest, with one set of typed arrays: native addons (onnxruntime-node) test their arguments
// with instanceof, and those of a fresh context are not those of the process.

import { TestEnvironment } from 'jest-environment-node';

/** @type {{name: string}[]} */
const arrays = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
];

export default class SharedArraysEnvironment extends TestEnvironment {
  /** @override */
  async setup() {
    await super.setup();
    for (const array of arrays) Object.assign(this.global, { [array.name]: array });
  }
}
