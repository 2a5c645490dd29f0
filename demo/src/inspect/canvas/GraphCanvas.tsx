import './graph-canvas.css';
import { useEffect, useRef } from 'preact/hooks';
import type { PlacedBox } from '../layout/scene.js';
import type { GraphView } from '../view.js';
import type { BoxLook } from './painter.js';
import { Surface } from './surface.js';

interface Props {
  view: GraphView;
  /** What is written on a box. Read again whenever signals that it reads change. */
  look: (box: PlacedBox) => BoxLook;
  /** What the chosen box is, for those who cannot see it. */
  spoken: string;
  /** Where values of a port come from or go to. */
  onPort: (box: PlacedBox) => void;
}

/** A graph that can be moved, zoomed and opened. */
export function GraphCanvas({ view, look, spoken, onPort }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface>(undefined);
  const act = (work: (surface: Surface) => void) => () => surface.current && work(surface.current);

  useEffect(() => {
    const made = new Surface(canvas.current!, view, look, onPort);
    surface.current = made;
    return () => made.end();
  }, [view]);

  return (
    <div class="graph-canvas">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-label="The model as a drawing"
        aria-describedby="graph-keys"
        onKeyDown={(event) => surface.current?.key(event)}
      />
      <p id="graph-keys" class="unseen">
        Arrow keys follow the lines, Enter opens and closes a group, plus and minus zoom, 0 shows
        all. The search beside it lists every part.
      </p>
      <p class="unseen" role="status">
        {spoken}
      </p>
      <div class="graph-tools" role="group" aria-label="View of the drawing">
        <button type="button" aria-label="Zoom in" onClick={act((to) => to.zoomBy(1.4))}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={act((to) => to.zoomBy(1 / 1.4))}>
          −
        </button>
        <button type="button" onClick={act((to) => to.fit())}>
          Show all
        </button>
      </div>
    </div>
  );
}
