import type { Graph, Group, Grouping, Link, Port } from '../graph.js';
import { withRuns, type Edge } from './runs.js';
import { scopesByName, sizeOf, type Scope } from './scopes.js';

/** Of the group of what reads nothing but weights. */
export const aheadTitle = 'Done ahead of the run';
const fewestAhead = 3;

/** Beyond this many, a group's inputs or outputs are one port. */
const mostPorts = 16;

/** Groups a graph's nodes, by name where they have names and by runs where there are too many. */
export function groupNodes(graph: Graph): Grouping {
  const makers = makersOf(graph);
  const edges = graph.nodes.flatMap(({ inputs }, to) =>
    inputs.flatMap((value): Edge[] => {
      const from = makers.get(value);
      return from === undefined || from === to ? [] : [[from, to]];
    }),
  );
  const ahead = doneAhead(graph);
  const rest = [...graph.nodes.keys()].filter((node) => !ahead.has(node));
  const whole = scopesByName(graph.nodes, rest);
  if (ahead.size > 0) whole.children.unshift({ title: aheadTitle, children: [...ahead] });
  const builder = new Builder(graph, ahead);
  builder.add(withRuns(whole, edges), -1);
  builder.connect(makers);
  return builder.finish();
}

/** Nodes that read nothing but weights, whose results are weights to all others: some are too few to count. */
function doneAhead({ nodes, constants }: Graph): Set<number> {
  const known = new Set(constants);
  const ahead = new Set<number>();
  for (const [at, { inputs, outputs }] of nodes.entries()) {
    if (inputs.length === 0 || !inputs.every((value) => value === '' || known.has(value))) continue;
    ahead.add(at);
    for (const value of outputs) known.add(value);
  }
  return ahead.size < fewestAhead ? new Set() : ahead;
}

/** The nodes that make each value. */
export function makersOf({ nodes }: Graph): Map<string, number> {
  return new Map(nodes.flatMap(({ outputs }, at) => outputs.map((value) => [value, at] as const)));
}

/** A group whose links are not known yet. */
interface Draft {
  id: number;
  parent: number;
  depth: number;
  scope: Scope;
  children: number[];
  /** By both keys; values by name. */
  links: Map<string, { from: string; to: string; values: Set<string> }>;
  /** The boxes of the group that values lead to from outside. */
  inputs: Map<string, Set<string>>;
  outputs: Map<string, Set<string>>;
}

class Builder {
  readonly #graph: Graph;
  readonly #drafts: Draft[] = [];
  readonly #groupOf: number[] = [];
  readonly #ahead: ReadonlySet<number>;

  /** @param ahead nodes from which no lines lead to others */
  constructor(graph: Graph, ahead: ReadonlySet<number>) {
    this.#graph = graph;
    this.#ahead = ahead;
  }

  /** Numbers a scope and all within it. */
  add(scope: Scope, parent: number): number {
    const id = this.#graph.nodes.length + this.#drafts.length;
    const depth = parent < 0 ? 0 : this.#draft(parent).depth + 1;
    const maps = { links: new Map(), inputs: new Map(), outputs: new Map() };
    const draft: Draft = { id, parent, depth, scope, children: [], ...maps };
    this.#drafts.push(draft);
    for (const child of scope.children) {
      draft.children.push(typeof child === 'number' ? child : this.add(child, id));
      if (typeof child === 'number') this.#groupOf[child] = id;
    }
    return id;
  }

