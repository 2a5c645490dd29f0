import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Pyramid } from './pyramid.js';
import { cleared, drawAt, drawOnChange } from './drawing.js';
import type { View } from './view.js';

/** How much larger than beside it the picture is under the magnifier, at least. */
const magnification = 3;

/** So large are its pixels at least, so that they are seen. */
const leastScale = 3;
const mostScale = 24;

/** Between the place that is magnified and the magnifier, in CSS pixels. */
const gap = 28;

/** Shows the same place of two pictures side by side, magnified, near that place. */
export function Loupe({
  pictures: [before, after],
  labels,
  view,
}: {
  pictures: readonly [Pyramid, Pyramid];
  labels: readonly [string, string];
  view: View;
}) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(
    () =>
      drawOnChange(() => {
        void [before.version.value, after.version.value];
        const element = box.current!;
        putNear(element, view);
        for (const [index, canvas] of [...element.querySelectorAll('canvas')].entries()) {
          drawMagnified(canvas, index === 0 ? before : after, view);
        }
      }),
    [before, after, view],
  );
  return (
    <>
      <div class="spot" aria-hidden="true" />
      <div class="loupe" ref={box}>
        {labels.map((label, index) => (
          <figure key={index}>
            <canvas role="img" aria-label={`${label}, magnified`} />
            <figcaption aria-hidden="true">{label}</figcaption>
          </figure>
        ))}
      </div>
    </>
  );
}

function drawMagnified(canvas: HTMLCanvasElement, picture: Pyramid, view: View): void {
  const size = {
    width: canvas.clientWidth * devicePixelRatio,
    height: canvas.clientHeight * devicePixelRatio,
  };
  const context = cleared(canvas, size, picture.colorSpace);
  // A whole number, so that all pixels are seen as large.
  const scale = Math.min(
    Math.max(Math.round(magnification * view.scale.value), leastScale),
    mostScale,
  );
  const [{ x, y }, { width, height }] = [view.spot.value, view.picture.value];
  const place = {
    x: Math.round(size.width / 2 - x * width * scale),
    y: Math.round(size.height / 2 - y * height * scale),
    width: width * scale,
    height: height * scale,
  };
  drawAt(context, picture, place, width);
}

/** Above the place, or below where it does not fit. */
function putNear(element: HTMLElement, view: View): void {
  const place = view.place.value;
  const spot = view.spot.value;
  const x = (place.x + spot.x * place.width) / devicePixelRatio;
  const y = (place.y + spot.y * place.height) / devicePixelRatio;
  const stage = element.parentElement!;
  const mark = element.previousElementSibling as HTMLElement;
  mark.style.translate = `${x}px ${y}px`;
  const left = Math.min(
    Math.max(x - element.offsetWidth / 2, 4),
    stage.clientWidth - element.offsetWidth - 4,
  );
  const above = y - gap - element.offsetHeight;
  const below = Math.min(y + gap, stage.clientHeight - element.offsetHeight - 4);
  element.style.translate = `${left}px ${above >= 4 ? above : below}px`;
}
