import { groupById, type Graph, type Grouping } from './graph.js';

/** What is written on a box. */
export interface Label {
  title: string;
  subtitle: string;
}

export function labelOf(graph: Graph, grouping: Grouping, id: number): Label {
  const group = groupById(graph, grouping, id);
  if (!group) {
    const { name, opType, detail } = graph.nodes[id]!;
    return { title: opType, subtitle: detail || name };
  }
  const subtitle = `${counted(group.nodeCount, 'node')} · ${group.operators.join(', ')}`;
  return { title: titleOfGroup(group.title), subtitle };
}

/** Runs of nodes have their numbers as a title. */
export function titleOfGroup(title: string): string {
  if (title === '') return 'The whole model';
  return /^\d+ – \d+$/.test(title) ? `Part ${title}` : title;
}

export function portLabel(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : `${values.length} values`;
}

export function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

/** The end of a name, which tells most. */
export function shortName(name: string, longest = 28): string {
  return name.length > longest ? `…${name.slice(1 - longest)}` : name;
}

export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** Large counts in words: 1.2 million. */
export function inWords(count: number): string {
  const units = [
    [1e12, 'trillion'],
    [1e9, 'billion'],
    [1e6, 'million'],
  ] as const;
  const unit = units.find(([size]) => count >= size);
  return unit
    ? `${Number((count / unit[0]).toPrecision(3))} ${unit[1]}`
    : count.toLocaleString('en');
}

export function bytesInWords(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB'];
  const step = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${Number((bytes / 1000 ** step).toPrecision(3))} ${units[step]}`;
}

/** Clocks are coarse: what is shorter than their steps takes 0. */
export function milliseconds(time: number): string {
  if (time === 0) return '≈ 0 ms';
  return `${time < 10 ? time.toFixed(2) : time.toFixed(1)} ms`;
}
