import type { Network, OwnNetwork } from '../../base/model-choice/networks.js';
import { networkOfFile, ownNetwork, ownNetworks } from '../../base/model-choice/networks.js';

/** What a result is compared with: a plain enlargement, another network, or a picture of the user's. */
export type Baseline = 'plain' | OwnNetwork | 'file' | 'reference';

/** A network that gives what it is given: what enlarges then is the package's bicubic resampler. */
export const plainNetwork: Network = {
  key: 'plain',
  title: 'Plain enlargement',
  source: new URL('./plain.onnx', import.meta.url),
};

export const baselines: readonly { value: Baseline; label: string }[] = [
  { value: 'plain', label: 'Plain enlargement (bicubic)' },
  ...Object.entries(ownNetworks).map(([value, { title }]) => ({
    value: value as OwnNetwork,
    label: `The model “${title}”`,
  })),
  { value: 'file', label: 'A model of mine …' },
  { value: 'reference', label: 'A picture of mine …' },
];

/** The network that makes the other picture; undefined where none does, or it is still to be given. */
export function baselineNetwork(
  baseline: Baseline,
  file: File | undefined,
  factor: number,
): Network | undefined {
  if (baseline === 'reference') return undefined;
  if (baseline === 'plain') return plainNetwork;
  if (baseline === 'file') return file && networkOfFile(file);
  return ownNetwork(baseline, factor);
}
