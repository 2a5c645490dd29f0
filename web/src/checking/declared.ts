// The sizes that a model leaves to its caller.

import type { InputShapes, ValueInfo } from '../host/module.js';
import { FoveaError } from '../base/errors.js';
import type { Declared } from './explorer.js';

/** A size of an input: a number, or the place of one that is free. */
type InputSize = number | { readonly place: number };

/** What the sizes of a model's inputs are. */
export class InputSizes {
  /** Those that are free, each once. */
  readonly free: Declared[] = [];
  readonly #inputs: (InputSize[] | undefined)[];

  /**
   * @param given free sizes by their names
   * @throws FoveaError InvalidInput for a name that no size has
   */
  constructor(inputs: readonly ValueInfo[], given: Readonly<Record<string, number>>) {
    const named = new Set(inputs.flatMap(({ shape }) => shape ?? []));
    const known = new Set<string>();
    this.#inputs = inputs.map(({ name: input, shape }) =>
      shape?.map((size, axis): InputSize => {
        if (typeof size === 'number') return size;
        const name = size ?? nameFor(input, axis, named);
        known.add(name);
        return given[name] ?? { place: this.#place(name, axis, size !== null) };
      }),
    );
    const unknown = Object.keys(given).find((name) => !known.has(name));
    if (unknown !== undefined) throw notFree(unknown, [...known]);
  }

  /** Whether all sizes are known, none being free. */
  get areFixed(): boolean {
    return this.free.length === 0 && this.#inputs.every((sizes) => sizes !== undefined);
  }

  /** The shapes where the free sizes are these. */
  at(sizes: readonly number[]): InputShapes {
    return this.#inputs.map(
      (input) =>
        input?.map((size) => (typeof size === 'number' ? size : sizes[size.place]!)) ?? null,
    );
  }

  #place(name: string, axis: number, isNamed: boolean): number {
    const known = this.free.findIndex((size) => size.name === name);
    const isFirst = axis === 0;
    if (known < 0) return this.free.push({ name, axis, isFirst, isNamed }) - 1;
    const size = this.free[known]!;
    this.free[known] = { ...size, isFirst: size.isFirst && isFirst };
    return known;
  }
}

/** A name for a size without one, which no other has. */
function nameFor(input: string, axis: number, taken: ReadonlySet<unknown>): string {
  let name = `${input}.${axis}`;
  while (taken.has(name)) name += '_';
  return name;
}

function notFree(name: string, known: readonly string[]): FoveaError {
  const those = known.length === 0 ? 'all are fixed' : `only ${known.join(', ')}`;
  return new FoveaError('InvalidInput', `the model has no free dimension '${name}': ${those}`, {
    option: 'freeDimensionOverrides',
  });
}
