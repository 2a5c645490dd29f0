import { FoveaError } from '../base/errors.js';
import type { ReceptiveField, ReceptiveFieldReport, FieldRequest } from '../host/module.js';
import { otherFeeds, pictureDims, type Pair } from './form.js';
import type { Network } from './network.js';
import { tryLocality, type Run } from './trial-locality.js';

/** How far a network sees, by which tiles overlap unless told. */
export interface Locality {
  /** Whether a result depends on its surroundings alone: then tiles give what the whole gives. */
  readonly isLocal: boolean;
  /** Pixels of the source within which lies what a result depends on; Infinity where it is not local. */
  readonly reach: Readonly<ReceptiveField>;
  /** By how much what lies farther changes a result at most, in levels of 0..255; 0 unless tried. */
  readonly error: number;
  /** What tells it. */
  readonly by: 'graph' | 'metadata' | 'trial';
  /** In words, for people. */
  readonly why: string;
}

/** Ways to learn how far a network sees. */
export interface LocalityTrials {
  run: Run;
  receptiveField: (request: FieldRequest) => Promise<ReceptiveFieldReport>;
}

/** The least size at which a graph is asked: beyond what networks see, so that borders play no part. */
const largeSide = 1024;

/**
 * Finds out how far a network sees: from its graph, or else by two runs on noise.
 *
 * @param grid by what a tile may be moved
 */
export async function findLocality(
  network: Network,
  grid: number,
  trials: LocalityTrials,
): Promise<Locality> {
  const report = await askGraph(network, trials);
  if (report.kind === 'local') {
    const reach = beyond(report.field, network.margin);
    return { isLocal: true, reach, error: 0, by: 'graph', why: 'the graph tells' };
  }
  const node = `the node '${report.node}' (${report.opType})`;
  if (report.kind === 'whole') {
    const why = `${node} looks at the whole picture`;
    return { isLocal: false, reach: onAllSides(Infinity), error: 0, by: 'graph', why };
  }
  if (network.reach !== undefined) {
    const why = `${node} does not tell how far it sees, but the metadata do`;
    return { isLocal: true, reach: onAllSides(network.reach), error: 0, by: 'metadata', why };
  }
  const { reach, error } = await tryLocality(network, grid, trials.run);
  const isLocal = reach < Infinity;
  const tried = isLocal
    ? `what lies farther changes results by ${error.toPrecision(2)} levels`
    : 'results depend on what lies far away';
  return {
    isLocal,
    reach: onAllSides(reach),
    error,
    by: 'trial',
    why: `${node} does not tell how far it sees; in a trial, ${tried}`,
  };
}

/** A field counted from where a result lies, which begins and ends by the margin later and earlier. */
function beyond({ left, right, top, bottom }: ReceptiveField, margin: number): ReceptiveField {
  const atLeast0 = (reach: number) => Math.max(reach, 0);
  return {
    left: atLeast0(left),
    right: atLeast0(right - 2 * margin),
    top: atLeast0(top),
    bottom: atLeast0(bottom - 2 * margin),
  };
}

const onAllSides = (reach: number): ReceptiveField => ({
  left: reach,
  right: reach,
  top: reach,
  bottom: reach,
});

/** What the graph says; where the model does not run at that size, that it does not tell. */
async function askGraph(
  network: Network,
  { receptiveField }: LocalityTrials,
): Promise<ReceptiveFieldReport> {
  const { channelsLast, fixed, input, output, multiple, scale } = network;
  const side = Math.ceil(largeSide / multiple) * multiple;
  const size: Pair = fixed ?? { x: side, y: side };
  const tile = { x: 0, y: 0, width: size.x, height: size.y };
  const others = otherFeeds(network, scale, tile).map(({ name, dims }): [string, number[]] => [
    name,
    [...dims],
  ]);
  const axes: [number, number] = channelsLast ? [1, 2] : [2, 3];
  try {
    return await receptiveField({
      input,
      output,
      shapes: Object.fromEntries([[input, pictureDims(network, size)], ...others]),
      inputAxes: axes,
      outputAxes: axes,
    });
  } catch (error) {
    if (!(error instanceof FoveaError) || error.code !== 'InvalidInput') throw error;
    const { node = '', op = '' } = error.fields;
    return { kind: 'unknown', node, opType: op };
  }
}
