import type { ViewMode } from './view.js';
import type { Point, View } from './view.js';

/** How near to the divider a drag must begin to move it while the picture is zoomed, in CSS pixels. */
const reachOfDivider = 24;

/** How far an arrow key moves the picture, as a part of the pane. */
const stride = 0.1;

/** How far an arrow key moves the magnifier, as a part of the picture. */
const spotStride = 0.02;

/** Where the pointers are, and what they do. */
interface Hold {
  pointers: Map<number, Point>;
  drags: 'picture' | 'divider' | 'spot' | undefined;
}

/**
 * Wheel, pointers, touch and keys of the stage: they zoom around the pointer, move the picture, the divider and the
 * magnifier.
 *
 * @returns ends it
 */
export function followGestures(stage: HTMLElement, view: View, mode: () => ViewMode): () => void {
  const hold: Hold = { pointers: new Map(), drags: undefined };
  const ending = new AbortController();
  const { signal } = ending;
  const at = (event: MouseEvent) => placeInPane(stage, view, event);

  const begin = (event: PointerEvent) => {
    if (event.button !== 0 || (event.target as Element).closest('button')) return;
    hold.pointers.set(event.pointerId, at(event));
    hold.drags = whatDrags(view, mode(), at(event));
    if (hold.drags) stage.setPointerCapture(event.pointerId);
    if (hold.drags === 'divider') splitAt(view, at(event));
    if (hold.drags === 'spot') spotAt(view, at(event));
  };
  const move = (event: PointerEvent) => {
    const now = at(event);
    const last = hold.pointers.get(event.pointerId);
    if (mode() === 'loupe' && (event.pointerType === 'mouse' || last)) spotAt(view, now);
    if (!last) return;
    const others = [...hold.pointers].filter(([id]) => id !== event.pointerId);
    hold.pointers.set(event.pointerId, now);
    if (others[0]) pinch(view, last, now, others[0][1]);
    else if (hold.drags === 'divider') splitAt(view, now);
    else if (hold.drags === 'picture') view.panBy(now.x - last.x, now.y - last.y);
  };
  const end = ({ pointerId }: PointerEvent) => void hold.pointers.delete(pointerId);
  const wheel = (event: WheelEvent) => {
    // Seen whole, there is nothing to zoom out of: the page is scrolled.
    if (event.deltaY > 0 && view.zoom.value === undefined && !event.ctrlKey) return;
    event.preventDefault();
    view.zoomBy(Math.exp(-event.deltaY / 400), at(event));
  };
  const doubleClick = (event: MouseEvent) => {
    if ((event.target as Element).closest('button')) return;
    if (view.zoom.value === undefined) view.zoomTo(Math.max(2 * view.fitted.value, 1), at(event));
    else view.fit();
  };

  stage.addEventListener('pointerdown', begin, { signal });
  stage.addEventListener('pointermove', move, { signal });
  stage.addEventListener('pointerup', end, { signal });
  stage.addEventListener('pointercancel', end, { signal });
  stage.addEventListener('wheel', wheel, { signal, passive: false });
  stage.addEventListener('dblclick', doubleClick, { signal });
  stage.addEventListener('keydown', (event) => onKey(event, stage, view, mode()), { signal });
  return () => ending.abort();
}

/** In pixels of the screen from the upper left of its pane, of which there may be two. */
function placeInPane(stage: HTMLElement, view: View, { clientX, clientY }: MouseEvent): Point {
  const { left, top } = stage.getBoundingClientRect();
  const { width } = view.pane.value;
  const x = (clientX - left) * devicePixelRatio;
  return { x: x > width ? x - width : x, y: (clientY - top) * devicePixelRatio };
}

function whatDrags(view: View, mode: ViewMode, { x }: Point): Hold['drags'] {
  const isZoomed = view.zoom.value !== undefined;
  if (mode === 'loupe') return isZoomed ? 'picture' : 'spot';
  if (mode !== 'divider') return isZoomed ? 'picture' : undefined;
  const distance = Math.abs(x - view.split.value * view.pane.value.width) / devicePixelRatio;
  return isZoomed && distance > reachOfDivider ? 'picture' : 'divider';
}

function splitAt(view: View, { x }: Point): void {
  view.split.value = Math.min(Math.max(x / view.pane.value.width, 0), 1);
}

function spotAt(view: View, at: Point): void {
  const { x, y } = view.pictureAt(at);
  view.moveSpot(x, y);
}

function pinch(view: View, last: Point, now: Point, other: Point): void {
  const spread = (point: Point) => Math.max(Math.hypot(point.x - other.x, point.y - other.y), 1);
  const centre = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
  view.zoomBy(spread(now) / spread(last), centre);
  view.panBy((now.x - last.x) / 2, (now.y - last.y) / 2);
}

const directions: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

function onKey(event: KeyboardEvent, stage: HTMLElement, view: View, mode: ViewMode): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const direction = directions[event.key];
  // The divider has arrows of its own.
  if (direction && event.target === stage) moveBy(view, mode, direction);
  else if (event.key === '+' || event.key === '=') view.zoomBy(1.25);
  else if (event.key === '-') view.zoomBy(0.8);
  else if (event.key === '0') view.fit();
  else if (event.key === '1') view.zoomTo(1);
  else return;
  event.preventDefault();
}

function moveBy(view: View, mode: ViewMode, { x, y }: Point): void {
  const { width, height } = view.pane.value;
  if (mode === 'loupe' && view.zoom.value === undefined) {
    const spot = view.spot.value;
    view.moveSpot(spot.x + spotStride * x, spot.y + spotStride * y);
  } else view.panBy(-stride * width * x, -stride * height * y);
}
