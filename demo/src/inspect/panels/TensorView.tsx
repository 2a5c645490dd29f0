import './tensor-view.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Choice } from '../../base/Choice.js';
import { counted, shortNumber } from '../labels.js';
import { drawPlanes, planesOf, spanOf, type Planes, type Span } from '../running/planes.js';
import type { Watched, Watching } from '../running/watching.js';

/** How many pictures are shown at once. */
const perPage = 24;

/** A value that was computed, as pictures of its channels. */
export function TensorView({ watching, watched }: { watching: Watching; watched: Watched }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const pointed = useSignal('');
  const own = useSignal<'each' | 'all'>('each');
  useEffect(() => {
    heading.current?.focus();
    heading.current?.scrollIntoView({ block: 'nearest' });
  }, [watched]);
  const { channels, from } = watching;
  const { dims, numbers } = watched;
  const axis = channels.value;
  const planes = useMemo(() => planesOf(dims, numbers, axis), [numbers, axis]);
  const all = useMemo(() => spanOf(planes, 0, planes.count), [planes]);
  const { count, width, height, what } = planes;
  const shown = Array.from(
    { length: Math.min(perPage, count - from.value) },
    (_, at) => from.value + at,
  );
  const isColour = count === 3 && what === 'channel';
  return (
    <section class="tensor-view card" aria-labelledby="tensor-title">
      <header>
        <h2 id="tensor-title" ref={heading} tabIndex={-1}>
          {watched.name}
        </h2>
        <p class="hint">
          {watched.type} [{watched.dims.join(', ')}]: {counted(count, what)} of {width} × {height},
          from {shortNumber(all.min)} to {shortNumber(all.max)}
        </p>
        <button class="quiet" type="button" onClick={() => watching.clear()}>
          Close
        </button>
      </header>
      <div class="row">
        {count > 1 && (
          <Choice
            legend="White is the largest"
            chosen={own}
            options={[
              { value: 'each', label: 'of each' },
              { value: 'all', label: 'of all' },
            ]}
          />
        )}
        {watched.dims.length === 4 && (
          <Choice
            legend="Channels are"
            chosen={channels}
            options={[
              { value: 'first', label: 'the second size' },
              { value: 'last', label: 'the last size' },
            ]}
          />
        )}
        <Pages watching={watching} count={count} what={what} />
      </div>
      <div class="planes">
        {isColour && (
          <Plane {...{ planes, pointed }} shown={[0, 1, 2]} title="in colour" span={all} />
        )}
        {shown.map((plane) => (
          <Plane
            key={plane}
            {...{ planes, pointed }}
            shown={[plane]}
            title={`${what} ${plane}`}
            span={own.value === 'all' ? all : spanOf(planes, plane, plane + 1)}
          />
        ))}
      </div>
      <p class="pointed hint">
        {pointed.value || 'Point at a picture, or tap it, to read its numbers.'}
      </p>
    </section>
  );
}

function Pages({ watching, count, what }: { watching: Watching; count: number; what: string }) {
  const { from } = watching;
  if (count <= perPage) return null;
  const last = Math.min(from.value + perPage, count) - 1;
  return (
    <div class="row pages" role="group" aria-label="Which are shown">
      <button
        type="button"
        disabled={from.value === 0}
        onClick={() => (from.value = Math.max(0, from.value - perPage))}
      >
        Before
      </button>
      <span role="status">
        {what}s {from.value} to {last} of {count}
      </span>
      <button type="button" disabled={last === count - 1} onClick={() => (from.value += perPage)}>
        Next
      </button>
    </div>
  );
}

function Plane({
  planes,
  shown,
  title,
  span,
  pointed,
}: {
  planes: Planes;
  shown: readonly number[];
  title: string;
  span: Span;
  pointed: { value: string };
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const image = drawPlanes(planes, shown, span);
    const element = canvas.current!;
    element.width = image.width;
    element.height = image.height;
    element.getContext('2d')!.putImageData(image, 0, 0);
  }, [planes, shown.join(), span.min, span.max]);
  const point = (event: PointerEvent & { currentTarget: HTMLCanvasElement }) => {
    pointed.value = pointedAt(event, planes, shown, title);
  };
  const range = `${shortNumber(span.min)} to ${shortNumber(span.max)}`;
  return (
    <figure>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${title}: ${range}`}
        onPointerDown={point}
        onPointerMove={point}
        onPointerLeave={() => (pointed.value = '')}
      />
      <figcaption>
        {title} <span>{range}</span>
      </figcaption>
    </figure>
  );
}

/** The numbers under the pointer, in words. */
function pointedAt(
  { clientX, clientY, currentTarget }: PointerEvent & { currentTarget: HTMLCanvasElement },
  { width, height, at }: Planes,
  shown: readonly number[],
  title: string,
): string {
  const { left, top, width: wide, height: tall } = currentTarget.getBoundingClientRect();
  const within = (place: number, size: number) =>
    Math.min(size - 1, Math.max(0, Math.floor(place)));
  const x = within(((clientX - left) / wide) * width, width);
  const y = within(((clientY - top) / tall) * height, height);
  const numbers = shown.map((plane) => shortNumber(at(plane, x, y)));
  return `${title}, column ${x}, row ${y}: ${numbers.join(', ')}`;
}
