import { abortSignal, yesOrNo, type OptionKinds } from '../base/check-options.js';
import type { RunReply } from '../host/sessions.js';
import { isNested, type FeedData, type TensorData, type ValueData } from '../host/feeding.js';
import { FoveaError } from '../base/errors.js';
import { bytesIn, described, dictionary, isRecord } from '../base/kinds.js';
import { abortable, type LoadedModel } from './model.js';
import { onnxruntimeRunOptionKinds, type OnnxruntimeRunOptions } from './onnxruntime-options.js';
import { toNodeProfile, type NodeProfile } from './profile.js';
import { isTensorLike, type Tensor, type Value, type ValueLike } from './tensor.js';
import { isStrings, toData, toValue } from './values.js';

export interface RunOptions extends OnnxruntimeRunOptions {
  /** Stops the run; its promise rejects with code Aborted and the session stays usable. */
  signal?: AbortSignal | undefined;
  /** Hands the feeds' memory over to the engine's worker instead of copying; the tensors are lost. */
  transfer?: boolean | undefined;
}

export const runOptionKinds: OptionKinds<RunOptions> = {
  ...onnxruntimeRunOptionKinds,
  signal: abortSignal,
  transfer: yesOrNo,
};

/**
 * Tensors by the name of the input they are for: lists of them for sequences, null for an optional
 * without a value.
 */
export type Feeds = Readonly<Record<string, ValueLike>>;

/** What a profiled run gives. */
export interface RunResult<V extends Value = Tensor> {
  /** By name; see InferenceSession.run(). */
  tensors: Record<string, V>;
  /** In the order they ran. */
  nodes: NodeProfile[];
}

/** What a run is asked for. */
export interface RunRequest {
  /** The values wanted. */
  names: readonly string[];
  /** Tensors that results are also written into. */
  given: ReadonlyMap<string, Tensor>;
  options: RunOptions;
  /** Whether the result is to have nodes. */
  profiled: boolean;
}

/** Runs a model. */
export async function runModel(
  model: LoadedModel,
  feeds: Feeds,
  { names, given, options: { signal, transfer }, profiled }: RunRequest,
): Promise<RunResult<Value>> {
  const sent = toFeeds(model, feeds, transfer);
  const { outputs, nodes } = await runFeeds(model, sent, names, signal, profiled);
  const results = names.map(
    (name, i) => [name, toResult(outputs[i]!, given.get(name), name)] as const,
  );
  return { tensors: dictionary(results), nodes: nodes.map(toNodeProfile) };
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

function toFeeds({ engine }: LoadedModel, feeds: unknown, transfer?: boolean): FeedData[] {
  if (!isRecord(feeds) || isTensorLike(feeds)) {
    const what = isTensorLike(feeds) ? 'a Tensor' : described(feeds);
    throw new FoveaError('InvalidInput', `feeds are an object of Tensors by name, not ${what}`);
  }
  const own = (bytes: Uint8Array) => (transfer ? bytes : engine.own(bytes));
  return Object.entries(feeds).map(([name, value]) => ({
    name,
    ...toData(value, `what is fed to '${name}'`, own),
  }));
}

function toResult(value: ValueData, given: Tensor | undefined, name: string): Value {
  if (!given) return toValue(value);
  if (isNested(value)) {
    throw new FoveaError('InvalidInput', `'${name}' is no tensor that another could take`, {
      output: name,
    });
  }
  return into(given, value, name);
}

/** Writes a result into a tensor of the caller's. */
function into(given: Tensor, { type, dims, data }: TensorData, name: string): Tensor {
  if (given.type !== type || given.dims.join() !== dims.join()) {
    throw new FoveaError(
      'InvalidInput',
      `'${name}' is ${type} [${dims.join()}], which a ${given.type} tensor [${given.dims.join()}] ` +
        'cannot take',
      { output: name },
    );
  }
  if (isStrings(given.data)) given.data.splice(0, Infinity, ...(data as string[]));
  else bytesIn(given.data)!.set(data as Uint8Array);
  return given;
}
