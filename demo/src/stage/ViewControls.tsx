import type { Signal } from '@preact/signals';
import type { Option } from '../base/Choice.js';
import type { ViewMode } from './view.js';

export const viewModes: readonly Option<ViewMode>[] = [
  { value: 'divider', label: 'Divider' },
  { value: 'side', label: 'Side by side' },
  { value: 'loupe', label: 'Magnifier' },
  { value: 'difference', label: 'Difference' },
];

/** How bright a difference is shown. */
export function Amplification({ factor }: { factor: Signal<number> }) {
  return (
    <div class="row">
      <label for="amplification">Brightness of the difference</label>
      <input
        id="amplification"
        type="range"
        min="0"
        max="6"
        step="1"
        value={Math.log2(factor.value)}
        aria-valuetext={`${factor.value} times`}
        onInput={({ currentTarget }) => (factor.value = 2 ** currentTarget.valueAsNumber)}
      />
      <span class="figure">{factor.value}×</span>
    </div>
  );
}
