import { checkOptions } from '../base/check-options.js';
import { FoveaError } from '../base/errors.js';
import { described, isRecord } from '../base/kinds.js';
import { runOptionKinds, type RunOptions } from './run.js';
import { asTensor, isTensorLike, type Tensor, type TensorLike } from './tensor.js';

/**
 * The values wanted, by name: outputs, or any other value of the model. With tensors, results are
 * also written into those.
 */
export type Fetches = readonly string[] | Readonly<Record<string, TensorLike | null>>;

/** What run() is asked for by the arguments after its feeds. */
export interface RequestArguments {
  /** The values wanted; undefined: all outputs. */
  names: readonly string[] | undefined;
  given: ReadonlyMap<string, Tensor>;
  options: RunOptions;
}

/**
 * Reads the arguments of run() after its feeds: fetches, options, or both in this order.
 *
 * @throws FoveaError InvalidInput for what is neither
 */
export function readRequest(second: unknown, third: unknown): RequestArguments {
  const optionsAlone = third === undefined && isRecord(second) && !looksLikeFetches(second);
  const [fetches, options = {}] = optionsAlone ? [undefined, second] : [second, third];
  return { ...readFetches(fetches), options: checkOptions(options, 'run()', runOptionKinds) };
}

/** No option is null or a Tensor, and every fetch that is named by a key is one of them. */
function looksLikeFetches(second: Record<string, unknown>): boolean {
  const isTensor = isTensorLike(second);
  return isTensor || Object.values(second).some((value) => value === null || isTensorLike(value));
}

function readFetches(fetches: unknown): Pick<RequestArguments, 'names' | 'given'> {
  if (fetches === undefined) return { names: undefined, given: new Map() };
  if (Array.isArray(fetches)) return { names: readNames(fetches), given: new Map() };
  if (!isRecord(fetches) || isTensorLike(fetches)) {
    const what = isTensorLike(fetches) ? 'a Tensor' : described(fetches);
    throw invalid(
      `fetches are a list of names or an object of Tensors or null by name, not ${what}`,
    );
  }
  const given = new Map<string, Tensor>();
  for (const [name, value] of Object.entries(fetches)) {
    if (value !== null) given.set(name, asTensor(value, `what is to take '${name}'`));
  }
  const names = Object.keys(fetches);
  return { names: names.length > 0 ? names : undefined, given };
}

function readNames(names: readonly unknown[]): readonly string[] {
  const wrong = names.findIndex((name) => typeof name !== 'string');
  if (wrong >= 0) throw invalid(`fetches are named by strings, not ${described(names[wrong])}`);
  if (names.length > 0) return names as readonly string[];
  throw invalid('an empty list fetches nothing: leave it out to fetch all outputs');
}

function invalid(message: string): FoveaError {
  return new FoveaError('InvalidInput', message);
}
