import type { ModelInfo } from '../host/module.js';
import { declaredInMetadata } from './metadata.js';
import { formsOf } from './declared.js';
import { measureNetwork, type Geometry, type Levels } from './measuring.js';
import { OtherInputs } from './other-inputs.js';
import type { Border, Form, NetworkOptions, Trials } from './form.js';

/** A network that enlarges pictures: what it takes and what it gives. */
export interface Network extends Form, Geometry, Levels {
  blueFirst: boolean;
  border: Border;
}

/**
 * Finds out what an enlarging network takes and gives: from the options, the model's metadata, its
 * declarations, and trials with plain grey: plans for its sizes, a run for what it does at borders, and
 * more where it is not said what black and white are. What comes first holds.
 *
 * @throws FoveaError InvalidInput when the model is not of that kind, or not what is said of it
 */
export async function examineNetwork(
  info: ModelInfo,
  options: NetworkOptions,
  trials: Trials,
): Promise<Network> {
  const said = { ...declaredInMetadata(info.properties), ...given(options) };
  const others = new OtherInputs(said.inputs ?? {}, info.inputs);
  return {
    ...(await measureNetwork(trials, formsOf(info, said, others), said)),
    blueFirst: said.order === 'bgr',
    border: said.border ?? 'replicate',
  };
}

/** The options that have a value. */
function given(options: NetworkOptions): NetworkOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
