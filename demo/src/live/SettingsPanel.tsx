import { Choice } from '../base/Choice.js';
import { duration } from '../base/durations.js';
import { Facts } from '../base/Facts.js';
import { ModelPicker } from '../base/model-choice/ModelPicker.js';
import type { LiveVideo } from './live-video.js';
import { frameWidth, model, passes } from './preferences.js';

const widths = (['320', '480', '640', '1280'] as const).map((value) => ({ value, label: value }));

const times = [
  { value: '1', label: 'Once' },
  { value: '2', label: 'Twice' },
] as const;

/** How the video is enlarged. */
export function SettingsPanel({ live }: { live: LiveVideo }) {
  const facts = live.facts.value;
  return (
    <section class="card panel" aria-labelledby="settings-title">
      <h2 id="settings-title">How it is enlarged</h2>
      <ModelPicker choice={model} legend="What enlarges it" />
      <Choice legend="Size before" options={widths} chosen={frameWidth} />
      <p class="hint">
        Pixels from left to right. Fewer play more smoothly, more show finer things.
      </p>
      <Choice legend="Enlarge" options={times} chosen={passes} />
      <p class="hint">Twice makes it larger still, and takes several times as long.</p>
      {facts && (
        <Facts
          facts={{
            Before: facts.before,
            After: facts.after,
            'Time for a frame': duration(facts.milliseconds),
          }}
        />
      )}
    </section>
  );
}
