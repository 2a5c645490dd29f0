// What panes show, drawn anew whenever something of it changes.

import { effect } from '@preact/signals';
import type { Pyramid, Rectangle, Size } from './pyramid.js';

type Context = CanvasRenderingContext2D;

/** Draws in the next frame whenever a signal that `draw` reads changes, until the function returned is called. */
export function drawOnChange(draw: () => void): () => void {
  let frame = 0;
  let end = () => {};
  const start = () => {
    end();
    let isFirst = true;
    // Read while it is drawn; drawn once a frame, however many signals change.
    end = effect(() => {
      if (isFirst) draw();
      else frame ||= requestAnimationFrame(restart);
      isFirst = false;
    });
  };
  const restart = () => {
    frame = 0;
    start();
  };
  start();
  return () => {
    cancelAnimationFrame(frame);
    end();
  };
}

/** The context of a canvas of that size, cleared. */
export function cleared(canvas: HTMLCanvasElement, size: Size, colorSpace: PredefinedColorSpace) {
  const width = Math.max(1, Math.round(size.width));
  const height = Math.max(1, Math.round(size.height));
  // What is drawn is in the processor's memory, too.
  const context = canvas.getContext('2d', { colorSpace, willReadFrequently: true })!;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  else context.clearRect(0, 0, width, height);
  return context;
}

/** Draws what is seen of a picture that lies at `place`; magnified, its pixels are seen as they are. */
export function drawAt(context: Context, picture: Pyramid, place: Rectangle, own = picture.width) {
  const { width, height } = context.canvas;
  const left = Math.max(place.x, 0);
  const top = Math.max(place.y, 0);
  const right = Math.min(place.x + place.width, width);
  const bottom = Math.min(place.y + place.height, height);
  if (right <= left || bottom <= top) return;
  const across = picture.width / place.width;
  const down = picture.height / place.height;
  const isExact = Math.abs(place.width - own) < 0.5 || place.width >= 2 * own;
  const smoothing = place.width > picture.shownWidth ? 'high' : 'medium';
  picture.draw(
    context,
    {
      x: (left - place.x) * across,
      y: (top - place.y) * down,
      width: (right - left) * across,
      height: (bottom - top) * down,
    },
    { x: left, y: top, width: right - left, height: bottom - top },
    isExact && picture.shownWidth >= own ? 'none' : smoothing,
  );
}

/** Draws by how much two pictures differ, `factor` times as bright. */
export function drawDifference(
  context: Context,
  [a, b]: readonly [Pyramid, Pyramid],
  place: Rectangle,
  factor: number,
): void {
  drawAt(context, a, place);
  context.globalCompositeOperation = 'difference';
  drawAt(context, b, place, a.width);
  context.globalCompositeOperation = 'source-over';
  const { width, height } = context.canvas;
  const image = context.getImageData(0, 0, width, height);
  const { data } = image;
  for (let at = 0; at < data.length; at += 4) {
    // Beyond the picture nothing is drawn.
    if (data[at + 3] === 0) continue;
    for (let channel = at; channel < at + 3; ++channel) data[channel] = data[channel]! * factor;
  }
  context.putImageData(image, 0, 0);
}
