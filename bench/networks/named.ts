import { makeNetwork, type Network } from './index.js';
import { zoo, zooModel } from './zoo/index.js';

/** A network's file, and the sizes of its one input. */
export type NetworkFile = Pick<Network, 'model'> & { dims: readonly number[] };

/** A network of the benchmark or of its zoo. */
export function findNetwork(name: string): NetworkFile {
  const ofZoo = zoo[name];
  if (!ofZoo) return makeNetwork(name);
  return { dims: ofZoo.dims, model: zooModel(ofZoo, ofZoo.dims) };
}
