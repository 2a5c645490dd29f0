// What graphs have met: each operator in each version and type, and each pass.

import type { LoadOptions } from 'fovea';
import { cells, cellNames, untried } from './cells.js';
import { profileByFovea } from './compute.js';
import type { Graph } from './graph.js';

/** The engine's passes that show in the nodes of a plan, as `disabledPasses` names them. */
const shownPasses = [
  'quantised-convolution',
  'quantised-values',
  'pixel-shuffle',
  'channel-shuffle',
  'gathered-channels',
  'activation',
  'layer-normalization',
  'transposes',
  'convolution-affine',
  'convolution-epilogue',
  'concatenation',
  'attention',
  'matmul-epilogue',
] as const;

/** All passes but 'fold-dequantised', which follows from them: the others change when and where what is computed. */
export const passes = ['fold-constants', ...shownPasses, 'bands'] as const;

/** The bytes of an image from which on it may be made a band at a time. */
const wholeImage = 2 ** 20;

/** Whether there is something to fold: a node of constants. */
const folds = ({ nodes, constants }: Graph) =>
  nodes.some(({ inputs }) => inputs.length > 0 && inputs.every((name) => name in constants));

/** The passes without which a graph is planned otherwise. */
async function firedPasses(graph: Graph, load: LoadOptions): Promise<string[]> {
  const planned = (disabledPasses: string[]) => profileByFovea(graph, { ...load, disabledPasses });
  const { nodes: all, largest } = await planned([]);
  const fired: string[] = folds(graph) ? ['fold-constants'] : [];
  if (largest >= wholeImage) fired.push('bands');
  if (all === (await planned(['*'])).nodes) return fired;
  for (const pass of shownPasses) if ((await planned([pass])).nodes !== all) fired.push(pass);
  return fired;
}

/** How often each cell and each pass was met in graphs that both runtimes computed. */
export class Coverage {
  readonly #cells = new Map(cells.map(({ name }) => [name, 0]));
  readonly #passes = new Map<string, number>(passes.map((name) => [name, 0]));

  async add(graph: Graph, load: LoadOptions): Promise<void> {
    for (const name of cellNames(graph)) increase(this.#cells, name);
    for (const name of await firedPasses(graph, load)) increase(this.#passes, name);
  }

  /** The counts, and what is below the bars. */
  lines(mostCells: number, mostPasses: number): string[] {
    const of = (counts: Map<string, number>) =>
      [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
    const rare = (counts: Map<string, number>, bar: number) =>
      new Map([...counts].filter(([, count]) => count < bar).sort(([, a], [, b]) => a - b));
    const wanted = new Map(cells.map(({ name }) => [name, this.#cells.get(name)!]));
    const rareCells = rare(wanted, mostCells);
    const rarePasses = rare(this.#passes, mostPasses);
    return [
      ...byOperator(wanted),
      `passes: ${of(this.#passes)}`,
      `${rareCells.size} of ${wanted.size} operators, versions and types less than ${mostCells} times: ${of(rareCells)}`,
      `${rarePasses.size} of ${passes.length} passes less than ${mostPasses} times: ${of(rarePasses)}`,
      `operators that no graph has: ${untried.join(', ')}`,
    ];
  }
}

function increase(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** A line for each operator: its versions, and how often they were met with each type. */
function byOperator(counts: Map<string, number>): string[] {
  const lines = new Map<string, Map<string, string[]>>();
  for (const [name, count] of [...counts].sort(([a], [b]) => a.localeCompare(b))) {
    const [operator, version, type] = name.split(' ') as [string, string, string];
    const versions = lines.get(operator) ?? new Map<string, string[]>();
    versions.set(version, [...(versions.get(version) ?? []), `${type} ${count}`]);
    lines.set(operator, versions);
  }
  return [...lines].map(([operator, versions]) => {
    const all = [...versions].sort(([a], [b]) => Number(a) - Number(b));
    return `${operator}: ${all.map(([v, types]) => `${v} (${types.join(', ')})`).join('; ')}`;
  });
}
