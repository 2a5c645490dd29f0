import type { LiveVideo } from './live-video.js';

/** For labels that are the buttons of the field. */
export const videoFileId = 'video-file';

/** The field by which a video is chosen, seen by its labels only. */
export function VideoFile({ live }: { live: LiveVideo }) {
  return (
    <input
      id={videoFileId}
      class="unseen"
      type="file"
      accept="video/*"
      aria-label="Choose a video"
      onChange={({ currentTarget }) => {
        const [file] = currentTarget.files ?? [];
        if (file) void live.openFile(file);
        // So that choosing the same file again is a change.
        currentTarget.value = '';
      }}
    />
  );
}
