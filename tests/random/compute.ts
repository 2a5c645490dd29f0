import { FoveaError, InferenceSession, Tensor, type LoadOptions } from 'fovea';
import * as ort from 'onnxruntime-node';
import type { ElementType } from '../support/onnx-builder.js';
import { encode, wantedValues, type Graph } from './graph.js';
import { elementCount, isGivable, viewElements, type TensorValue } from './tensors.js';

/** The values of one run by name. */
export type Values = Record<string, TensorValue>;

/** What a runtime made of a graph: values for each of its feeds, or why there are none. */
export type Outcome = { runs: Values[] } | { refusal: Refusal };

export interface Refusal {
  message: string;
  /** Whether the engine broke instead of saying no. */
  crashed: boolean;
  /** The operator that was refused, where the runtime names one. */
  operator?: string | undefined;
}

interface GivenTensor {
  type: string;
  dims: readonly number[];
  data: unknown;
}

function toValues(results: Readonly<Record<string, GivenTensor>>): Values {
  const entries = Object.entries(results).map(([name, { type, dims, data }]) => {
    const element = type as ElementType;
    const value = {
      type: element,
      dims: [...dims],
      data: viewElements(element, data as Uint8Array | string[]),
    };
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

/** Runs a graph with Fovea. */
export async function computeByFovea(graph: Graph, options: LoadOptions): Promise<Outcome> {
  const wanted = wantedValues(graph);
  let session: InferenceSession | undefined;
  try {
    session = await InferenceSession.create(encode(graph), options);
    const runs: Values[] = [];
    for (const feed of graph.feeds) {
      runs.push(toValues(await session.run<Tensor>(toFeeds(feed), wanted)));
    }
    return { runs };
  } catch (error) {
    // Whatever else is thrown is a fault as well.
    if (!(error instanceof FoveaError)) {
      return { refusal: { message: String((error as Error).stack), crashed: true } };
    }
    const { message, code, op } = error as FoveaError & { op?: string };
    const crashed = code === 'EngineCrashed' || code === 'Internal';
    return { refusal: { message: `${code}: ${message}`, crashed, operator: op } };
  } finally {
    await session?.release().catch(() => {});
  }
}

/** The nodes that a graph's first run computes, as one text, and the bytes of its largest result. */
export async function profileByFovea(graph: Graph, options: LoadOptions) {
  let session: InferenceSession | undefined;
  try {
    session = await InferenceSession.create(encode(graph), options);
    const { nodes } = await session.profile<Tensor>(toFeeds(graph.feeds[0]!), wantedValues(graph));
    const sizes = nodes.map(({ dims }) => 4 * elementCount(dims ?? []));
    const written = nodes.map(({ node, opType, algorithm }) => [node, opType, algorithm].join(':'));
    return { nodes: written.join('\n'), largest: Math.max(0, ...sizes) };
  } catch (error) {
    if (!(error instanceof FoveaError)) throw error;
    return { nodes: '', largest: 0 };
  } finally {
    await session?.release().catch(() => {});
  }
}

const toFeeds = (feed: Graph['feeds'][number]) =>
  Object.fromEntries(
    Object.entries(feed).map(
      ([name, { type, data, dims }]) => [name, new Tensor(type, data as never, dims)] as const,
    ),
  );

// Without its optimisations, whose own roundings would blur the comparison.
const ortOptions: ort.InferenceSession.SessionOptions = {
  graphOptimizationLevel: 'disabled',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 4,
};

/**
 * Runs a graph with onnxruntime, as which all that is wanted must be an output. Of runs with other
 * sizes those that it does not take, and what would follow, are left out.
 */
export async function computeByOnnxruntime(graph: Graph): Promise<Outcome> {
  let session: ort.InferenceSession | undefined;
  const runs: Values[] = [];
  try {
    session = await ort.InferenceSession.create(encode(graph, wantedValues(graph)), ortOptions);
    for (const feed of graph.feeds) {
      const feeds = Object.entries(feed).map(
        ([name, { type, data, dims }]) =>
          [name, new ort.Tensor(type as 'float32', data as never, dims)] as const,
      );
      runs.push(toValues(await session.run(Object.fromEntries(feeds))));
    }
    return { runs };
  } catch (error) {
    if (runs.length > 0) return { runs };
    return { refusal: { message: (error as Error).message, crashed: false } };
  } finally {
    await session?.release();
  }
}

/** Every value of a graph's first run, as onnxruntime has it; nothing where it does not take it. */
export async function everyValue(graph: Graph): Promise<Values | undefined> {
  const isTensor = (name: string) =>
    isGivable(graph.types[name]) && !graph.containers?.includes(name);
  const names = graph.nodes.flatMap(({ outputs }) => outputs.filter(isTensor));
  const all = await computeByOnnxruntime({
    ...graph,
    fetches: [...wantedValues(graph), ...names],
    feeds: graph.feeds.slice(0, 1),
  });
  return 'refusal' in all ? undefined : { ...graph.constants, ...graph.feeds[0], ...all.runs[0] };
}
