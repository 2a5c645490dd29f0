import './live.css';
import { useRef } from 'preact/hooks';
import { ErrorBox } from '../base/ErrorBox.js';
import { Masthead } from '../base/Masthead.js';
import type { LiveVideo } from './live-video.js';
import { PlayBar } from './PlayBar.js';
import { SettingsPanel } from './SettingsPanel.js';
import { SourcePanel } from './SourcePanel.js';
import { Stage } from './Stage.js';
import { VideoFile } from './VideoFile.js';

export function LivePage({ live }: { live: LiveVideo }) {
  const after = useRef<HTMLCanvasElement>(null);
  return (
    <>
      <Masthead current="live.html" />
      <main>
        <section class="card work" aria-label="Video, before and after">
          <VideoFile live={live} />
          <Stage live={live} after={after} />
          <PlayBar live={live} after={after} />
          <ErrorBox errors={live.errors.value} onClose={() => (live.errors.value = [])} />
        </section>
        <div class="panels">
          <SourcePanel live={live} />
          <SettingsPanel live={live} />
        </div>
      </main>
    </>
  );
}
