import './stage.css';
import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Divider } from '../base/Divider.js';
import type { EnlargedFrame } from './frame-enlarger.js';
import type { LiveVideo } from './live-video.js';
import { videoFileId } from './VideoFile.js';

/** The video before and after, with a line between them to drag. */
export function Stage({
  live,
  after,
}: {
  live: LiveVideo;
  after: RefObject<HTMLCanvasElement | null>;
}) {
  const stage = useRef<HTMLDivElement>(null);
  const before = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    stage.current!.prepend(live.video);
    live.onFrame((frame) => {
      draw(before.current!, frame.before);
      draw(after.current!, frame.after);
    });
  }, [live, after]);
  const split = useSignal(0.5);
  const isShown = live.facts.value !== undefined;
  return (
    <div class="stage" ref={stage}>
      <figure class="before" hidden={!isShown}>
        <canvas ref={before} role="img" aria-label="The video before" />
        <figcaption aria-hidden="true">Before</figcaption>
      </figure>
      <figure class="after" hidden={!isShown}>
        <canvas ref={after} role="img" aria-label="The video after, larger and sharper" />
        <figcaption aria-hidden="true">After</figcaption>
      </figure>
      {isShown && (
        <Divider
          stage={stage}
          split={split}
          label="Divider: how much of the video is shown as before"
        />
      )}
      <Invitation live={live} />
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, frame: EnlargedFrame['before']): void {
  const { width, height } = frame;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext('2d', { alpha: false })!.drawImage(frame, 0, 0);
}

/** What the stage says while it shows nothing. */
function Invitation({ live }: { live: LiveVideo }) {
  const state = live.state.value;
  if (state.kind === 'open') return null;
  if (state.kind === 'starting') {
    return (
      <div class="invitation">
        <p>{state.label} …</p>
        <button type="button" onClick={() => live.stop()}>
          Cancel
        </button>
      </div>
    );
  }
  return (
    <div class="invitation">
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M3 7.5h11v9H3zM14 10.5l6.5-3v9l-6.5-3z" />
      </svg>
      <p>
        {state.kind === 'away'
          ? 'The camera was turned off while you could not see this page.'
          : 'See your camera, or a video, larger and sharper while it plays.'}
      </p>
      <div class="row">
        <button class="primary" type="button" onClick={() => void live.startCamera()}>
          Turn the camera {state.kind === 'away' ? 'on again' : 'on'}
        </button>
        <label class="as-button" for={videoFileId}>
          Choose a video
        </label>
      </div>
      <p class="hint">
        You can drop a video here, too. All stays in this tab: nothing is recorded or sent.
      </p>
    </div>
  );
}
