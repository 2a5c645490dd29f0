import './divider.css';
import type { Signal } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';

/** The line between what was and what became of it. It sets --split of the stage around it. */
export function Divider({
  stage,
  split,
  label,
  isUnseen = false,
}: {
  stage: { current: HTMLElement | null };
  /** Where it is, from 0 to 1. */
  split: Signal<number>;
  label: string;
  /** Whether only keys move it, as a slider; the stage sees to dragging then. */
  isUnseen?: boolean;
}) {
  useLayoutEffect(
    () => split.subscribe((at) => stage.current!.style.setProperty('--split', `${100 * at}%`)),
    [split, stage],
  );
  return (
    <>
      <input
        class={isUnseen ? 'unseen' : 'divider'}
        type="range"
        min="0"
        max="100"
        step="0.5"
        value={100 * split.value}
        aria-label={label}
        onInput={({ currentTarget }) => (split.value = Number(currentTarget.value) / 100)}
      />
      <div class="handle" aria-hidden="true">
        <svg viewBox="0 0 24 24">
          <path d="M9 7l-5 5 5 5M15 7l5 5-5 5" />
        </svg>
      </div>
    </>
  );
}
