import { expect, test } from '@jest/globals';
import type { NodeProfile, TileProfile } from 'fovea';
import type { LayerReport } from 'fovea/quantize';
import { timeLayers } from '../src/quantize/layers/timing.js';
import { OnnxBuilder } from '../../tests/support/onnx-builder.js';

/** Two convolutions, the first of which is followed by what is fused into it. */
function model(isQuantised: boolean): Blob {
  const builder = new OnnxBuilder();
  const taps = builder.constant(new Float32Array(9), [1, 1, 3, 3]);
  const x = builder.input('x', [1, 1, 8, 8]);
  const first = builder.node('Conv', [x, taps], {}, 'first');
  let bent = builder.node('Relu', [first], {}, 'bent');
  if (isQuantised) bent = builder.node('Identity', [bent], {}, 'rounded');
  builder.output(builder.node('Conv', [bent, taps], {}, 'second'));
  return new Blob([builder.build() as Uint8Array<ArrayBuffer>]);
}

function profile(steps: readonly (readonly [node: string, opType: string, time: number])[]) {
  const nodes = steps.map(([node, opType, milliseconds]) => ({ node, opType, milliseconds }));
  return { width: 8, height: 8, tiles: 1, nodes: nodes as NodeProfile[] } satisfies TileProfile;
}

const layers = ['first', 'second', 'folded', 'nowhere'].map((node) => ({ node }) as LayerReport);

test('layers are found in the steps that they run in, alone or with others', async () => {
  const timing = await timeLayers(
    layers,
    { float: model(false), quantised: model(true) },
    {
      float: profile([
        ['bent', 'FusedConv', 5],
        ['second', 'Conv', 2],
      ]),
      quantised: profile([
        ['copied', 'ToChannelsLast', 0.5],
        ['rounded', 'FusedQLinearConv', 3],
        ['second', 'Conv', 1],
        ['folded', 'FusedConv', 4],
      ]),
    },
  );
  expect(timing.all).toEqual({ float: 7, quantised: 8.5 });
  expect(Object.fromEntries(timing.layers)).toEqual({
    first: { float: 5, quantised: 3 },
    second: { float: 2, quantised: 1 },
    folded: { float: undefined, quantised: 4 },
    nowhere: { float: undefined, quantised: undefined },
  });
});
