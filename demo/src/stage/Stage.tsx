import './stage.css';
import { useComputed, type Signal } from '@preact/signals';
import { Divider } from '../base/Divider.js';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Pyramid, Size } from './pyramid.js';
import type { ViewMode } from './view.js';
import { followGestures } from './gestures.js';
import { Loupe } from './Loupe.js';
import { DifferencePane, Pane } from './Pane.js';
import type { View } from './view.js';
import { ZoomButtons } from './ZoomButtons.js';

export interface Side {
  picture: Pyramid;
  label: string;
}

const help = 'Arrow keys move, plus and minus zoom, 0 shows all, 1 shows actual pixels.';

/** The picture, and what it is compared with. */
export function Stage({
  view,
  mode,
  before,
  after,
  amplification,
  result,
}: {
  view: View;
  mode: Signal<ViewMode>;
  before: Side | undefined;
  after: Side | undefined;
  /** How many times as bright a difference is shown. */
  amplification: Signal<number>;
  /** How large the result is, once it is there. */
  result: Size | undefined;
}) {
  const stage = useRef<HTMLDivElement>(null);
  const shown = before && after ? mode.value : 'divider';
  const columns = shown === 'side' ? 2 : 1;
  useEffect(() => followGestures(stage.current!, view, () => mode.peek()), [view, mode]);
  useLayoutEffect(() => followSize(stage.current!, view, columns), [view, columns]);
  useLayoutEffect(
    () =>
      view.picture.subscribe(({ width, height }) =>
        stage.current!.style.setProperty('--aspect', String((columns * width) / height)),
      ),
    [view, columns],
  );
  const zoomed = useComputed(() => view.zoom.value !== undefined);
  return (
    <div
      class="stage"
      ref={stage}
      tabIndex={0}
      role="group"
      aria-label={`Picture. ${help}`}
      data-view={shown}
      data-state={result ? 'done' : before ? 'before' : 'empty'}
      data-result={result && `${result.width}x${result.height}`}
      data-zoomed={zoomed.value || undefined}
    >
      {before && after && shown === 'difference' ? (
        <DifferencePane
          pictures={[before.picture, after.picture]}
          view={view}
          factor={amplification}
        />
      ) : (
        <>
          {before && shown !== 'loupe' && <Pane kind="before" view={view} {...before} />}
          {after && <Pane kind="after" view={view} {...after} />}
        </>
      )}
      {before && after && shown === 'divider' && (
        <Divider
          stage={stage}
          split={view.split}
          label="Divider: how much of the picture is shown as before"
          isUnseen
        />
      )}
      {before && after && shown === 'loupe' && (
        <Loupe
          pictures={[before.picture, after.picture]}
          labels={[before.label, after.label]}
          view={view}
        />
      )}
      {before && <ZoomButtons view={view} />}
    </div>
  );
}

/** Keeps the view as large as the stage is, whose panes share it. */
function followSize(stage: HTMLElement, view: View, columns: number): () => void {
  const measure = () => {
    const width = Math.floor((stage.clientWidth / columns) * devicePixelRatio);
    const height = Math.floor(stage.clientHeight * devicePixelRatio);
    const pane = view.pane.peek();
    if (pane.width !== width || pane.height !== height) view.pane.value = { width, height };
  };
  const observer = new ResizeObserver(measure);
  observer.observe(stage);
  measure();
  return () => observer.disconnect();
}
