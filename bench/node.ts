// What bench/run.mjs needs of the benchmark's TypeScript.

export { NativeRunner } from './native.js';
