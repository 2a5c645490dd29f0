import type { LiveVideo } from './live-video.js';
import { cameraId } from './preferences.js';

/** What is enlarged: a camera, or a video. */
export function SourcePanel({ live }: { live: LiveVideo }) {
  const state = live.state.value;
  const isCamera = state.kind === 'open' && state.source === 'camera';
  return (
    <section class="card panel" aria-labelledby="source-title">
      <h2 id="source-title">Your video</h2>
      {isCamera ? (
        <CameraList live={live} />
      ) : (
        <button type="button" onClick={() => void live.startCamera()}>
          Use the camera
        </button>
      )}
      <label class="drop" for="video-file">
        <strong>Choose a video</strong>
        <span>or drop one anywhere</span>
      </label>
      <input
        id="video-file"
        class="unseen"
        type="file"
        accept="video/*"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file) void live.openFile(file);
          // So that choosing the same file again is a change.
          currentTarget.value = '';
        }}
      />
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
