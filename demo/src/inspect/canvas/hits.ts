import type { Point } from '../layout/lay-out.js';
import { headerHeight, type PlacedBox, type PlacedGroup } from '../layout/scene.js';

/** The innermost box at a point of the graph; of open groups only their headers. */
export function boxAt(group: PlacedGroup, at: Point): PlacedBox | undefined {
  const box = group.boxes.find(({ x, y, width, height }) => {
    return at.x >= x && at.x <= x + width && at.y >= y && at.y <= y + height;
  });
  if (!box?.inner || at.y <= box.y + headerHeight) return box;
  return boxAt(box.inner, at);
}
