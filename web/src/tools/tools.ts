// The tools for models as their users see them: started when they are needed, ended when all is done.

import { isNode } from '../base/environment.js';
import { FoveaError, messageOf } from '../base/errors.js';
import { bytesIn, isWasmModule } from '../base/kinds.js';
import { untilAborted } from '../base/until-aborted.js';
import { forgoWorkers, workerObstacle } from '../engine/capabilities.js';
import { compileEngine } from '../engine/compile.js';
import { connectWorker, type Connection } from '../engine/connection.js';
import { launchWorker, type StartingWorker, type WorkerScript } from '../engine/launch.js';
import { absolute, besideThis, inFolder, type EngineFiles } from '../engine/locate.js';
import { importGlue } from '../host/instantiate.js';
import { ToolsHost, type ToolsMethods } from './host.js';
import type { ToolsModule } from './module.js';
import type { ToolsOptions } from './options.js';

/** The way to the tools. */
export type Tools = Connection<ToolsMethods>;

/**
 * Starts the tools, does work with them and ends them.
 *
 * @throws FoveaError EngineLoadError, EngineCrashed; Aborted as soon as the signal fires, whatever they
 *   are at, where they have a worker
 */
export async function withTools<T>(
  options: ToolsOptions,
  signal: AbortSignal | undefined,
  work: (tools: Tools) => Promise<T>,
): Promise<T> {
  let crash: (error: FoveaError) => void;
  const crashed = new Promise<never>((_, reject) => (crash = reject));
  crashed.catch(() => {});
  const starting = untilAborted(
    signal,
    () => startTools(options, (error) => crash(error)),
    (late) => late.close(),
  );
  const tools = await starting;
  try {
    return await Promise.race([untilAborted(signal, () => work(tools)), crashed]);
  } finally {
    tools.close();
  }
}

async function startTools(
  options: ToolsOptions,
  onCrash: (error: FoveaError) => void,
): Promise<Tools> {
  const script = toolsWorker(options);
  const files = await locateTools(options);
  if ((await workerObstacle(options.worker, script)) !== undefined) return connectHere(files);
  let launched: StartingWorker | undefined;
  let failed = true;
  try {
    launched = await launchWorker(script);
    failed = false;
    launched.failure.catch(() => (failed = true));
    return (await connectWorker<ToolsMethods>(launched, files, 1, 0, onCrash))!;
  } catch (error) {
    launched?.worker.terminate();
    if (!failed || !isNode() || options.worker) throw error;
    forgoWorkers(messageOf(error));
    return connectHere(files);
  }
}

async function connectHere(files: EngineFiles): Promise<Tools> {
  const [compiled, glue] = await Promise.all([
    compileEngine(files),
    importGlue<ToolsModule>(files.glueUrl),
  ]);
  const host = await ToolsHost.start(compiled, glue);
  return {
    remote: false,
    call: (method, ...args) => host.call(method, ...args),
    close: () => {},
  };
}

function toolsWorker({ toolsWorkerUrl }: ToolsOptions): WorkerScript {
  const url = toolsWorkerUrl ?? besideThis(() => new URL('./tools-worker.js', import.meta.url));
  return { url, name: 'tools-worker.js', option: 'toolsWorkerUrl' };
}

// Written out, as in engine/locate.ts.
const packaged = () => ({
  glue: new URL('./wasm/fovea-tools.js', import.meta.url),
  wasm: new URL('./wasm/fovea-tools.wasm', import.meta.url),
});

async function locateTools({ baseUrl, toolsBinary }: ToolsOptions): Promise<EngineFiles> {
  const parts =
    baseUrl === undefined ? besideThis(packaged) : inFolder('tools', await absolute(baseUrl));
  const glueUrl = parts && (await absolute(parts.glue));
  return { glueUrl, threaded: false, wasm: await wasmOf(toolsBinary, parts?.wasm) };
}

async function wasmOf(
  given: ToolsOptions['toolsBinary'],
  packagedWasm: URL | undefined,
): Promise<EngineFiles['wasm']> {
  if (given) return isWasmModule(given) ? given : bytesIn(given)!;
  if (packagedWasm !== undefined) return absolute(packagedWasm);
  const message =
    'nothing tells where the tools for models are: the package is part of a script that is no module. ' +
    'Give the option baseUrl';
  throw new FoveaError('EngineLoadError', message);
}
