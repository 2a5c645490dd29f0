import { chainToOnnx, randomLayer } from './chain.js';
import type { Network } from './index.js';
import { Random } from './random.js';

/** Layers such as most of a network has: 3x3 of so many channels and PReLU, bytes to bytes. */
export function bodyNetwork(channels: number): Network {
  const random = new Random(1);
  const side = channels > 64 ? 64 : 128;
  const dims = [1, channels, side, side] as const;
  const layers = Array.from({ length: 6 }, () =>
    randomLayer(random, [channels, channels, 3], 'prelu'),
  );
  const chain = { layers, scale: 1, addsInput: false };
  const title = `6 layers of ${channels} channels, ${side}x${side}`;
  return { name: `body-${channels}`, title, dims, chain, model: chainToOnnx(chain, dims, random) };
}
