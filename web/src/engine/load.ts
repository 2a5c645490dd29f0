import { readLocalFile } from '../environment.js';
import { FoveaError, messageOf } from '../errors.js';
import { fetchOrThrow } from '../source.js';
import { version } from '../version.js';
import type { EngineFiles } from './locate.js';
import type { EngineModule, ModuleFactory, ModuleSettings } from './module.js';

/**
 * Loads and instantiates an engine's WebAssembly module.
 *
 * @param threads how many will compute; more than one needs a threaded variant
 * @throws FoveaError EngineLoadError, with the `url` at fault
 */
export async function loadModule(files: EngineFiles, threads: number): Promise<EngineModule> {
  const [factory, compiled] = await Promise.all([importGlue(files.glueUrl), compile(files.wasm)]);
  const url = typeof files.wasm === 'string' ? files.wasm : files.glueUrl;
  const module = await instantiate(factory, compiled, files, threads).catch((cause: unknown) => {
    const message = `the engine from ${url} does not start: ${messageOf(cause)}`;
    throw new FoveaError('EngineLoadError', message, { url }, { cause });
  });
  checkVersion(module, url);
  return module;
}

function checkVersion(module: EngineModule, url: string): void {
  const found = module.version();
  if (found === version) return;
  const message = `${url} is of version ${found}, but this is fovea ${version}: deploy both together`;
  throw new FoveaError('EngineLoadError', message, { url, found, expected: version });
}

async function importGlue(url: string): Promise<ModuleFactory> {
  try {
    const glue = (await import(/* webpackIgnore: true */ /* @vite-ignore */ url)) as {
      default: ModuleFactory;
    };
    return glue.default;
  } catch (cause) {
    const message = `the engine's script ${url} cannot be loaded: ${messageOf(cause)}`;
    throw new FoveaError('EngineLoadError', message, { url }, { cause });
  }
}

async function compile(wasm: string | Uint8Array): Promise<WebAssembly.Module> {
  if (typeof wasm !== 'string') return compileBytes(wasm, 'the option "wasmBinary"');
  if (wasm.startsWith('file:')) return compileBytes(await readEngineFile(wasm), wasm);
  const response = await fetchOrThrow(wasm, 'EngineLoadError');
  // Only a response of the right type compiles while it arrives, and only that is cached.
  if (response.headers.get('content-type') === 'application/wasm') {
    return WebAssembly.compileStreaming(response).catch((cause: unknown) => {
      throw notWebAssembly(wasm, cause);
    });
  }
  return compileBytes(new Uint8Array(await response.arrayBuffer()), wasm);
}

async function readEngineFile(url: string): Promise<Uint8Array> {
  try {
    return await readLocalFile(new URL(url));
  } catch (cause) {
    const message = `the engine's file ${url} cannot be read: ${messageOf(cause)}`;
    throw new FoveaError('EngineLoadError', message, { url }, { cause });
  }
}

async function compileBytes(bytes: Uint8Array, origin: string): Promise<WebAssembly.Module> {
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  if (start.startsWith('<')) {
    const message = `${origin} is not the engine but a web page: is the package's wasm folder deployed there?`;
    throw new FoveaError('EngineLoadError', message, { url: origin });
  }
  return WebAssembly.compile(bytes as BufferSource).catch((cause: unknown) => {
    throw notWebAssembly(origin, cause);
  });
}

function notWebAssembly(url: string, cause: unknown): FoveaError {
  const message = `${url} is not WebAssembly that runs here: ${messageOf(cause)}`;
  return new FoveaError('EngineLoadError', message, { url }, { cause });
}

function instantiate(
  factory: ModuleFactory,
  compiled: WebAssembly.Module,
  files: EngineFiles,
  threads: number,
): Promise<EngineModule> {
  return new Promise((resolve, reject) => {
    const settings: ModuleSettings = {
      instantiateWasm(imports, done) {
        // The glue has no way to learn of a failure.
        WebAssembly.instantiate(compiled, imports).then(
          (instance) => done(instance, compiled),
          reject,
        );
        return {};
      },
      ...threadSettings(compiled, files, threads),
    };
    factory(settings).then(resolve, reject);
  });
}

function threadSettings(
  compiled: WebAssembly.Module,
  { threadUrl }: EngineFiles,
  threads: number,
): Partial<ModuleSettings> {
  const importsMemory = WebAssembly.Module.imports(compiled).some(({ kind }) => kind === 'memory');
  if (!importsMemory) return {};
  const settings = { wasmMemory: sharedMemory(), poolSize: threads - 1 };
  return threadUrl === undefined ? settings : { ...settings, threadUrl };
}

// 64 KB each.
const initialPages = 256;
const mostPages = 65536;

/** Shared memory reserves its maximum at once, which some devices refuse: then half of it. */
function sharedMemory(): WebAssembly.Memory {
  for (let maximum = mostPages; ; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: initialPages, maximum, shared: true });
    } catch (cause) {
      if (maximum / 2 < initialPages) throw cause;
    }
  }
}
