import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Pyramid } from './pyramid.js';
import { cleared, drawAt, drawDifference, drawOnChange } from './drawing.js';
import type { View } from './view.js';

export type PaneKind = 'before' | 'after';

/** One picture of the stage, as far as it is seen. */
export function Pane({
  kind,
  picture,
  view,
  label,
  children,
}: {
  kind: PaneKind;
  picture: Pyramid;
  view: View;
  label: string;
  children?: ComponentChildren;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(
    () =>
      drawOnChange(() => {
        void picture.version.value;
        const context = cleared(canvas.current!, view.pane.value, picture.colorSpace);
        drawAt(context, picture, view.place.value, view.picture.value.width);
      }),
    [picture, view],
  );
  return (
    <figure class={`pane ${kind}`}>
      <canvas ref={canvas} key={picture.colorSpace} role="img" aria-label={label} />
      <figcaption aria-hidden="true">{label}</figcaption>
      {children}
    </figure>
  );
}

/** How two pictures differ, so bright that it is seen. */
export function DifferencePane({
  pictures: [a, b],
  view,
  factor,
}: {
  pictures: readonly [Pyramid, Pyramid];
  view: View;
  factor: Signal<number>;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(
    () =>
      drawOnChange(() => {
        void [a.version.value, b.version.value];
        const context = cleared(canvas.current!, view.pane.value, a.colorSpace);
        drawDifference(context, [a, b], view.place.value, factor.value);
      }),
    [a, b, view, factor],
  );
  const label = `Difference, ${factor.value} times as bright`;
  return (
    <figure class="pane difference">
      <canvas ref={canvas} key={a.colorSpace} role="img" aria-label={label} />
      <figcaption aria-hidden="true">{label}</figcaption>
    </figure>
  );
}
