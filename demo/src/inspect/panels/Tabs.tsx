import './tabs.css';
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

interface Tab<T extends string> {
  value: T;
  title: string;
  content: () => ComponentChildren;
}

/** One of several contents at a time. */
export function Tabs<T extends string>({
  label,
  tabs,
  chosen,
}: {
  label: string;
  tabs: readonly Tab<T>[];
  chosen: Signal<T>;
}) {
  const list = useRef<HTMLDivElement>(null);
  const at = tabs.findIndex(({ value }) => value === chosen.value);
  const move = (by: number) => {
    const next = (at + by + tabs.length) % tabs.length;
    chosen.value = tabs[next]!.value;
    list.current!.querySelectorAll('button')[next]!.focus();
  };
  return (
    <section class="tabs card" aria-labelledby="tabs-title">
      <h2 id="tabs-title" class="unseen">
        {label}
      </h2>
      <div
        ref={list}
        role="tablist"
        aria-labelledby="tabs-title"
        onKeyDown={({ key }) => {
          if (key === 'ArrowRight') move(1);
          if (key === 'ArrowLeft') move(-1);
        }}
      >
        {tabs.map(({ value, title }) => (
          <button
            key={value}
            id={`tab-${value}`}
            type="button"
            role="tab"
            aria-selected={value === chosen.value}
            aria-controls="tab-panel"
            tabIndex={value === chosen.value ? 0 : -1}
            onClick={() => (chosen.value = value)}
          >
            {title}
          </button>
        ))}
      </div>
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${chosen.value}`} tabIndex={0}>
        {tabs[at]!.content()}
      </div>
    </section>
  );
}
