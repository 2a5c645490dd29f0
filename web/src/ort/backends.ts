// What executionProviders name, as onnxruntime-common finds it.

/* eslint-disable @typescript-eslint/no-namespace -- onnxruntime's types are found by SessionHandler.FeedsType and the like */

import { FoveaError } from '../index.js';
import { invalid } from './errors.js';
import { foveaBackend } from './fovea-backend.js';
import type { RunOptions, SessionOptions, ValueMetadata } from './session-types.js';
import type { OnnxValue } from './values.js';

export declare namespace SessionHandler {
  type FeedsType = { [name: string]: OnnxValue };
  type FetchesType = { [name: string]: OnnxValue | null };
  type ReturnType = { [name: string]: OnnxValue };
}

interface SessionHandler {
  dispose(): Promise<void>;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly ValueMetadata[];
  readonly outputMetadata: readonly ValueMetadata[];
}

/** A session of a backend. */
export interface InferenceSessionHandler extends SessionHandler {
  startProfiling(): void;
  endProfiling(): void;
  run(
    feeds: SessionHandler.FeedsType,
    fetches: SessionHandler.FetchesType,
    options: RunOptions,
  ): Promise<SessionHandler.ReturnType>;
}

/** What computes. */
export interface Backend {
  /** Called before its first session. Rejects where it cannot compute. */
  init(backendName: string): Promise<void>;
  createInferenceSessionHandler(
    uriOrBuffer: string | Uint8Array,
    options?: SessionOptions,
  ): Promise<InferenceSessionHandler>;
}

interface Registered {
  backend: Backend;
  priority: number;
  /** The first init(), under way or done. */
  ready?: Promise<void>;
}

const backends = new Map<string, Registered>();

/**
 * Adds a backend under a name for executionProviders. Of two of a name, the one of higher priority counts.
 *
 * @param priority where none is named, the highest is taken, and of equal ones the last added; below 0 never
 * @throws FoveaError InvalidInput for what is no backend, and for another of the same name and priority
 */
export function registerBackend(name: string, backend: Backend, priority: number): void {
  const { init, createInferenceSessionHandler } = (backend ?? {}) as Partial<Backend>;
  if (typeof init !== 'function' || typeof createInferenceSessionHandler !== 'function') {
    throw invalid('a backend has the methods init() and createInferenceSessionHandler()');
  }
  const registered = backends.get(name);
  if (registered !== undefined && registered.priority > priority) return;
  if (registered?.priority === priority) {
    if (registered.backend === backend) return;
    throw invalid(`there is another backend '${name}' of the priority ${priority}`);
  }
  backends.set(name, { backend, priority });
}

registerBackend('cpu', foveaBackend, 10);
registerBackend('wasm', foveaBackend, 10);

/** What may be named in executionProviders without having been added. */
export function listSupportedBackends(): { name: string; bundled: boolean }[] {
  return ['cpu', 'wasm'].map((name) => ({ name, bundled: true }));
}

/**
 * The first backend of those that a session's options name, or of all, that can compute; and the options
 * with what is of that backend alone. A warning names those that were passed over.
 *
 * @throws FoveaError InvalidInput when there is none
 */
export async function findBackend(
  options: SessionOptions,
): Promise<{ backend: Backend; options: SessionOptions }> {
  const providers = options.executionProviders ?? [];
  const named = providers.map(nameOf);
  let found: Backend | undefined;
  const available = new Set<string>();
  const missing: [name: string, why: string][] = [];
  for (const name of named.length > 0 ? named : byPriority()) {
    const backend = await initialized(name);
    if (typeof backend === 'string') missing.push([name, backend]);
    else if ((found ??= backend) === backend) available.add(name);
  }
  if (!found) {
    const reasons = missing.map(([name, why]) => `[${name}] ${why}`).join(', ');
    throw new FoveaError(
      'InvalidInput',
      `no available backend found. ERR: ${reasons} Fovea computes as 'wasm' or 'cpu'.`,
      { option: 'executionProviders' },
    );
  }
  for (const [name, why] of named.length > 0 ? missing : []) {
    console.warn(
      `removing requested execution provider "${name}" from session options because it is not available: ${why}`,
    );
  }
  const executionProviders = providers.filter((provider) => available.has(nameOf(provider)));
  return { backend: found, options: { ...options, executionProviders } };
}

function nameOf(provider: string | { readonly name: string }): string {
  return typeof provider === 'string' ? provider : provider.name;
}

function byPriority(): string[] {
  return [...backends]
    .reverse()
    .filter(([, { priority }]) => priority >= 0)
    .sort(([, a], [, b]) => b.priority - a.priority)
    .map(([name]) => name);
}

/** A backend that has been initialised, or why there is none. */
async function initialized(name: string): Promise<Backend | string> {
  const registered = backends.get(name);
  if (!registered) return 'backend not found.';
  try {
    await (registered.ready ??= registered.backend.init(name));
    return registered.backend;
  } catch (error) {
    return String(error);
  }
}
