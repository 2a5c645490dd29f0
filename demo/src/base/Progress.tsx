import './progress.css';
import { timeLeft } from './durations.js';

/** A piece of work, and how far it is. */
export interface Activity {
  /** What is done. */
  label: string;
  /** From 0 to 1; undefined while that is not known. */
  part?: number | undefined;
  secondsLeft?: number | undefined;
}

/** How far a piece of work is, and a way to end it. */
export function Progress({
  label,
  part,
  secondsLeft,
  onCancel,
}: Activity & { onCancel?: () => void }) {
  return (
    <div class="progress">
      <progress aria-label={label} {...(part === undefined ? {} : { value: part })} />
      <span class="progress-words">
        {part === undefined ? '' : `${Math.floor(100 * part)} %`}
        {secondsLeft === undefined ? '' : `, ${timeLeft(secondsLeft)}`}
      </span>
      {onCancel && (
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      )}
    </div>
  );
}
