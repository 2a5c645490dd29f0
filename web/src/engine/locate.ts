import { currentFolder, isNode } from '../base/environment.js';
import { FoveaError } from '../base/errors.js';
import { bytesIn, isWasmModule } from '../base/kinds.js';
import type { EngineOptions, Variant } from './options.js';
import type { WorkerScript } from './worker-script.js';

/** Where one engine's parts are, as plain data for a worker. */
export interface EngineFiles {
  /** Emscripten's glue, an ES module; undefined where nothing tells, as in a plain script. */
  glueUrl: string | undefined;
  /** Whether the glue and the .wasm are those of several threads. */
  threaded: boolean;
  /** The .wasm's address, its bytes, or what they were compiled to. */
  wasm: string | Uint8Array | WebAssembly.Module;
  /** Where the glue starts its threads from; undefined: next to itself. */
  threadUrl?: string | undefined;
}

// Written out, because bundlers find files only by such literals. As functions, because some
// bundlers cannot evaluate import.meta.url at import.
const packaged: Record<Variant, () => { glue: URL; wasm: URL }> = {
  simd: () => ({
    glue: new URL('./wasm/fovea-simd.js', import.meta.url),
    wasm: new URL('./wasm/fovea-simd.wasm', import.meta.url),
  }),
  relaxed: () => ({
    glue: new URL('./wasm/fovea-relaxed.js', import.meta.url),
    wasm: new URL('./wasm/fovea-relaxed.wasm', import.meta.url),
  }),
  'simd-threads': () => ({
    glue: new URL('./wasm/fovea-simd-threads.js', import.meta.url),
    wasm: new URL('./wasm/fovea-simd-threads.wasm', import.meta.url),
  }),
  'relaxed-threads': () => ({
    glue: new URL('./wasm/fovea-relaxed-threads.js', import.meta.url),
    wasm: new URL('./wasm/fovea-relaxed-threads.wasm', import.meta.url),
  }),
};

/** The script of the engine's worker: the package's worker.js unless another is given. */
export function engineWorker({ workerUrl }: EngineOptions): WorkerScript {
  const url = workerUrl ?? besideThis(() => new URL('./worker.js', import.meta.url));
  return { url, name: 'worker.js', option: 'workerUrl' };
}

/** Where the parts of a variant are. Throws FoveaError EngineLoadError. */
export async function locateEngine(variant: Variant, options: EngineOptions): Promise<EngineFiles> {
  const parts =
    options.baseUrl === undefined
      ? besideThis(packaged[variant])
      : inFolder(variant, await absolute(options.baseUrl));
  const glueUrl = parts && (await absolute(parts.glue));
  const threaded = variant.endsWith('-threads');
  const threadUrl = glueUrl !== undefined && threaded && !isNode() ? scriptUrl(glueUrl) : undefined;
  return { glueUrl, threaded, threadUrl, wasm: await locateWasm(options, parts?.wasm) };
}

async function locateWasm(
  { wasmBinary, wasmUrl }: EngineOptions,
  packagedWasm: URL | undefined,
): Promise<EngineFiles['wasm']> {
  if (wasmBinary) return isWasmModule(wasmBinary) ? wasmBinary : bytesIn(wasmBinary)!;
  const url = wasmUrl ?? packagedWasm;
  if (url !== undefined) return absolute(url);
  const message =
    'nothing tells where the engine is: the package is part of a script that is no module. Give the ' +
    'option baseUrl, or wasmBinary with an import of fovea/static';
  throw new FoveaError('EngineLoadError', message);
}

/** An address by that of this module, which a plain script does not have. */
export function besideThis<T>(address: () => T): T | undefined {
  try {
    return address();
  } catch {
    return undefined;
  }
}

/** An address a worker may start from: another origin's script by way of one of our own. */
export function scriptUrl(url: string): string {
  if (isOurs(url)) return url;
  const source = `import ${JSON.stringify(url)};`;
  // In a sandboxed frame, Chromium starts no module worker from a blob:.
  if (globalThis.origin === 'null') return `data:text/javascript,${encodeURIComponent(source)}`;
  // Not revoked: the engine may start threads from it at any time.
  return URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
}

/** Whether an address is of our origin, which `location` does not tell in a frame (sandbox, srcdoc). */
function isOurs(url: string): boolean {
  const { origin, protocol } = new URL(url);
  return origin === globalThis.origin || protocol === 'blob:' || protocol === 'data:';
}

/** Where a program's parts are in a folder. */
export function inFolder(program: string, folder: string): { glue: URL; wasm: URL } {
  const base = folder.endsWith('/') ? folder : `${folder}/`;
  return {
    glue: new URL(`fovea-${program}.js`, base),
    wasm: new URL(`fovea-${program}.wasm`, base),
  };
}

/**
 * A whole address, resolved against the page as fetch() does, or against Node's current folder. The
 * package's own need that too: some bundlers write `new URL(...)` so that it has no origin.
 */
export async function absolute(url: string | URL): Promise<string> {
  return resolved(url, isNode() ? [await currentFolder()] : basesHere());
}

function resolved(url: string | URL, bases: readonly (string | undefined)[]): string {
  for (const base of [undefined, ...bases]) {
    try {
      return new URL(String(url), base).href;
    } catch {
      // Without a base it may be incomplete, and blob: and about: addresses are no bases.
    }
  }
  const message = `'${String(url)}' is no whole address, and there is none here to complete it by`;
  throw new FoveaError('EngineLoadError', message, { url: String(url) });
}

function basesHere(): (string | undefined)[] {
  return [globalThis.document?.baseURI, globalThis.location?.href, globalThis.origin];
}
