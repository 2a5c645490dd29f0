import type { ModelInfo } from '../host/module.js';
import { declaredInMetadata } from './metadata.js';
import { formsOf } from './declared.js';
import { declaredByMMDeploy } from './mmdeploy.js';
import { measureNetwork, type Geometry, type Levels } from './measuring.js';
import { OtherInputs } from './other-inputs.js';
import {
  notForPictures,
  type Border,
  type Form,
  type NetworkOptions,
  type Trials,
} from './form.js';

/** A network that enlarges pictures: what it takes and what it gives. */
export interface Network extends Form, Geometry, Levels {
  blueFirst: boolean;
  /** What lies beyond a picture, where the network is to see it. */
  border: Exclude<Border, 'none'>;
  /** How far it sees, as its metadata say. */
  reach: number | undefined;
}

/**
 * Finds out what an enlarging network takes and gives: from the options, MMDeploy's files, the model's
 * metadata, its declarations, and trials with plain grey: plans for its sizes, a run for what it does at borders, and
 * more where it is not said what black and white are. What comes first holds.
 *
 * @throws FoveaError InvalidInput when the model is not of that kind, or not what is said of it
 */
export async function examineNetwork(
  info: ModelInfo,
  options: NetworkOptions,
  trials: Trials,
): Promise<Network> {
  const { mmdeploy, ...told } = given(options);
  const said = {
    ...declaredInMetadata(info.properties),
    ...declaredByMMDeploy(mmdeploy),
    ...told,
  };
  const others = new OtherInputs(said.inputs ?? {}, info.inputs);
  const measured = await measureNetwork(trials, formsOf(info, said, others), said);
  const { offset = measured.margin, order, border = 'replicate', reach } = said;
  if (offset !== measured.margin) {
    throw notForPictures(
      `its metadata say that ${offset} pixels are lost at each border, and it loses ${measured.margin}`,
    );
  }
  return {
    ...measured,
    blueFirst: order === 'bgr',
    border: border === 'none' ? 'replicate' : border,
    reach,
  };
}

/** The options that have a value. */
function given(options: NetworkOptions): NetworkOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
