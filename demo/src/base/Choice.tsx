import './choice.css';
import type { Signal } from '@preact/signals';
import { useId } from 'preact/hooks';

export interface Option<T extends string> {
  value: T;
  label: string;
  /** What it means, in a few words. Shown in lists. */
  hint?: string;
  disabled?: boolean;
}

/** One of several, as a row of buttons or as a list with words on each. */
export function Choice<T extends string>({
  legend,
  options,
  chosen,
  as = 'row',
  hideLegend = false,
}: {
  legend: string;
  options: readonly Option<T>[];
  chosen: Signal<T>;
  as?: 'row' | 'list';
  hideLegend?: boolean;
}) {
  const name = useId();
  return (
    <fieldset class={`choice choice-${as}`}>
      <legend class={hideLegend ? 'unseen' : undefined}>{legend}</legend>
      <div>
        {options.map(({ value, label, hint, disabled }) => (
          <label key={value}>
            <input
              type="radio"
              name={name}
              value={value}
              checked={chosen.value === value}
              disabled={disabled}
              aria-describedby={hint ? `${name}-${value}` : undefined}
              onChange={() => (chosen.value = value)}
            />
            <span>{label}</span>
            {hint && (
              <small id={`${name}-${value}`} aria-hidden="true">
                {hint}
              </small>
            )}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
