import { describe, expect, test } from '@jest/globals';
import { groupById, type Graph, type Group, type Grouping } from '../../src/inspect/graph.js';
import { groupNodes } from '../../src/inspect/groups/grouping.js';
import { mostBoxes } from '../../src/inspect/groups/runs.js';
import { readModel } from '../../src/inspect/onnx/model.js';
import { transformer } from '../../../tests/browser/inspect/support/large-models.js';

/** Nodes in a row, each reading the one before. */
function chain(names: readonly string[]): Graph {
  return {
    title: '',
    nodes: names.map((name, at) => ({
      name,
      opType: 'Relu',
      domain: '',
      inputs: [at === 0 ? 'x' : `v${at - 1}`],
      outputs: [`v${at}`],
    })),
    inputs: ['x'],
    outputs: [`v${names.length - 1}`],
    constants: new Set(),
  };
}

function titles({ groups }: Grouping): string[] {
  return groups.map(({ title }) => title);
}

/** Every node's way from the whole to it. */
function leavesOf(graph: Graph, grouping: Grouping, group: Group): number[] {
  return group.children.flatMap((id) => {
    const inner = groupById(graph, grouping, id);
    return inner ? leavesOf(graph, grouping, inner) : [id];
  });
}

describe('nodes', () => {
  test('are grouped by the modules in their names', () => {
    const names = ['/a/x/1', '/a/x/2', '/a/x/3', '/a/y', '/b/1', '/b/2', '/b/3'];
    const grouping = groupNodes(chain(names));
    expect(titles(grouping)).toEqual(['', 'a', 'x', 'b']);
    expect(grouping.groups[0]!.children).toEqual([8, 10]);
    expect(grouping.groups[1]!.children).toEqual([9, 3]);
  });

  test('of too few are no group, and what only holds another has its name in that', () => {
    const names = ['/a/1', '/a/2', '/only/inner/1', '/only/inner/2', '/only/inner/3', 'end'];
    expect(titles(groupNodes(chain(names)))).toEqual(['', 'only/inner']);
  });

  test('have links between the boxes around them, and ports where these go out of a group', () => {
    const names = ['/a/1', '/a/2', '/a/3', '/b/1', '/b/2', '/b/3'];
    const { groups } = groupNodes(chain(names));
    const [whole, a, b] = groups as [Group, Group, Group];
    expect(whole.links).toEqual([
      { from: `${a.id}`, to: `${b.id}`, count: 1 },
      { from: 'in0', to: `${a.id}`, count: 1 },
      { from: `${b.id}`, to: 'out0', count: 1 },
    ]);
    expect(a.inputs).toEqual([{ key: 'in0', values: ['x'] }]);
    expect(a.outputs).toEqual([{ key: 'out0', values: ['v2'] }]);
    expect(b.inputs).toEqual([{ key: 'in0', values: ['v2'] }]);
    expect(b.links).toContainEqual({ from: 'in0', to: '3', count: 1 });
  });

  test('that read nothing but weights are apart', () => {
    const graph = chain(['1', '2']);
    const cast = (at: number) => ({
      ...graph.nodes[0]!,
      opType: 'Cast',
      inputs: ['w'],
      outputs: [`c${at}`],
    });
    const reader = { ...graph.nodes[0]!, inputs: ['x', 'c2', 'c3', 'c4'] };
    const nodes = [reader, graph.nodes[1]!, cast(2), cast(3), cast(4)];
    const { groups } = groupNodes({ ...graph, nodes, constants: new Set(['w']) });
    expect(groups[1]).toMatchObject({ children: [2, 3, 4], links: [], outputs: [] });
    expect(groups[0]!.links.map(({ from, to }) => [from, to])).toEqual([
      ['0', '1'],
      ['in0', '0'],
      ['1', 'out0'],
    ]);
  });

  test('without names are cut into runs where the fewest values go across', () => {
    const { graphs } = readModel(transformer(200, 'none'));
    const graph = graphs[0]!;
    const grouping = groupNodes(graph);
    const whole = grouping.groups[0]!;
    expect(whole.children.length).toBeLessThanOrEqual(mostBoxes);
    expect(leavesOf(graph, grouping, whole)).toEqual([...graph.nodes.keys()]);
    // Between the layers there is one value; the middle of one would have three.
    const between = whole.links.filter(({ from, to }) => !/[a-z]/.test(from + to));
    expect(between.every(({ count }) => count <= 2)).toBe(true);
  });

  test.each(['modules', 'none'] as const)(
    'never are too many at once, with names of %s',
    (naming) => {
      const graph = readModel(transformer(700, naming)).graphs[0]!;
      const { groups } = groupNodes(graph);
      const most = Math.max(
        ...groups.map(
          ({ children, inputs, outputs }) => children.length + inputs.length + outputs.length,
        ),
      );
      expect(most).toBeLessThanOrEqual(mostBoxes + 32);
    },
  );
});
