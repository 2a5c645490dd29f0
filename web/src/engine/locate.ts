import { isNode } from '../environment.js';
import { bytesIn } from '../kinds.js';
import type { EngineOptions, Variant } from './options.js';

/** Where one engine's parts are, as plain data for a worker. */
export interface EngineFiles {
  /** Emscripten's glue, an ES module. */
  glueUrl: string;
  /** The address or the bytes of the .wasm. */
  wasm: string | Uint8Array;
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

const packagedWorker = () => new URL('./worker.js', import.meta.url);

/** Where the parts of a variant are. */
export function locateEngine(variant: Variant, options: EngineOptions): EngineFiles {
  const { glue, wasm } =
    options.baseUrl === undefined ? packaged[variant]() : inFolder(variant, options.baseUrl);
  const glueUrl = glue.href;
  return {
    glueUrl,
    wasm: options.wasmBinary
      ? bytesIn(options.wasmBinary)!
      : absolute(options.wasmUrl ?? wasm).href,
    threadUrl: isNode() ? undefined : scriptUrl(glueUrl),
  };
}

/** Starts the worker that hosts an engine. */
export function startWorker(workerUrl?: string | URL): Worker {
  // As a file like the engine's, which it is complete enough for: what bundlers make of
  // `new Worker(new URL(...))` does not start where scripts come from another origin.
  const url = workerUrl === undefined ? packagedWorker() : absolute(workerUrl);
  return new Worker(scriptUrl(url.href), { type: 'module' });
}

/** An address a worker may start from: another origin's script by way of one of our own. */
function scriptUrl(url: string): string {
  if (isSameOrigin(url)) return url;
  const source = `import ${JSON.stringify(url)};`;
  // Not revoked: the engine may start threads from it at any time.
  return URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
}

function isSameOrigin(url: string): boolean {
  const { origin, protocol } = new URL(url);
  return origin === globalThis.location.origin || protocol === 'blob:' || protocol === 'data:';
}

function inFolder(variant: Variant, folder: string | URL): { glue: URL; wasm: URL } {
  const { href } = absolute(folder);
  const base = href.endsWith('/') ? href : `${href}/`;
  return {
    glue: new URL(`fovea-${variant}.js`, base),
    wasm: new URL(`fovea-${variant}.wasm`, base),
  };
}

/** Resolved against the page, as fetch() does; the worker would resolve against itself. */
function absolute(url: string | URL): URL {
  return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
}
