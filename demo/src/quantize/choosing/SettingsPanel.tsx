import './settings-panel.css';
import type { Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import { Choice, type Option } from '../../base/Choice.js';
import {
  activations,
  budget,
  budgets,
  keeping,
  keptFloat,
  method,
  placement,
  rounding,
  scales,
  type Keeping,
} from '../preferences.js';
import type { Quantiser } from '../quantiser.js';

/** How far the model is quantised, and how. */
export function SettingsPanel({ quantiser }: { quantiser: Quantiser }) {
  const isBusy = quantiser.activity.value !== undefined;
  return (
    <section class="card panel" aria-labelledby="settings-title">
      <h2 id="settings-title">How far to go</h2>
      <Budget quantiser={quantiser} />
      <details>
        <summary>How it is done</summary>
        <MoreSettings />
      </details>
      <button
        class="primary"
        type="button"
        disabled={isBusy}
        onClick={() => void quantiser.start()}
      >
        Make it smaller
      </button>
      <p class="hint" role="status">
        {quantiser.status}
      </p>
    </section>
  );
}

/** While it is dragged it only says where it is; let go, it has the model made anew. */
function Budget({ quantiser }: { quantiser: Quantiser }) {
  const dragged = useSignal<number | undefined>(undefined);
  const place = dragged.value ?? budget.value;
  const isUsed = keeping.value === 'auto';
  const words = `${budgets[place]} dB`;
  return (
    <div class="field">
      <label for="budget">What may be lost</label>
      <div class="row budget">
        <input
          id="budget"
          type="range"
          min="0"
          max={budgets.length - 1}
          step="1"
          value={place}
          disabled={!isUsed}
          aria-valuetext={words}
          aria-describedby="budget-hint"
          onInput={({ currentTarget }) => (dragged.value = currentTarget.valueAsNumber)}
          onChange={({ currentTarget }) => {
            dragged.value = undefined;
            budget.value = currentTarget.valueAsNumber;
            if (quantiser.quantised.value) void quantiser.start();
          }}
        />
        <output for="budget">{words}</output>
      </div>
      <p class="hint" id="budget-hint">
        {isUsed
          ? 'Of the quality (PSNR). 0.1 dB is not seen. Layers that lose too much stay float.'
          : 'Says which layers stay float, where they are chosen by what they lose.'}
      </p>
    </div>
  );
}

const keepingOptions = [
  { value: 'auto', label: 'By loss' },
  { value: 'none', label: 'None' },
  { value: 'chosen', label: 'Chosen' },
] as const satisfies readonly Option<Keeping>[];

function MoreSettings() {
  return (
    <div class="more-settings">
      <Choice legend="Layers that stay float" options={keepingOptions} chosen={keeping} />
      {keeping.value === 'chosen' && (
        <p class="hint">
          {keptFloat.value.length === 0
            ? 'None so far: tick them in the table of layers.'
            : keptFloat.value.join(', ')}
        </p>
      )}
      <Select
        id="method"
        label="Ranges of values"
        chosen={method}
        options={[
          { value: 'auto', label: 'Whatever loses least' },
          { value: 'minmax', label: 'All that was seen' },
          { value: 'percentile', label: 'Without the outermost 0.01 %' },
          { value: 'mse', label: 'Of the least squared error' },
          { value: 'entropy', label: 'Of the least change (entropy)' },
        ]}
      />
      <Select
        id="rounding"
        label="Weights are rounded"
        chosen={rounding}
        options={[
          { value: 'gptq', label: 'to make up for others (GPTQ)' },
          { value: 'nearest', label: 'to the nearest' },
        ]}
      />
      <Select
        id="placement"
        label="Values are bytes"
        chosen={placement}
        options={[
          { value: 'fused', label: 'before each layer' },
          { value: 'everywhere', label: 'wherever other engines can' },
        ]}
      />
      <Choice
        legend="Bytes of values"
        chosen={activations}
        options={[
          { value: 'uint8', label: '0 to 255' },
          { value: 'int8', label: '−128 to 127' },
        ]}
      />
      <Choice
        legend="A scale of weights for each"
        chosen={scales}
        options={[
          { value: 'channel', label: 'Channel' },
          { value: 'tensor', label: 'Layer' },
        ]}
      />
    </div>
  );
}

function Select<T extends string>({
  id,
  label,
  options,
  chosen,
}: {
  id: string;
  label: string;
  options: readonly Option<T>[];
  chosen: Signal<T>;
}) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={chosen.value}
        onChange={({ currentTarget }) => (chosen.value = currentTarget.value as T)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}
