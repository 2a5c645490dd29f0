import type { View } from './view.js';

/** Zooms, and says how far. */
export function ZoomButtons({ view }: { view: View }) {
  const percent = Math.round(100 * view.scale.value);
  return (
    <div class="zoom" role="group" aria-label="Zoom">
      <button type="button" aria-label="Zoom out" onClick={() => view.zoomBy(0.8)}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M3 8h10" />
        </svg>
      </button>
      <span class="figure">{percent} %</span>
      <button type="button" aria-label="Zoom in" onClick={() => view.zoomBy(1.25)}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M3 8h10M8 3v10" />
        </svg>
      </button>
      <button
        type="button"
        aria-pressed={view.zoom.value === undefined}
        onClick={() => view.fit()}
        title="All of the picture (0)"
      >
        Fit
      </button>
      <button
        type="button"
        aria-pressed={view.zoom.value === 1}
        onClick={() => view.zoomTo(1)}
        title="Each pixel of the picture as one of the screen (1)"
      >
        1:1
      </button>
    </div>
  );
}
