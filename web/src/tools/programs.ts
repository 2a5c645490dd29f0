// Programs beside the engine, as their users see them: started when they are needed, ended when all is done.

import { isNode } from '../base/environment.js';
import { FoveaError, messageOf, toFoveaError } from '../base/errors.js';
import { bytesIn, isWasmModule } from '../base/kinds.js';
import { untilAborted } from '../base/until-aborted.js';
import { forgoWorkers, workerObstacle } from '../engine/capabilities.js';
import { compileEngine } from '../engine/compile.js';
import { connectWorker, type Connection } from '../engine/connection.js';
import { launchWorker, type StartingWorker } from '../engine/launch.js';
import { absolute, besideThis, inFolder, type EngineFiles } from '../engine/locate.js';
import type { WorkerScript } from '../engine/worker-script.js';
import type { Callable } from '../host/methods.js';
import { importGlue } from '../host/instantiate.js';
import type { Program } from '../host/module.js';
import type { EngineOptions } from '../engine/options.js';
import { ProgramHost } from './program-host.js';

/** A program beside the engine. */
export interface ProgramKind<Kind extends Program, Methods extends Callable<Methods>> {
  /** Its files are fovea-NAME.js and fovea-NAME.wasm. */
  name: string;
  methods: new (program: Kind) => Methods;
  /** Where its files are in the package. */
  packaged: () => { glue: URL; wasm: URL };
  script: WorkerScript;
  /** What its options say. */
  binary: EngineOptions['wasmBinary'];
  baseUrl: EngineOptions['baseUrl'];
  worker: boolean | undefined;
}

/**
 * Starts a program, does work with it and ends it.
 *
 * @throws FoveaError EngineLoadError, EngineCrashed; Aborted as soon as the signal fires, whatever the
 *   program is at, where it has a worker
 */
export async function withProgram<Kind extends Program, Methods extends Callable<Methods>, T>(
  kind: ProgramKind<Kind, Methods>,
  signal: AbortSignal | undefined,
  work: (program: Connection<Methods>) => Promise<T>,
): Promise<T> {
  let crash: (error: FoveaError) => void;
  const crashed = new Promise<never>((_, reject) => (crash = reject));
  crashed.catch(() => {});
  const program = await untilAborted(
    signal,
    () => startProgram(kind, (error) => crash(error)),
    (late) => late.close(),
  );
  try {
    return await Promise.race([untilAborted(signal, () => work(program)), crashed]);
  } finally {
    program.close();
  }
}

async function startProgram<Kind extends Program, Methods extends Callable<Methods>>(
  kind: ProgramKind<Kind, Methods>,
  onCrash: (error: FoveaError) => void,
): Promise<Connection<Methods>> {
  const { script, worker } = kind;
  const files = await locate(kind);
  if ((await workerObstacle(worker, script)) !== undefined) return connectHere(kind, files);
  let launched: StartingWorker | undefined;
  let failed = true;
  try {
    launched = await launchWorker(script);
    failed = false;
    launched.failure.catch(() => (failed = true));
    return (await connectWorker<Methods>(launched, files, 1, 0, onCrash))!;
  } catch (error) {
    launched?.worker.terminate();
    if (!failed || !isNode() || worker) throw error;
    forgoWorkers(messageOf(error));
    return connectHere(kind, files);
  }
}

async function connectHere<Kind extends Program, Methods extends Callable<Methods>>(
  { methods }: ProgramKind<Kind, Methods>,
  files: EngineFiles,
): Promise<Connection<Methods>> {
  const [compiled, glue] = await Promise.all([
    compileEngine(files),
    importGlue<Kind>(files.glueUrl),
  ]);
  const host = await ProgramHost.start(compiled, glue, methods);
  return {
    remote: false,
    call: (method, ...args) =>
      host.call(method, ...args).catch((thrown: unknown) => {
        throw toFoveaError(thrown);
      }),
    close: () => {},
  };
}

async function locate<Kind extends Program, Methods extends Callable<Methods>>({
  name,
  packaged,
  binary,
  baseUrl,
}: ProgramKind<Kind, Methods>): Promise<EngineFiles> {
  const parts =
    baseUrl === undefined ? besideThis(packaged) : inFolder(name, await absolute(baseUrl));
  const glueUrl = parts && (await absolute(parts.glue));
  return { glueUrl, threaded: false, wasm: await locateWasm(name, binary, parts?.wasm) };
}

async function locateWasm(
  name: string,
  given: EngineOptions['wasmBinary'],
  packagedWasm: URL | undefined,
): Promise<EngineFiles['wasm']> {
  if (given) return isWasmModule(given) ? given : bytesIn(given)!;
  if (packagedWasm !== undefined) return absolute(packagedWasm);
  const message =
    `nothing tells where fovea-${name}.wasm is: the package is part of a script that is no module. Give ` +
    'the option baseUrl';
  throw new FoveaError('EngineLoadError', message);
}
