import type { ComponentChildren } from 'preact';

/** Values by name, with what there is to say of each. Of very many, the first. */
export function ValueList({
  title,
  values,
  children,
}: {
  title: string;
  values: readonly string[];
  children?: (name: string) => ComponentChildren;
}) {
  const most = 30;
  if (values.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {values.slice(0, most).map((name, at) => (
          <li key={at} class="value">
            <span class="value-name">{name || 'left out'}</span>
            {name && children?.(name)}
          </li>
        ))}
      </ul>
      {values.length > most && <p class="hint">and {values.length - most} more</p>}
    </section>
  );
}
