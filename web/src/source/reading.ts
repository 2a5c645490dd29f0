import {
  abortSignal,
  callback,
  oneOf,
  texts,
  type OptionKind,
  type OptionKinds,
} from '../base/check-options.js';
import { findCapabilities } from '../engine/capabilities.js';
import type { Engine } from '../engine/engine.js';
import type { HostLoadOptions } from '../host/sessions.js';
import type { Limits, Precision } from '../host/module.js';
import { engineOptionKinds, type EngineOptions } from '../engine/options.js';
import { leaseEngine, type Lease } from '../engine/registry.js';
import { FoveaError } from '../base/errors.js';
import { tell, type OnProgress } from '../base/progress.js';
import {
  downloadOptionKinds,
  openDownload,
  type Download,
  type DownloadOptions,
  type ModelFile,
} from './download.js';
import { externalDataKind, externalFiles, normalPath, type ExternalData } from './external-data.js';
import { isRecord } from '../base/kinds.js';
import { advised, operatorsFor } from '../session/operator-registry.js';
import { joined, sizeOf, type Bytes, type ModelSource } from './source.js';

/** How a model is read. */
export interface ReadOptions extends DownloadOptions {
  /** The files that weights outside the model are in. */
  externalData?: ExternalData | undefined;
  /** Called while the engine starts, the model arrives and is loaded. */
  onProgress?: OnProgress | undefined;
  /** Stops reading; the promise rejects with code Aborted. */
  signal?: AbortSignal | undefined;
}

/** How a model is loaded. */
export interface LoadOptions extends EngineOptions, ReadOptions {
  /** Names of graph optimisations to leave out, `*` for all; for finding faults. */
  disabledPasses?: string[] | undefined;
  /**
   * `fast` for convolutions that round 4 times as much where that makes them faster. Of the pictures
   * that the package's networks make, it changes three of 100,000 values, by 1. Unless given,
   * `default`.
   */
  precision?: Precision | undefined;
  /** For models that ask for more than any is expected to. */
  limits?: Limits | undefined;
}

const limitNames = ['nodes', 'nesting', 'tensorBytes', 'planningMilliseconds', 'trips'];

const limitsKind: OptionKind = {
  takes: `an object of numbers from 0, of ${limitNames.join(', ')}`,
  accepts: (value) =>
    isRecord(value) &&
    Object.entries(value).every(
      ([name, limit]) =>
        limitNames.includes(name) &&
        (limit === undefined || (typeof limit === 'number' && limit >= 0)),
    ),
};

export const loadOptionKinds: OptionKinds<LoadOptions> = {
  ...engineOptionKinds,
  ...downloadOptionKinds,
  externalData: externalDataKind,
  onProgress: callback,
  signal: abortSignal,
  disabledPasses: texts,
  precision: oneOf('default', 'fast'),
  limits: limitsKind,
};

/** Opens a model for reading while an engine starts for it, if none runs with these options. */
export async function openModel(
  source: ModelSource,
  options: LoadOptions,
): Promise<{ lease: Lease; bytes: SizedBytes }> {
  // The engine comes first: it is what takes longer. It, too, asks for capabilities before it fetches.
  const { onProgress } = options;
  tell(onProgress, { stage: 'engine', done: 0, total: 1 });
  const leasing = leaseEngine(options);
  const opening = findCapabilities(options).then(() => openSized(source, options));
  // Its failure counts once there is an engine.
  opening.catch(() => {});
  const cancel = () => void opening.then((bytes) => bytes.cancel?.()).catch(() => {});
  const lease = await leasing.catch((error: unknown) => {
    cancel();
    throw error;
  });
  try {
    tell(onProgress, { stage: 'engine', done: 1, total: 1 });
    return { lease, bytes: await opening };
  } catch (error) {
    cancel();
    lease.release();
    throw error;
  }
}

/**
 * Reads a model into the engine and hands it to `use`, again and again with the external files that
 * turn out to be needed. What `use` calls closes the buffers, unless it fails.
 */
export async function withModel<T>(
  engine: Engine,
  bytes: SizedBytes,
  options: LoadOptions,
  use: (model: number, loading: HostLoadOptions) => Promise<T>,
): Promise<T> {
  const buffers: number[] = [];
  const read = async (from: SizedBytes) => {
    const buffer = engine.newId();
    buffers.push(buffer);
    return { buffer, ...(await upload(engine, buffer, from)) };
  };
  try {
    const operators = await operatorsFor(engine);
    const model = await read(bytes);
    const find = externalFiles(options.externalData);
    const buffersByPath = new Map<string, number>();
    const externalData = new Map<string, number>();
    const { disabledPasses = [], precision = 'default', limits = {} } = options;
    for (;;) {
      try {
        const loading = { disabledPasses, precision, limits, externalData, operators };
        const [result] = await Promise.all([use(model.buffer, loading), model.kept]);
        return result;
      } catch (error) {
        const location = missingFile(error, externalData);
        if (location === undefined) throw advised(engine, error);
        const path = normalPath(location);
        if (!buffersByPath.has(path)) {
          const file = await find(location);
          if (file === undefined) throw error;
          const { data, integrity } = file;
          // The model's hash and progress are not those of its weights.
          const ownOptions = { ...options, integrity, onProgress: undefined };
          const weights = await openSized(data, ownOptions, { externalData: location });
          const { buffer, kept } = await read(weights);
          await kept;
          buffersByPath.set(path, buffer);
        }
        externalData.set(location, buffersByPath.get(path)!);
      }
    }
  } catch (error) {
    for (const buffer of buffers) engine.call('closeBuffer', buffer).catch(() => {});
    throw error;
  }
}

/** The external file whose lack an error tells of. */
function missingFile(error: unknown, given: HostLoadOptions['externalData']): string | undefined {
  if (!(error instanceof FoveaError)) return undefined;
  const location = error.fields.externalData;
  return location !== undefined && !given.has(location) ? location : undefined;
}

/** Bytes of which it is known how many there will be. */
interface SizedBytes extends Bytes {
  size: number;
}

/** What is read before there is an engine to take it, and then goes there as one; in bytes. */
const smallSize = 2 ** 22;

/** Opens a source, and reads it unless it is known to be large. */
async function openSized(
  source: ModelSource,
  options: Download,
  file?: ModelFile,
): Promise<SizedBytes> {
  const bytes = await openDownload(source, options, file);
  return bytes.size !== undefined && bytes.size > smallSize
    ? { ...bytes, size: bytes.size }
    : gathered(bytes);
}

async function gathered({ chunks, owned }: Bytes): Promise<SizedBytes> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  const size = sizeOf(all);
  if (all.length === 1 || size > smallSize) return { size, chunks: all, owned };
  return { size, chunks: [joined(all)], owned: true };
}

/**
 * Moves bytes into a new buffer of the engine, as they arrive if they still do.
 *
 * @returns once all is sent; `kept` settles when the engine has it, or has no memory for it
 */
async function upload(
  engine: Engine,
  buffer: number,
  { size, chunks, owned }: SizedBytes,
): Promise<{ kept: Promise<void> }> {
  const own = (chunk: Uint8Array) => (owned ? chunk : engine.own(chunk));
  if ('length' in chunks && chunks.length === 1) {
    return { kept: engine.call('keep', buffer, own(chunks[0]!)) };
  }
  await engine.call('openBuffer', buffer, size);
  let offset = 0;
  for await (const chunk of chunks) {
    const { byteLength } = chunk;
    await engine.call('write', buffer, offset, own(chunk));
    offset += byteLength;
  }
  return { kept: Promise.resolve() };
}
