import { describe, expect, test } from '@jest/globals';
import type { Graph } from '../../src/inspect/graph.js';
import { groupNodes } from '../../src/inspect/groups/grouping.js';
import { layOut, type Problem } from '../../src/inspect/layout/lay-out.js';
import type { Rectangle } from '../../src/inspect/canvas/camera.js';
import { boxesIn, Scene } from '../../src/inspect/layout/scene.js';

const names = ['/a/1', '/a/2', '/a/b/1', '/a/b/2', '/a/b/3', '/c/1', '/c/2', '/c/3'];
const graph: Graph = {
  title: '',
  nodes: names.map((name, at) => ({
    name,
    opType: 'Relu',
    domain: '',
    inputs: [`v${at - 1}`],
    outputs: [`v${at}`],
  })),
  inputs: ['v-1'],
  outputs: ['v7'],
  constants: new Set(),
};

/** A scene, and the groups' boxes that were laid out for it. */
function sceneWithLog() {
  const laidOut: string[][] = [];
  const logged = async (problem: Problem) => {
    laidOut.push(problem.boxes.map(({ key }) => key));
    return layOut(problem);
  };
  const scene = new Scene(graph, groupNodes(graph), logged, () => ({ width: 100, height: 40 }));
  return { scene, laidOut };
}

const inside = (outer: Rectangle, inner: Rectangle) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

describe('a layout', () => {
  test('has what reads below what makes, and nothing on anything else', () => {
    const keys = Array.from({ length: 40 }, (_, at) => `${at}`);
    const boxes = keys.map((key) => ({ key, width: 100, height: 40 }));
    const links = keys.slice(1).flatMap((to, at) => [
      { from: `${at}`, to },
      { from: `${Math.floor(at / 3)}`, to },
    ]);
    const layout = layOut({ boxes, links });
    const place = (key: string) => layout.boxes.get(key)!;
    for (const { from, to } of links) expect(place(to).y).toBeGreaterThan(place(from).y);
    for (const one of keys) {
      for (const other of keys) {
        const apart =
          Math.abs(place(one).x - place(other).x) >= 100 ||
          Math.abs(place(one).y - place(other).y) >= 40;
        expect(one === other || apart).toBe(true);
      }
    }
  });

  test('takes boxes in a circle', () => {
    const boxes = ['a', 'b'].map((key) => ({ key, width: 10, height: 10 }));
    const links = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
    ];
    expect(layOut({ boxes, links }).links.every((points) => points.length > 1)).toBe(true);
  });
});

describe('a scene', () => {
  test('begins with groups closed', async () => {
    const { scene } = sceneWithLog();
    const placed = await scene.place();
    expect([...boxesIn(placed)].map(({ kind }) => kind)).toEqual([
      'port',
      'group',
      'group',
      'port',
    ]);
  });

  test('has what an open group holds within it', async () => {
    const { scene } = sceneWithLog();
    scene.set(
      scene.grouping.groups.map(({ id }) => id),
      true,
    );
    const placed = await scene.place();
    const boxes = [...boxesIn(placed)];
    expect(boxes.filter(({ kind }) => kind === 'node')).toHaveLength(names.length);
    for (const box of boxes) {
      for (const inner of box.inner ? boxesIn(box.inner) : [])
        expect(inside(box, inner)).toBe(true);
    }
    for (const { inner } of boxes) {
      for (const { points } of inner?.links ?? []) {
        for (const { x, y } of points) {
          expect(inside(inner!, { x, y, width: 0, height: 0 })).toBe(true);
        }
      }
    }
  });

  test('lays out again what is around a group that is opened, and nothing else', async () => {
    const { scene, laidOut } = sceneWithLog();
    const [whole, a, b, c] = scene.grouping.groups;
    await scene.place();
    scene.set([a!.id, c!.id], true);
    await scene.place();
    laidOut.length = 0;
    scene.set([b!.id], true);
    await scene.place();
    const keysOf = (group: typeof a) => [
      ...group!.inputs.map(({ key }) => key),
      ...group!.children.map(String),
      ...group!.outputs.map(({ key }) => key),
    ];
    expect(laidOut).toHaveLength(3);
    expect(laidOut).toEqual(expect.arrayContaining([keysOf(b), keysOf(a), keysOf(whole)]));

    laidOut.length = 0;
    scene.set([b!.id], false);
    await scene.place();
    expect(laidOut).toEqual([]);
  });
});
