import { effect, signal, type Signal } from '@preact/signals';

const prefix = 'fovea.';

/** All that is remembered, and a way back to how each was at first. */
const resets: (() => void)[] = [];

/**
 * A signal that the browser remembers; where that is blocked, it is as any other.
 *
 * @param name of its own among all pages
 * @param isValid whether a value is one of these: what was kept may be of another version
 */
export function remembered<T>(
  name: string,
  initial: T,
  isValid: (value: unknown) => value is T,
): Signal<T> {
  const kept = read(name);
  const setting = signal(isValid(kept) ? kept : initial);
  effect(() => write(name, setting.value === initial ? undefined : setting.value));
  resets.push(() => (setting.value = initial));
  return setting;
}

/** Brings every setting back to how it was at first, which also leaves nothing of it in the browser. */
export function forgetSettings(): void {
  for (const reset of resets) reset();
}

/** Whether a value is one of these. */
export function isOneOf<const T extends string>(...values: readonly T[]) {
  return (value: unknown): value is T => (values as readonly unknown[]).includes(value);
}

/** Whether a value is a number within these. */
export function isWithin(least: number, most: number) {
  return (value: unknown): value is number =>
    typeof value === 'number' && value >= least && value <= most;
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function read(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(prefix + name) ?? 'null');
  } catch {
    // Blocked, or not what this page wrote.
    return undefined;
  }
}

function write(name: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // Blocked or full: then it is not remembered.
  }
}
