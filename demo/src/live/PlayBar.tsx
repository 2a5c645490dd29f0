import './play-bar.css';
import { useSignal, useSignalEffect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import type { LiveVideo } from './live-video.js';
import { describeRate, isRough } from './rate-meter.js';
import { saveSnapshot } from './snapshot.js';

/** Under the video: how smoothly it plays, and what can be done with it. */
export function PlayBar({
  live,
  after,
}: {
  live: LiveVideo;
  after: RefObject<HTMLCanvasElement | null>;
}) {
  const state = live.state.value;
  const isOpen = state.kind === 'open';
  const save = async () => {
    try {
      await saveSnapshot(after.current!, isOpen ? stemOf(state.name) : 'video');
    } catch (error) {
      live.errors.value = [error];
    }
  };
  return (
    <div class="play-bar">
      <Status live={live} />
      {isOpen && state.source === 'file' && <Position video={live.video} />}
      {isOpen && (
        <div class="row">
          <button type="button" onClick={() => live.togglePause()}>
            {live.isPaused.value ? 'Play' : 'Pause'}
          </button>
          {state.source === 'file' && <SoundButton video={live.video} />}
          <button type="button" onClick={() => live.stop()}>
            {state.source === 'camera' ? 'Turn the camera off' : 'Close the video'}
          </button>
          <button
            class="primary"
            type="button"
            disabled={!live.facts.value}
            onClick={() => void save()}
          >
            Save this picture
          </button>
        </div>
      )}
    </div>
  );
}

function Status({ live }: { live: LiveVideo }) {
  const rate = live.facts.value && !live.needsModel.value && live.loop.rate.value;
  return (
    <div class="status">
      <p role="status">{stateInWords(live)}</p>
      {rate && (
        <p class="hint">
          {describeRate(rate)}.
          {isRough(rate) && ' Choose a smaller size or “Quick” for a smoother video.'}
        </p>
      )}
    </div>
  );
}

function stateInWords(live: LiveVideo): string {
  const state = live.state.value;
  if (state.kind === 'starting') return `${state.label} …`;
  if (state.kind !== 'open') return 'Nothing is playing.';
  if (live.needsModel.value) return 'Choose a model first.';
  if (!live.facts.value) return 'Getting ready …';
  if (live.isPaused.value) return 'Paused.';
  return state.source === 'camera' ? 'The camera is on.' : `Playing ${state.name}.`;
}

/** Where in the video it is; nothing for videos that do not say how long they are. */
function Position({ video }: { video: HTMLVideoElement }) {
  const time = useSignal(video.currentTime);
  const duration = useSignal(video.duration);
  useEffect(() => {
    const follow = () => {
      time.value = video.currentTime;
      duration.value = video.duration;
    };
    const types = ['timeupdate', 'durationchange', 'seeked'];
    for (const type of types) video.addEventListener(type, follow);
    return () => types.forEach((type) => video.removeEventListener(type, follow));
  }, [video]);
  if (!Number.isFinite(duration.value)) return null;
  const words = `${clock(time.value)} of ${clock(duration.value)}`;
  return (
    <label class="position">
      <input
        type="range"
        min="0"
        max={duration.value}
        step="any"
        value={time.value}
        aria-label="Position in the video"
        aria-valuetext={words}
        onInput={({ currentTarget }) => (video.currentTime = Number(currentTarget.value))}
      />
      <span aria-hidden="true">{words}</span>
    </label>
  );
}

function SoundButton({ video }: { video: HTMLVideoElement }) {
  const isOn = useSignal(!video.muted);
  useSignalEffect(() => void (video.muted = !isOn.value));
  return (
    <button type="button" aria-pressed={isOn.value} onClick={() => (isOn.value = !isOn.value)}>
      {isOn.value ? 'Sound off' : 'Sound on'}
    </button>
  );
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function stemOf(name: string): string {
  return name.replace(/\.\w+$/, '');
}
