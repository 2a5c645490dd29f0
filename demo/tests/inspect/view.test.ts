import { describe, expect, test } from '@jest/globals';
import { Camera } from '../../src/inspect/canvas/camera.js';
import { boxAt } from '../../src/inspect/canvas/hits.js';
import { stepFrom, type Direction } from '../../src/inspect/canvas/steps.js';
import type { Graph } from '../../src/inspect/graph.js';
import { groupNodes } from '../../src/inspect/groups/grouping.js';
import { layOut } from '../../src/inspect/layout/lay-out.js';
import { boxesIn } from '../../src/inspect/layout/scene.js';
import { portTarget } from '../../src/inspect/looks.js';
import { GraphView } from '../../src/inspect/view.js';

const node = (name: string, inputs: string[], output: string) => ({
  name,
  opType: name.split('/').at(-1)!,
  domain: '',
  inputs,
  outputs: [output],
});

/** x goes to three nodes side by side in the group g, of which the last node adds two. */
const graph: Graph = {
  title: '',
  nodes: [
    node('start', ['x'], 's'),
    node('/g/left', ['s'], 'l'),
    node('/g/middle', ['s'], 'm'),
    node('/g/right', ['s'], 'r'),
    node('end', ['l', 'r'], 'e'),
  ],
  inputs: ['x'],
  outputs: ['e', 'm'],
  constants: new Set(),
};

/** The number of g; the whole has the one before. */
const group = 6;

async function makeView(): Promise<GraphView> {
  const view = new GraphView(
    graph,
    groupNodes(graph),
    async (problem) => layOut(problem),
    () => ({
      width: 100,
      height: 40,
    }),
  );
  await view.update();
  return view;
}

/** What a walk leads to, by the operators on its way. */
function walk(view: GraphView, ...directions: Direction[]): string[] {
  let at: string | undefined;
  return directions.map((direction) => {
    at = stepFrom(view, at, direction) ?? at;
    return graph.nodes[Number(at)]?.opType ?? 'g';
  });
}

describe('arrow keys', () => {
  test('lead into an open group, across it, and out of it', async () => {
    const view = await makeView();
    // Which of the three is on the left is the layout's matter.
    const [first, second, third, still] = walk(
      view,
      ...(['down', 'down', 'down', 'right', 'right', 'right'] as const),
    ).slice(2);
    expect([first, second, third].toSorted()).toEqual(['left', 'middle', 'right']);
    expect(still).toBe(third);
    expect(walk(view, 'down', 'down', 'down', 'right', 'left')[4]).toBe(first);
    const around = walk(view, 'down', 'down', 'down', 'down', 'up', 'up');
    expect(around).toEqual(['start', 'g', first, 'end', 'g', 'start']);
  });

  test('pass by a closed group', async () => {
    const view = await makeView();
    await view.toggle(group);
    expect(walk(view, 'down', 'down', 'down')).toEqual(['start', 'g', 'end']);
  });
});

describe('a view', () => {
  test('opens the groups around what is revealed', async () => {
    const view = await makeView();
    await view.toggle(group);
    expect(view.boxOf('2')).toBeUndefined();
    await view.reveal(2);
    expect(view.boxOf('2')).toBeDefined();
    expect(view.selected.value).toBe('2');
  });

  test('keeps a group where it is when it is opened or closed', async () => {
    const view = await makeView();
    const before = view.camera.toScreen(view.boxOf(`${group}`)!);
    await view.toggle(group);
    expect(view.camera.toScreen(view.boxOf(`${group}`)!)).toEqual(before);
  });

  test('finds the innermost box at a point, and of open groups only their heads', async () => {
    const view = await makeView();
    const placed = view.placed.value!;
    const at = ({ x, y }: { x: number; y: number }) => boxAt(placed, { x: x + 3, y: y + 3 })?.key;
    expect(at(view.boxOf('2')!)).toBe('2');
    expect(at(view.boxOf(`${group}`)!)).toBe(`${group}`);
    const { x, y, height } = view.boxOf(`${group}`)!;
    expect(boxAt(placed, { x: x + 3, y: y + height - 3 })).toBeUndefined();
    expect(boxAt(placed, { x: -10, y: -10 })).toBeUndefined();
  });

  test('leads from a port to the node at the other end', async () => {
    const view = await makeView();
    const targets = [...boxesIn(view.placed.value!)]
      .filter(({ kind }) => kind === 'port')
      .map((port) => [port.owner, port.values.join(), portTarget(view, port)]);
    expect(targets).toEqual([
      [5, 'x', 0],
      [group, 's', 0],
      [group, 'l', 4],
      [group, 'r', 4],
      [group, 'm', 2],
      [5, 'e', 4],
      [5, 'm', 2],
    ]);
  });
});

describe('a camera', () => {
  const screen = { width: 400, height: 300 };

  test('keeps what is under the fingers there', () => {
    const camera = new Camera();
    camera.pan(-50, 20);
    const centre = { x: 130, y: 70 };
    const before = camera.toGraph(centre);
    camera.zoom(1.7, centre);
    expect(camera.toGraph(centre).x).toBeCloseTo(before.x);
    expect(camera.toGraph(centre).y).toBeCloseTo(before.y);
    camera.zoom(1e9, centre);
    expect(camera.scale).toBeLessThanOrEqual(3);
  });

  test('shows all of a graph, in the middle', () => {
    const camera = new Camera();
    camera.fit({ width: 4000, height: 1500 }, screen);
    expect(camera.toScreen({ x: 0, y: 0 }).x).toBeCloseTo(0);
    expect(camera.toScreen({ x: 2000, y: 750 }).y).toBeCloseTo(150);
  });

  test('begins at the top, where it can be read', () => {
    const camera = new Camera();
    camera.start({ width: 5000, height: 9000 }, { x: 3000, y: 18, width: 100, height: 24 }, screen);
    expect(camera.scale).toBeGreaterThanOrEqual(0.6);
    expect(camera.toScreen({ x: 3050, y: 0 }).x).toBeCloseTo(200);
    expect(camera.y).toBe(0);
  });

  test('moves no further than it has to', () => {
    const camera = new Camera();
    camera.reveal({ x: 100, y: 100, width: 50, height: 40 }, screen);
    expect([camera.x, camera.y]).toEqual([0, 0]);
    camera.reveal({ x: 800, y: 100, width: 50, height: 40 }, screen);
    expect([camera.x, camera.y]).toEqual([510, 0]);
  });
});
