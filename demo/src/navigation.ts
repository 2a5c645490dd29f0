import { byId } from './dom.js';

/** A place in the window. */
interface Point {
  x: number;
  y: number;
}

/** How near to the divider a drag must begin to move it while the picture is zoomed, in CSS pixels. */
const reachOfDivider = 24;

/**
 * Zooms by the wheel and by pinching, around the pointer, and moves a zoomed picture by dragging it.
 *
 * @param zoomBy changes the zoom by a factor
 * @param isZoomed whether the picture is larger than when all of it is shown
 */
export function navigate(zoomBy: (factor: number) => void, isZoomed: () => boolean): void {
  const viewport = byId('viewport', HTMLDivElement);
  const pictures = byId('pictures', HTMLDivElement);
  const divider = byId('divider', HTMLInputElement);
  const pointers = new Map<number, Point>();
  let drags: 'picture' | 'divider' | undefined;

  const zoomAround = (centre: Point, factor: number) => {
    const before = pictures.getBoundingClientRect();
    const [x, y] = [(centre.x - before.x) / before.width, (centre.y - before.y) / before.height];
    zoomBy(factor);
    const after = pictures.getBoundingClientRect();
    viewport.scrollBy(after.x + x * after.width - centre.x, after.y + y * after.height - centre.y);
  };

  const splitAt = ({ x }: Point) => {
    const { left, width } = pictures.getBoundingClientRect();
    divider.value = String((100 * (x - left)) / width);
    divider.dispatchEvent(new Event('input'));
  };

  const isAtDivider = ({ x }: Point) => {
    const { left, width } = pictures.getBoundingClientRect();
    const isShown = pictures.dataset.view === 'divider' && pictures.dataset.state === 'done';
    return isShown && Math.abs(left + (width * Number(divider.value)) / 100 - x) < reachOfDivider;
  };

  viewport.addEventListener(
    'wheel',
    (event) => {
      // Seen whole, there is nothing to zoom out of: the page is scrolled.
      if (event.deltaY > 0 && !isZoomed() && !event.ctrlKey) return;
      event.preventDefault();
      zoomAround({ x: event.clientX, y: event.clientY }, Math.exp(-event.deltaY / 400));
    },
    { passive: false },
  );
  viewport.addEventListener('pointerdown', ({ clientX: x, clientY: y, pointerId }) => {
    pointers.set(pointerId, { x, y });
    drags = isZoomed() ? (isAtDivider({ x, y }) ? 'divider' : 'picture') : undefined;
    if (drags) viewport.setPointerCapture(pointerId);
  });
  viewport.addEventListener('pointermove', ({ clientX: x, clientY: y, pointerId }) => {
    const last = pointers.get(pointerId);
    if (!last) return;
    const [other] = [...pointers].filter(([id]) => id !== pointerId).map(([, point]) => point);
    pointers.set(pointerId, { x, y });
    if (other) {
      const spread = (point: Point) => Math.hypot(point.x - other.x, point.y - other.y);
      const centre = { x: (x + other.x) / 2, y: (y + other.y) / 2 };
      zoomAround(centre, Math.max(spread({ x, y }), 1) / Math.max(spread(last), 1));
    } else if (drags === 'divider') splitAt({ x, y });
    else if (drags === 'picture') viewport.scrollBy(last.x - x, last.y - y);
  });
  const release = ({ pointerId }: PointerEvent) => void pointers.delete(pointerId);
  for (const type of ['pointerup', 'pointercancel'] as const) {
    viewport.addEventListener(type, release);
  }
}