  /** Finds out what leads from where to where. */
  connect(makers: ReadonlyMap<string, number>): void {
    const { nodes, outputs, constants } = this.#graph;
    for (const [to, { inputs }] of nodes.entries()) {
      for (const value of new Set(inputs)) {
        if (value === '' || constants.has(value)) continue;
        const from = makers.get(value);
        if (from !== undefined && this.#ahead.has(from) && !this.#ahead.has(to)) continue;
        this.#connect(from, to, value);
      }
    }
    for (const value of outputs) {
      const from = makers.get(value);
      if (from !== undefined) this.#connect(from, undefined, value);
    }
  }

  /** Without a maker a value is fed; without a reader it is a result. */
  #connect(from: number | undefined, to: number | undefined, value: string): void {
    const root = this.#drafts[0]!;
    // Boxes around either end, from the innermost.
    let source = from === undefined ? root : this.#draft(this.#groupOf[from]!);
    let target = to === undefined ? root : this.#draft(this.#groupOf[to]!);
    let [sourceBox, targetBox] = [from, to];
    while (source !== target) {
      if (source.depth >= target.depth) {
        addTo(source.outputs, value, sourceBox!);
        [sourceBox, source] = [source.id, this.#draft(source.parent)];
      } else {
        addTo(target.inputs, value, targetBox!);
        [targetBox, target] = [target.id, this.#draft(target.parent)];
      }
    }
    if (sourceBox === undefined) addTo(root.inputs, value, targetBox!);
    else if (targetBox === undefined) addTo(root.outputs, value, sourceBox);
    else addLink(source, String(sourceBox), String(targetBox), value);
  }

  finish(): Grouping {
    return { groups: this.#drafts.map((draft) => this.#group(draft)), groupOf: this.#groupOf };
  }

  #group(draft: Draft): Group {
    const inputs = portsOf('in', draft.inputs);
    const outputs = portsOf('out', draft.outputs);
    for (const { key, boxes } of inputs) {
      for (const [box, values] of boxes) {
        for (const value of values) addLink(draft, key, box, value);
      }
    }
    for (const { key, boxes } of outputs) {
      for (const [box, values] of boxes) {
        for (const value of values) addLink(draft, box, key, value);
      }
    }
    const { id, parent, scope, children, links } = draft;
    return {
      id,
      parent,
      title: scope.title,
      children,
      nodeCount: sizeOf(scope),
      operators: this.#operatorsOf(scope),
      links: [...links.values()].map(({ from, to, values }): Link => ({
        from,
        to,
        count: values.size,
      })),
      inputs: inputs.map(({ key, values }) => ({ key, values })),
      outputs: outputs.map(({ key, values }) => ({ key, values })),
    };
  }

  #operatorsOf(scope: Scope): string[] {
    const counts = new Map<string, number>();
    const count = (child: Scope | number) => {
      if (typeof child === 'object') return child.children.forEach(count);
      const { opType } = this.#graph.nodes[child]!;
      counts.set(opType, (counts.get(opType) ?? 0) + 1);
    };
    count(scope);
    return [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 3)
      .map(([name]) => name);
  }

  #draft(id: number): Draft {
    return this.#drafts[id - this.#graph.nodes.length]!;
  }
}

function addTo(ports: Map<string, Set<string>>, value: string, box: number): void {
  const boxes = ports.get(value) ?? new Set<string>();
  ports.set(value, boxes.add(String(box)));
}

function addLink({ links }: Draft, from: string, to: string, value: string): void {
  const key = `${from} ${to}`;
  const link = links.get(key) ?? { from, to, values: new Set() };
  link.values.add(value);
  links.set(key, link);
}

interface PortDraft extends Port {
  /** The values that lead to each box, or from it. */
  boxes: Map<string, Set<string>>;
}

function portsOf(
  kind: 'in' | 'out',
  values: ReadonlyMap<string, ReadonlySet<string>>,
): PortDraft[] {
  const all = [...values];
  const parts = all.length > mostPorts ? [all] : all.map((one) => [one]);
  return parts.map((part, index) => {
    const boxes = new Map<string, Set<string>>();
    for (const [value, keys] of part) {
      for (const key of keys) boxes.set(key, (boxes.get(key) ?? new Set()).add(value));
    }
    return { key: `${kind}${index}`, values: part.map(([value]) => value), boxes };
  });
}
