import { isNode, nodeModule } from '../base/environment.js';
import { FoveaError, messageOf } from '../base/errors.js';
import { trustedScriptUrl } from '../base/trusted-types.js';
import { version } from '../version.js';
import type { CompiledEngine } from '../engine/compile.js';
import type { EngineModule, ModuleFactory, ModuleSettings, Program } from './module.js';

/**
 * Instantiates an engine, or another program.
 *
 * @param glue what its glue exports
 * @param threads how many will compute; more than one needs a threaded variant
 * @throws FoveaError EngineLoadError, with the `url` at fault
 */
export async function instantiateEngine<Kind extends Program>(
  engine: CompiledEngine,
  glue: ModuleFactory<Kind>,
  threads: number,
): Promise<Kind> {
  const { url } = engine;
  if (typeof TextDecoder === 'undefined') await completeImitation();
  const module = await instantiate(engine, glue, threads).catch((cause: unknown) => {
    // An engine of another release may not fit the glue, and then cannot be asked for its version.
    const why = messageOf(cause);
    // Firefox says what was violated, not by what it would be allowed.
    const message = /Trusted(ScriptURL|Types)|Sink type mismatch/.test(why)
      ? `the engine's threads do not start: ${why}. The policy that worker.js is served with has to say ` +
        'trusted-types fovea; with numThreads: 1 there are no threads'
      : `the engine from ${url} does not start (is it of fovea ${version}?): ${why}`;
    throw new FoveaError('EngineLoadError', message, { url }, { cause });
  });
  checkVersion(module, url);
  return module;
}

/** What tests take for a page (jsdom) may lack what the glue decodes text by. */
async function completeImitation(): Promise<void> {
  if (!isNode()) return;
  const { TextDecoder } = await nodeModule<typeof import('node:util')>('util');
  Object.assign(globalThis, { TextDecoder });
}

/** Loads the glue of a variant, or of another program. Throws FoveaError EngineLoadError, with the `url`. */
export async function importGlue<Kind = EngineModule>(
  url: string | undefined,
): Promise<ModuleFactory<Kind>> {
  if (url === undefined) {
    const message =
      "nothing tells where the engine's script is: import the package as fovea/static, which has it, or " +
      'give the option baseUrl';
    throw new FoveaError('EngineLoadError', message);
  }
  try {
    const glue = (await import(/* webpackIgnore: true */ /* @vite-ignore */ url)) as {
      default: ModuleFactory<Kind>;
    };
    return glue.default;
  } catch (cause) {
    const message =
      `the engine's script ${url} cannot be loaded: ${messageOf(cause)}. A Content-Security-Policy has ` +
      "to allow it by script-src (as 'self' does for the page's own origin); where import() is not " +
      'allowed, as in service workers, import the package as fovea/static';
    throw new FoveaError('EngineLoadError', message, { url }, { cause });
  }
}

/** Whether an engine's memory can be shared by threads. */
export function isThreaded(module: WebAssembly.Module): boolean {
  return WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory');
}

function checkVersion(module: Program, url: string): void {
  const found = module.version();
  if (found === version) return;
  const message = `${url} is of version ${found}, but this is fovea ${version}: deploy both together`;
  throw new FoveaError('EngineLoadError', message, { url, found, expected: version });
}

function instantiate<Kind>(
  engine: CompiledEngine,
  glue: ModuleFactory<Kind>,
  threads: number,
): Promise<Kind> {
  const { module } = engine;
  return new Promise((resolve, reject) => {
    const settings: ModuleSettings = {
      instantiateWasm(imports, done) {
        // The glue has no way to learn of a failure, be it while an engine of another build starts.
        WebAssembly.instantiate(module, imports)
          .then((instance) => done(instance, module))
          .catch(reject);
        return {};
      },
      ...(isThreaded(module) ? threadSettings(engine, threads) : {}),
    };
    glue(settings).then(resolve, reject);
  });
}

function threadSettings({ threadUrl }: CompiledEngine, threads: number): Partial<ModuleSettings> {
  const settings = { wasmMemory: sharedMemory(), poolSize: threads - 1 };
  return threadUrl === undefined
    ? settings
    : { ...settings, threadUrl: trustedScriptUrl(threadUrl) };
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
