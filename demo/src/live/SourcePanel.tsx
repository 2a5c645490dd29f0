import '../base/file-fields.css';
import type { LiveVideo } from './live-video.js';
import { cameraId } from './preferences.js';
import { videoFileId } from './VideoFile.js';

/** What is enlarged: a camera, or a video. The stage offers both as long as it is neither. */
export function SourcePanel({ live }: { live: LiveVideo }) {
  const state = live.state.value;
  if (state.kind !== 'open') return null;
  return (
    <section class="card panel" aria-labelledby="source-title">
      <h2 id="source-title">Your video</h2>
      {state.source === 'camera' ? (
        <CameraList live={live} />
      ) : (
        <button type="button" onClick={() => void live.startCamera()}>
          Use the camera
        </button>
      )}
      <label class="drop" for={videoFileId}>
        <strong>Choose {state.source === 'camera' ? 'a' : 'another'} video</strong>
        <span>or drop one anywhere</span>
      </label>
    </section>
  );
}

function CameraList({ live }: { live: LiveVideo }) {
  return (
    <div class="field">
      <label for="camera">Camera</label>
      <select
        id="camera"
        value={cameraId.value}
        onChange={({ currentTarget }) => void live.startCamera(currentTarget.value)}
      >
        {live.cameras.value.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
