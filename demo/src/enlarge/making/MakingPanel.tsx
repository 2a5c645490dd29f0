import './making-panel.css';
import { Choice } from '../../base/Choice.js';
import { ModelPicker } from '../../base/model-choice/ModelPicker.js';
import { megapixels } from '../../pictures/picture.js';
import { isOwn, model, target, targetChoice } from '../preferences.js';
import type { Size } from '../../stage/pyramid.js';
import { expectedSize, type Enlargement, type Fit } from './target-size.js';

const factors: readonly { value: Enlargement; label: string }[] = [
  { value: '2', label: '2×' },
  { value: '3', label: '3×' },
  { value: '4', label: '4×' },
  { value: 'pixels', label: 'Pixels' },
];

const own = { value: 'own', label: 'Auto' } as const;

const fits: readonly { value: Fit; label: string }[] = [
  { value: 'contain', label: 'Fit inside' },
  { value: 'cover', label: 'Fill, cut off the rest' },
  { value: 'fill', label: 'Stretch' },
];

/** How large the picture becomes, and by which model. */
export function MakingPanel({ picture }: { picture: Size | undefined }) {
  const options = isOwn.value ? factors : [own, ...factors];
  return (
    <section class="card panel" aria-labelledby="making-title">
      <h2 id="making-title">Enlarge it</h2>
      <div class="making-size">
        <Choice legend="How large" options={options} chosen={target.enlargement} />
        {targetChoice.value.enlargement === 'pixels' && <Pixels picture={picture} />}
        {targetChoice.value.enlargement === 'own' && (
          <p class="hint">As many times as large as the model makes it</p>
        )}
        {picture && <Expected picture={picture} />}
      </div>
      <ModelPicker choice={model} legend="By which model" />
    </section>
  );
}

function Expected({ picture }: { picture: Size }) {
  const size = expectedSize(picture, targetChoice.value);
  if (!size) return null;
  const { width, height } = size;
  return (
    <p class="hint">
      {picture.width} × {picture.height} becomes {width} × {height} pixels (
      {megapixels(width, height)})
    </p>
  );
}

function Pixels({ picture }: { picture: Size | undefined }) {
  const { width, height, fit } = target;
  const isBoth = width.value > 0 && height.value > 0;
  return (
    <div class="making-pixels">
      <div class="row">
        <Side label="Width" side={width} placeholder={picture && 2 * picture.width} />
        <span aria-hidden="true">×</span>
        <Side label="Height" side={height} placeholder={isBoth ? undefined : 'auto'} />
      </div>
      {isBoth && (
        <div class="field">
          <label for="fit">If the proportions differ</label>
          <select
            id="fit"
            value={fit.value}
            onChange={({ currentTarget }) => (fit.value = currentTarget.value as Fit)}
          >
            {fits.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </div>
      )}
    </div>
  );
}

function Side({
  label,
  side,
  placeholder,
}: {
  label: string;
  side: typeof target.width;
  placeholder: string | number | undefined;
}) {
  return (
    <input
      class="wide"
      type="number"
      inputMode="numeric"
      min="1"
      max={target.mostSide}
      step="1"
      aria-label={`${label} in pixels`}
      placeholder={placeholder === undefined ? label : String(placeholder)}
      value={side.value || ''}
      onChange={({ currentTarget }) => {
        const value = Math.round(currentTarget.valueAsNumber || 0);
        side.value = Math.min(Math.max(value, 0), target.mostSide);
      }}
    />
  );
}
