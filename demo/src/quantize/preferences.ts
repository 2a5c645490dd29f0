// What people set on this page, and what the browser remembers of it.

import { signal } from '@preact/signals';
import type { QuantizeSettings } from 'fovea/quantize';
import { ModelChoice } from '../base/model-choice/model-choice.js';
import { isOneOf, isWithin, remembered } from '../base/settings.js';

export const model = new ModelChoice('quantize');

const methods = ['auto', 'minmax', 'percentile', 'mse', 'entropy'] as const;

export const method = remembered('quantize.method', 'auto', isOneOf(...methods));
export const activations = remembered('quantize.bytes', 'uint8', isOneOf('uint8', 'int8'));
export const rounding = remembered('quantize.rounding', 'gptq', isOneOf('gptq', 'nearest'));
export const placement = remembered('quantize.where', 'fused', isOneOf('fused', 'everywhere'));
export const scales = remembered('quantize.scales', 'channel', isOneOf('channel', 'tensor'));

/** In dB; what the slider can be set to. */
export const budgets = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2] as const;

const usualBudget = budgets.indexOf(0.1);

/** The place among `budgets`. */
export const budget = remembered('quantize.budget', usualBudget, isWithin(0, budgets.length - 1));

/** Which layers stay float: those that the budget does not have, none, or those that are named. */
export type Keeping = 'auto' | 'none' | 'chosen';

export const keeping = signal<Keeping>('auto');
/** By name, where they are chosen. */
export const keptFloat = signal<readonly string[]>([]);

/** The package's options for it. */
export function quantizeSettings(): QuantizeSettings {
  const kept = keeping.value;
  return {
    method: method.value,
    activations: activations.value,
    rounding: rounding.value,
    placement: placement.value,
    perChannel: scales.value === 'channel',
    keepFloat: kept === 'auto' ? 'auto' : kept === 'none' ? [] : keptFloat.value,
    budgetDb: budgets[budget.value]!,
  };
}
