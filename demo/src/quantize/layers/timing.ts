import type { NodeProfile, TileProfile } from 'fovea';
import type { LayerReport } from 'fovea/quantize';
import { sum } from '../../base/profile-figures.js';
import { readModel, type FileGraph } from '../../inspect/onnx/model.js';
import { stepAround } from '../../inspect/running/step-around.js';
import { readersOf } from '../../inspect/graph.js';
import type { Both } from '../comparing/twins.js';

/** What runs of both models took, in milliseconds. */
export interface Timing {
  /** A tile, in pixels before it is enlarged. */
  width: number;
  height: number;
  all: Both<number>;
  /** By the layer's node; undefined where no step of its own was found. */
  layers: ReadonlyMap<string, Partial<Both<number>>>;
}

/** Finds the steps in which the layers run. */
export async function timeLayers(
  layers: readonly LayerReport[],
  models: Both<Blob>,
  profiles: Both<TileProfile>,
): Promise<Timing> {
  const float = await timesIn(models.float, profiles.float.nodes);
  const quantised = await timesIn(models.quantised, profiles.quantised.nodes);
  const { width, height } = profiles.float;
  return {
    ...{ width, height },
    all: {
      float: sum(profiles.float.nodes, 'milliseconds'),
      quantised: sum(profiles.quantised.nodes, 'milliseconds'),
    },
    layers: new Map(
      layers.map(({ node }) => [node, { float: float(node), quantised: quantised(node) }]),
    ),
  };
}

/** The time of a node's step, by the node's name. */
async function timesIn(model: Blob, steps: readonly NodeProfile[]) {
  const [graph] = readModel(new Uint8Array(await model.arrayBuffer())).graphs as [FileGraph];
  const readers = readersOf(graph);
  const places = new Map(steps.map(({ node }, at) => [node, at] as const));
  const stepOf = (node: number) => places.get(graph.engineNames[node]!);
  const isFused = (step: number) => steps[step]!.opType.startsWith('Fused');
  return (name: string): number | undefined => {
    const node = graph.engineNames.indexOf(name);
    // The quantiser may have begun with an optimised model, some of whose nodes no file has.
    const around = node < 0 ? undefined : stepAround(node, { graph, readers, stepOf, isFused });
    const step = places.get(name) ?? around;
    return step === undefined ? undefined : steps[step]!.milliseconds;
  };
}
