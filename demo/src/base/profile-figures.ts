import type { NodeProfile, TileProfile, Upscaler } from 'fovea';

/** Odd, so that there is a median. */
export const runs = 5;

/**
 * Measures what a network does for a picture of that size, several times.
 *
 * @throws FoveaError
 */
export async function measureProfile(
  upscaler: Upscaler,
  { width, height }: Readonly<{ width: number; height: number }>,
  signal: AbortSignal,
): Promise<TileProfile> {
  const profiles: TileProfile[] = [];
  for (let i = 0; i < runs; ++i)
    profiles.push(await upscaler.profile({ width, height }, { signal }));
  const [first] = profiles as [TileProfile];
  const nodes = first.nodes.map((_, index) => median(profiles.map(({ nodes }) => nodes[index]!)));
  return { ...first, nodes };
}

/** Of several runs of a node, the one that took the median time. */
function median(nodes: NodeProfile[]): NodeProfile {
  return nodes.toSorted((a, b) => a.milliseconds - b.milliseconds)[nodes.length >> 1]!;
}

export function sum(nodes: readonly NodeProfile[], what: 'milliseconds' | 'macs'): number {
  return nodes.reduce((total, node) => total + node[what], 0);
}
