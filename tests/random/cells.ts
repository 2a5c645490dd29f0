// A cell is what is to be covered: an operator's version with one element type.

import type { ElementType } from '../support/onnx-builder.js';
import { Choices } from './choices.js';
import { bodiesOf, type Graph, type GraphNode } from './graph.js';
import kernels from './kernels.json';
import { operators } from './operators/index.js';
import type { Operator } from './operators/operator.js';

export const oldestOpset = 7;
export const newestOpset = 26;
export const newestMlOpset = 5;

export interface Cell {
  operator: Operator;
  domain: string;
  /** The versions of the domain that have this version of the operator. */
  since: number;
  until: number;
  type: ElementType;
  /** How it is called in reports. */
  name: string;
}

const newest: Record<string, number> = { '': newestOpset, 'ai.onnx.ml': newestMlOpset };

const domainOf = (operator: string) => operator.split(':').slice(0, -1).join();

/** The versions of an operator that onnxruntime has, the latest last. */
function versionsOf(operator: string): [number, string][] {
  const rows = (kernels as Record<string, Record<string, string>>)[operator] ?? {};
  return Object.entries(rows).map(([since, types]) => [Number(since), types]);
}

const nameOf = (operator: string, version: number, type: string) =>
  `${operator} ${version} ${type}`;

function cellsOfOperator(operator: Operator): Cell[] {
  const domain = domainOf(operator.name);
  const versions = versionsOf(operator.name);
  return versions.flatMap(([since, types], i) => {
    const until = (versions[i + 1]?.[0] ?? (newest[domain] ?? 1) + 1) - 1;
    return types
      .split(' ')
      .filter(Boolean)
      .map((type) => ({
        operator,
        domain,
        since: domain === '' ? Math.max(since, oldestOpset) : since,
        until,
        type: type as ElementType,
        name: nameOf(operator.name, since, type),
      }));
  });
}

/** All cells, so that neighbours are not of one operator. */
export const cells: readonly Cell[] = new Choices(1).shuffled(operators.flatMap(cellsOfOperator));

/** Operators that onnxruntime has and that no entry of the table makes. */
export const untried: readonly string[] = Object.keys(kernels).filter(
  (name) => !operators.some((operator) => operator.name === name),
);

/** Which input tells an operator's type, where that is not the first; -1 is the first output. */
const telling: Record<string, number> = {
  ConstantOfShape: -1,
  If: -1,
  Loop: -1,
  Scan: -1,
  OneHot: 2,
  Where: 1,
  'com.microsoft:EmbedLayerNormalization': 2,
  'com.microsoft:QLinearConcat': 1,
  'com.microsoft:QLinearWhere': 1,
};

/** The names of the cells that a graph's nodes are. */
export function cellNames({ nodes, types, opset, mlOpset = newestMlOpset }: Graph): string[] {
  const nameOfNode = (node: GraphNode, known: Graph['types']) => {
    const operator = node.domain ? `${node.domain}:${node.opType}` : node.opType;
    const index = telling[operator] ?? 0;
    const value = (index < 0 ? undefined : node.inputs[index]) || node.outputs.find(Boolean)!;
    const domain = node.domain === 'ai.onnx.ml' ? mlOpset : node.domain ? 1 : opset;
    const version = versionsOf(operator).findLast(([since]) => since <= domain)?.[0] ?? 0;
    return nameOf(operator, version, known[value] ?? '?');
  };
  const walk = (list: readonly GraphNode[], known: Graph['types']): string[] =>
    list.flatMap((node) => [
      nameOfNode(node, known),
      ...bodiesOf(node).flatMap((body) => walk(body.nodes, { ...known, ...body.types })),
    ]);
  return walk(nodes, types);
}
