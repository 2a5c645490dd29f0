import { everyValue, type Values } from './compute.js';
import { prune, readsOf, wantedValues, type Graph } from './graph.js';
import { elementCount, elementsAt, isGivable, type TensorValue } from './tensors.js';

/** Whether a graph still shows what is looked for. */
export type Shows = (graph: Graph) => Promise<boolean>;

/** A way to make a graph smaller: all the graphs it may become, the smallest first. */
type Step = (graph: Graph) => Iterable<Graph> | Promise<Iterable<Graph>>;

/** A search that takes longer is ended with what it has: large graphs take a second for each trial. */
const mostMilliseconds = 4000;

/** The smallest graph found that still shows it: of fewer runs, values, nodes, attributes, sizes. */
export async function shrink(graph: Graph, shows: Shows): Promise<Graph> {
  const steps: Step[] = [
    fewerRuns,
    fewerValues,
    earlierValues,
    fedValues,
    fewerAttributes,
    smallerSizes,
  ];
  const end = performance.now() + mostMilliseconds;
  let smallest = graph;
  for (let changed = true; changed;) {
    changed = false;
    for (const step of steps) {
      for (const candidate of await step(smallest)) {
        if (performance.now() > end) return smallest;
        if (!(await shows(candidate))) continue;
        smallest = candidate;
        changed = true;
        break;
      }
    }
  }
  return smallest;
}

/** Each of its runs alone. */
const fewerRuns: Step = (graph) =>
  graph.feeds.length === 1 ? [] : graph.feeds.map((feed) => ({ ...graph, feeds: [feed] }));

/** Fewer of the wanted values: each alone as an output, or a fetched one beside one output. */
const fewerValues: Step = (graph) => {
  const { outputs, fetches, declaredConstants } = graph;
  const wanted = wantedValues(graph);
  const alone = wanted.map((name) => prune({ ...graph, outputs: [name], fetches: [] }));
  const beside = fetches.flatMap((name) =>
    outputs.map((output) => prune({ ...graph, outputs: [output], fetches: [name] })),
  );
  const plain = { ...graph, declaredConstants: [] };
  return [
    ...(wanted.length > 1 || fetches.length > 0 ? alone : []),
    ...(wanted.length > 2 ? beside : []),
    ...(declaredConstants.length > 0 ? [plain] : []),
  ];
};

/** A value that its only output is made from, instead of it. */
const earlierValues: Step = ({ ...graph }) => {
  const last = graph.nodes.at(-1);
  const before = (last ? readsOf(last) : []).filter(
    (name) =>
      graph.nodes.some((n) => n.outputs.includes(name)) &&
      isGivable(graph.types[name]) &&
      !graph.containers?.includes(name),
  );
  return before.map((name) => prune({ ...graph, outputs: [name], fetches: [] }));
};

/** A node's results become inputs that are fed what onnxruntime makes of them. */
const fedValues: Step = async (graph) => {
  if (graph.feeds.length > 1 || graph.nodes.length < 2) return [];
  const values = await everyValue(graph);
  if (!values) return [];
  return graph.nodes
    .filter(({ outputs }) => !outputs.some((name) => wantedValues(graph).includes(name)))
    .filter(({ outputs }) => outputs.every((name) => name === '' || values[name]))
    .toReversed()
    .map((node) => fed(graph, node.outputs.filter(Boolean), values));
};

function fed(graph: Graph, names: readonly string[], values: Values): Graph {
  const inputs = names.map((name) => {
    const { type, dims } = values[name]!;
    return { name, type, dims };
  });
  const feeds = Object.fromEntries(names.map((name) => [name, values[name]!]));
  return prune({
    ...graph,
    inputs: [...graph.inputs, ...inputs],
    feeds: [{ ...graph.feeds[0], ...feeds }],
    nodes: graph.nodes.filter(({ outputs }) => !outputs.some((name) => names.includes(name))),
  });
}

/** One attribute less. */
const fewerAttributes: Step = (graph) =>
  graph.nodes.flatMap((node, index) =>
    Object.keys(node.attributes).map((name) => {
      const attributes = Object.fromEntries(
        Object.entries(node.attributes).filter(([other]) => other !== name),
      );
      return { ...graph, nodes: graph.nodes.with(index, { ...node, attributes }) };
    }),
  );

/** A size that becomes smaller wherever it is, or along one axis of one tensor. */
function* smallerSizes(graph: Graph): Iterable<Graph> {
  if (graph.feeds.length > 1) return;
  const tensors = { ...graph.constants, ...graph.feeds[0] };
  const sizes = new Set(Object.values(tensors).flatMap(({ dims }) => dims));
  for (const size of [...sizes].sort((a, b) => b - a)) {
    for (const less of smallerThan(size)) {
      yield resized(graph, (dims) => dims.map((other) => (other === size ? less : other)));
    }
  }
  for (const [name, { dims }] of Object.entries(tensors)) {
    for (const [axis, size] of dims.entries()) {
      for (const less of smallerThan(size)) {
        yield resized(graph, (all, of) => (of === name ? all.with(axis, less) : [...all]));
      }
    }
  }
}

const smallerThan = (size: number) =>
  [...new Set([1, 2, size >> 1, size - 1])].filter((less) => less > 0 && less < size);

function resized(graph: Graph, sizes: (dims: readonly number[], name: string) => number[]): Graph {
  const cut = (record: Readonly<Record<string, TensorValue>>) =>
    Object.fromEntries(
      Object.entries(record).map(([name, tensor]) => [
        name,
        cropped(tensor, sizes(tensor.dims, name)),
      ]),
    );
  const feed = cut(graph.feeds[0]!);
  const inputs = graph.inputs.map((input) => ({ ...input, dims: feed[input.name]!.dims }));
  return { ...graph, inputs, constants: cut(graph.constants), feeds: [feed] };
}

/** The first elements along every axis. */
function cropped(tensor: TensorValue, dims: readonly number[]): TensorValue {
  const positions = Array.from({ length: elementCount(dims) }, (_, index) => {
    let [rest, from, stride] = [index, 0, 1];
    for (let axis = dims.length - 1; axis >= 0; --axis) {
      from += (rest % dims[axis]!) * stride;
      rest = Math.floor(rest / dims[axis]!);
      stride *= tensor.dims[axis]!;
    }
    return from;
  });
  return elementsAt(tensor, dims, positions);
}
