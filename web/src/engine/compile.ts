import { readLocalFile } from '../base/environment.js';
import { FoveaError, messageOf } from '../base/errors.js';
import { fetchOrThrow } from '../source/request.js';
import type { EngineFiles } from './locate.js';

/** An engine that only needs to be instantiated, as plain data for a worker. */
export interface CompiledEngine extends Omit<EngineFiles, 'wasm'> {
  module: WebAssembly.Module;
  /** Names it in messages. */
  url: string;
}

/**
 * Fetches and compiles an engine's WebAssembly.
 *
 * @throws FoveaError EngineLoadError, with the `url` at fault
 */
export async function compileEngine({ wasm, ...others }: EngineFiles): Promise<CompiledEngine> {
  const url = typeof wasm === 'string' ? wasm : others.glueUrl;
  return { ...others, module: await compile(wasm), url };
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
  if (/Content.Security.Policy|\bCSP\b/i.test(messageOf(cause))) {
    const message =
      "the Content-Security-Policy forbids WebAssembly: its script-src needs 'wasm-unsafe-eval'. No " +
      'option does without';
    return new FoveaError('EngineLoadError', message, { url }, { cause });
  }
  const message = `${url} is not WebAssembly that runs here: ${messageOf(cause)}`;
  return new FoveaError('EngineLoadError', message, { url }, { cause });
}
