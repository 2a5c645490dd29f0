import type { RunReply } from './engine/host.js';
import type { FeedData, TensorData } from './engine/running.js';
import { FoveaError } from './errors.js';
import { abortable, type LoadedModel } from './model.js';
import { toNodeProfile, type NodeProfile } from './profile.js';
import { Tensor } from './tensor.js';
import { viewBytes, type TypedData } from './tensor-types.js';

export interface RunOptions {
  /** Stops the run; its promise rejects with code Aborted and the session stays usable. */
  signal?: AbortSignal | undefined;
  /** Hands the feeds' memory over to the engine's worker instead of copying; the tensors are lost. */
  transfer?: boolean | undefined;
}

/** Tensors by the name of the input they are for. */
export type Feeds = Readonly<Record<string, Tensor>>;

/** What a profiled run gives. */
export interface RunResult {
  /** By name. */
  tensors: Record<string, Tensor>;
  /** In the order they ran. */
  nodes: NodeProfile[];
}

/**
 * Runs a model.
 *
 * @param names the values wanted
 * @param given tensors that results are also written into
 * @param profiled whether the result is to have nodes
 */
export async function runModel(
  model: LoadedModel,
  feeds: Feeds,
  names: readonly string[],
  given: Readonly<Record<string, Tensor | null>>,
  { signal, transfer }: RunOptions,
  profiled = false,
): Promise<RunResult> {
  const sent = toFeeds(model, feeds, transfer);
  const { outputs, nodes } = await runFeeds(model, sent, names, signal, profiled);
  const results = names.map((name, i) => [name, toTensor(outputs[i]!, given[name], name)] as const);
  return { tensors: Object.fromEntries(results), nodes: nodes.map(toNodeProfile) };
}

/** Runs a model on what is sent to its engine as it is. */
export function runFeeds(
  model: LoadedModel,
  feeds: FeedData[],
  names: readonly string[],
  signal: AbortSignal | undefined,
  profiled: boolean,
): Promise<RunReply> {
  const { engine } = model;
  return model.operation((session) =>
    abortable(engine, signal, (job) =>
      engine.call('run', { job, session, feeds, fetches: [...names], profiled }),
    ),
  );
}

function toFeeds({ engine }: LoadedModel, feeds: Feeds, transfer?: boolean): FeedData[] {
  const own = (bytes: Uint8Array) => (transfer ? bytes : engine.own(bytes));
  return Object.entries(feeds).map(([name, tensor]) => toFeed(name, tensor, own));
}

/** A tensor as the engine takes it; `own` makes its bytes the engine's. */
function toFeed(name: string, tensor: Tensor, own: (bytes: Uint8Array) => Uint8Array): FeedData {
  if (!(tensor instanceof Tensor)) {
    throw new FoveaError('InvalidInput', `what is fed to '${name}' is no Tensor`, { input: name });
  }
  const { type, dims, data } = tensor;
  return { name, type, dims, data: isStrings(data) ? data : own(bytesOf(data)) };
}

function toTensor(
  { type, dims, data }: TensorData,
  given: Tensor | null | undefined,
  name: string,
) {
  const elements = data instanceof Uint8Array ? viewBytes(type as never, data) : [...data];
  if (!given) return new Tensor(type, elements, dims);
  if (given.type !== type || given.dims.join() !== dims.join()) {
    throw new FoveaError(
      'InvalidInput',
      `'${name}' is ${type} [${dims.join()}], which a ${given.type} tensor [${given.dims.join()}] ` +
        'cannot take',
      { output: name },
    );
  }
  if (isStrings(given.data)) given.data.splice(0, Infinity, ...(elements as string[]));
  else bytesOf(given.data).set(data as Uint8Array);
  return given;
}

function isStrings(data: TypedData | string[]): data is string[] {
  return Array.isArray(data);
}

function bytesOf({ buffer, byteOffset, byteLength }: TypedData): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
