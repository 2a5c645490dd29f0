import type { NodeProfile, TileProfile, Upscaler } from 'fovea';

/** Odd, so that there is a median. */
export const runs = 5;

/**
 * Measures what networks do for a picture of that size, several times. Each runs once before the first runs
 * again, so that what else the machine does slows all of them.
 *
 * @throws FoveaError
 */
export async function measureProfiles(
  upscalers: readonly Upscaler[],
  { width, height }: Readonly<{ width: number; height: number }>,
  signal: AbortSignal,
): Promise<TileProfile[]> {
  const profiles: TileProfile[][] = upscalers.map(() => []);
  for (let i = 0; i < runs; ++i) {
    for (const [at, upscaler] of upscalers.entries()) {
      profiles[at]!.push(await upscaler.profile({ width, height }, { signal }));
    }
  }
  return profiles.map((measured) => {
    const [first] = measured as [TileProfile];
    const nodes = first.nodes.map((_, index) => median(measured.map(({ nodes }) => nodes[index]!)));
    return { ...first, nodes };
  });
}

/** Of several runs of a node, the one that took the median time. */
function median(nodes: NodeProfile[]): NodeProfile {
  return nodes.toSorted((a, b) => a.milliseconds - b.milliseconds)[nodes.length >> 1]!;
}

export function sum(nodes: readonly NodeProfile[], what: 'milliseconds' | 'macs'): number {
  return nodes.reduce((total, node) => total + node[what], 0);
}
