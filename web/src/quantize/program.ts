import type { Connection } from '../engine/connection.js';
import { besideThis } from '../engine/locate.js';
import { withProgram } from '../tools/programs.js';
import { QuantiserMethods } from './methods.js';
import type { QuantizeOptions } from './options.js';

/** The way to the quantiser. */
export type Quantiser = Connection<QuantiserMethods>;

/** Starts the quantiser, does work with it and ends it; see withProgram(). */
export function withQuantiser<T>(
  { baseUrl, quantiserBinary: binary, quantiserWorkerUrl, worker, signal }: QuantizeOptions,
  work: (quantiser: Quantiser) => Promise<T>,
): Promise<T> {
  const url =
    quantiserWorkerUrl ?? besideThis(() => new URL('./quantiser-worker.js', import.meta.url));
  const script = { url, name: 'quantiser-worker.js', option: 'quantiserWorkerUrl' };
  const how = { packaged, script, binary, baseUrl, worker };
  return withProgram({ name: 'quantiser', methods: QuantiserMethods, ...how }, signal, work);
}

// Written out, as in engine/locate.ts.
const packaged = () => ({
  glue: new URL('./wasm/fovea-quantiser.js', import.meta.url),
  wasm: new URL('./wasm/fovea-quantiser.wasm', import.meta.url),
});
