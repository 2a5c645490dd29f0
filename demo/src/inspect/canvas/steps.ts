import { groupById } from '../graph.js';
import type { GraphView } from '../view.js';
import { boxesIn, type PlacedBox, type PlacedGroup } from '../layout/scene.js';

export type Direction = 'up' | 'down' | 'left' | 'right';

/**
 * The box that an arrow key leads to: up and down along the lines, into open groups and out of them;
 * left and right to what is beside it.
 */
export function stepFrom(
  view: GraphView,
  key: string | undefined,
  direction: Direction,
): string | undefined {
  const placed = view.placed.value;
  if (!placed) return undefined;
  const box = key === undefined ? undefined : view.boxOf(key);
  if (!box) return placed.boxes.find(({ kind }) => kind !== 'port')?.key;
  if (direction === 'left' || direction === 'right') return beside(placed, box, direction);
  if (direction === 'down' && box.inner) return firstIn(box.inner) ?? box.key;
  return along(placed, view, box, direction);
}

function along(
  placed: PlacedGroup,
  view: GraphView,
  box: PlacedBox,
  direction: 'up' | 'down',
): string | undefined {
  const around = groupWith(placed, box);
  if (!around) return undefined;
  const [near, far] = direction === 'down' ? (['from', 'to'] as const) : (['to', 'from'] as const);
  const others = around.links.filter((link) => link[near] === box.key).map((link) => link[far]);
  const other = others.find((key) =>
    around.boxes.some((at) => at.key === key && at.kind !== 'port'),
  );
  if (other !== undefined) return other;
  // Nothing but ports: out of the group.
  const outer = groupById(view.graph, view.grouping, box.owner);
  if (!outer || outer.parent < 0) return undefined;
  const outerBox = view.boxOf(String(outer.id))!;
  return direction === 'up' ? outerBox.key : along(placed, view, outerBox, direction);
}

function groupWith(group: PlacedGroup, box: PlacedBox): PlacedGroup | undefined {
  if (group.group.id === box.owner) return group;
  for (const { inner } of group.boxes) {
    const found = inner && groupWith(inner, box);
    if (found) return found;
  }
  return undefined;
}

function firstIn(group: PlacedGroup): string | undefined {
  const boxes = group.boxes.filter(({ kind }) => kind !== 'port');
  return boxes.toSorted((a, b) => a.y - b.y || a.x - b.x)[0]?.key;
}

/** The nearest on that side among those at about the same height. */
function beside(
  placed: PlacedGroup,
  box: PlacedBox,
  direction: 'left' | 'right',
): string | undefined {
  const sign = direction === 'left' ? -1 : 1;
  const middle = (one: PlacedBox) => ({ x: one.x + one.width / 2, y: one.y + one.height / 2 });
  const here = middle(box);
  const distances = [...boxesIn(placed)]
    .filter(({ kind, owner }) => kind !== 'port' && owner === box.owner)
    .map((other) => {
      const there = middle(other);
      const across = sign * (there.x - here.x);
      return { key: other.key, across, distance: across + 3 * Math.abs(there.y - here.y) };
    })
    .filter(({ across, distance }) => across > 1 && distance < 4 * across);
  return distances.toSorted((a, b) => a.distance - b.distance)[0]?.key;
}
