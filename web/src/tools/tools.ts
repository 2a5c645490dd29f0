import type { Connection } from '../engine/connection.js';
import { besideThis } from '../engine/locate.js';
import { ToolsMethods } from './methods.js';
import type { ToolsOptions } from './options.js';
import { withProgram } from './programs.js';

/** The way to the tools for models. */
export type Tools = Connection<ToolsMethods>;

/** Starts the tools for models, does work with them and ends them; see withProgram(). */
export function withTools<T>(
  { baseUrl, toolsBinary: binary, toolsWorkerUrl, worker }: ToolsOptions,
  signal: AbortSignal | undefined,
  work: (tools: Tools) => Promise<T>,
): Promise<T> {
  const url = toolsWorkerUrl ?? besideThis(() => new URL('./tools-worker.js', import.meta.url));
  const script = { url, name: 'tools-worker.js', option: 'toolsWorkerUrl' };
  const kind = { name: 'tools', methods: ToolsMethods, packaged, script, binary, baseUrl, worker };
  return withProgram(kind, signal, work);
}

// Written out, as in engine/locate.ts.
const packaged = () => ({
  glue: new URL('./wasm/fovea-tools.js', import.meta.url),
  wasm: new URL('./wasm/fovea-tools.wasm', import.meta.url),
});
