import type { Both } from '../comparing/twins.js';

/** More dB than pictures that differ have. */
const same = 200;

export function decibels(value: number, digits: number): string {
  return value < same ? `${value.toFixed(digits)} dB` : '∞ dB';
}

/** What the float model takes, and what the quantised one does. */
export function toAndFrom({ float, quantised }: Both<number>): string {
  const digits = Math.max(float, quantised) < 10 ? 1 : 0;
  return `${float.toFixed(digits)} → ${quantised.toFixed(digits)} ms`;
}

export function timesAsFast({ float, quantised }: Both<number>): string {
  const factor = float / quantised;
  if (!Number.isFinite(factor)) return 'too short to be measured';
  return `${factor.toFixed(2)} times as fast`;
}

export function inShort(value: number): string {
  return String(Number(value.toPrecision(3))).replace('-', '−');
}
