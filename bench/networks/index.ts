import { NetworkBuilder } from './builder.js';
import { type Chain, chainToOnnx, randomLayer } from './chain.js';
import { Random } from './random.js';
import { swinir } from './swinir.js';

/** A network of the benchmark. Weights are random: time does not depend on them. */
export interface Network {
  /** Short, for the command line. */
  name: string;
  title: string;
  /** Of the one input, `input`: [1, channels, height, width]. The output is called `output`. */
  dims: readonly [1, number, number, number];
  /** The same network as a plain chain of convolutions, where it is one. */
  chain?: Chain;
  /** The .onnx file. */
  model: Uint8Array;
}

/** Makes a network by name; see `networkNames` and `largeNetworkNames`. */
export function makeNetwork(name: string): Network {
  const make = makers[name];
  if (!make)
    throw new Error(`there is no network ${name}; there are ${Object.keys(makers).join(', ')}`);
  return { name, ...make(new Random(1)) };
}

/** No layers: loading it takes the time of starting the library. */
export function tinyNetwork(): Network {
  const copy = (builder: NetworkBuilder, input: string) => builder.node('Relu', [input]);
  return { name: 'tiny', ...graph('one Relu', copy, [1, 1, 1, 1], new Random(1)) };
}

/** The .onnx file of a network for photographs of any size, small enough for any page. */
export function coldStartModel(): Uint8Array {
  const random = new Random(1);
  const chain = compact(random, 16, 10, 2);
  // A trained network corrects the enlarged input a little; this one shall stay near it too.
  const last = chain.layers.at(-1)!;
  last.weights = last.weights.map((weight) => weight / 20);
  return chainToOnnx(chain, [1, 3, 'height', 'width'], random);
}

/** The input that all run a network on: random pixels, NCHW. */
export function inputFor({ dims }: { dims: readonly number[] }): Float32Array {
  return new Random(2).pixels(dims.reduce((a, b) => a * b));
}

type Maker = (random: Random) => Omit<Network, 'name'>;

const makers: Record<string, Maker> = {
  espcn: (random) => chain('ESPCN x3, 224x224', espcn(random, 3), [1, 1, 224, 224], random),
  srcnn: (random) => graph('SRCNN x3, 128x128', srcnn, [1, 3, 128, 128], random),
  fsrcnn: (random) => graph('FSRCNN x3, 224x224', fsrcnn, [1, 1, 224, 224], random),
  'compact-24x8': (random) =>
    chain('compact 24x8 x2, 256x256', compact(random, 24, 8, 2), [1, 3, 256, 256], random),
  'compact-64x16': (random) =>
    chain('SRVGG-compact 64x16 x4, 128x128', compact(random, 64, 16, 4), [1, 3, 128, 128], random),
  rrdb: (random) => graph('RRDB (2 blocks) x4, 64x64', rrdb(2), [1, 3, 64, 64], random),
  // As Real-ESRGAN's x4plus: 16.7 million parameters.
  'rrdb-23': (random) => graph('RRDB (23 blocks) x4, 128x128', rrdb(23), [1, 3, 128, 128], random),
  swinir: (random) => {
    const sizes = {
      height: 128,
      width: 128,
      features: 60,
      heads: 6,
      window: 8,
      groups: 2,
      pairs: 1,
    };
    const body = (b: NetworkBuilder, input: string) => swinir(b, input, { ...sizes, scale: 2 });
    return graph('SwinIR (2x2 layers) x2, 128x128', body, [1, 3, 128, 128], random);
  },
  'compact-16x4-1024': (random) =>
    chain('compact 16x4 x2, 1024x1024', compact(random, 16, 4, 2), [1, 3, 1024, 1024], random),
  'compact-24x8-1024': (random) =>
    chain('compact 24x8 x2, 1024x1024', compact(random, 24, 8, 2), [1, 3, 1024, 1024], random),
  'compact-64x16-256': (random) =>
    chain('SRVGG-compact 64x16 x4, 256x256', compact(random, 64, 16, 4), [1, 3, 256, 256], random),
};

/** What is measured unless others are asked for. */
export const networkNames: readonly string[] = [
  'espcn',
  'srcnn',
  'fsrcnn',
  'compact-24x8',
  'compact-64x16',
  'rrdb',
  'swinir',
];

/** Few channels on many pixels: a question of memory more than of arithmetic. */
export const largeNetworkNames: readonly string[] = ['compact-16x4-1024', 'compact-24x8-1024'];

function chain(title: string, chain: Chain, dims: Network['dims'], random: Random) {
  return { title, dims, chain, model: chainToOnnx(chain, dims, random) };
}

function graph(
  title: string,
  body: (builder: NetworkBuilder, input: string) => string,
  dims: Network['dims'],
  random: Random,
) {
  const builder = new NetworkBuilder(random);
  const result = body(builder, builder.input('input', dims));
  builder.output(builder.node('Identity', [result], {}, 'output'));
  return { title, dims, model: builder.build() };
}

/** Shi et al. 2016, in the sizes of PyTorch's example: luma only. */
function espcn(random: Random, scale: number): Chain {
  const layers = [
    randomLayer(random, [1, 64, 5], 'relu'),
    randomLayer(random, [64, 64, 3], 'relu'),
    randomLayer(random, [64, 32, 3], 'relu'),
    randomLayer(random, [32, scale ** 2, 3], 'none'),
  ];
  return { layers, scale, addsInput: false };
}

/** The compact generator of Real-ESRGAN (Wang et al. 2021): `convs` inner layers of `features`. */
function compact(random: Random, features: number, convs: number, scale: number): Chain {
  const inner = Array.from({ length: convs }, () =>
    randomLayer(random, [features, features, 3], 'prelu'),
  );
  const layers = [
    randomLayer(random, [3, features, 3], 'prelu'),
    ...inner,
    randomLayer(random, [features, 3 * scale ** 2, 3], 'none'),
  ];
  return { layers, scale, addsInput: true };
}

/** Dong et al. 2014, on an image that was enlarged first; the sizes of OpenMMLab's model. */
function srcnn(b: NetworkBuilder, input: string): string {
  const features = b.node('Relu', [b.conv(b.bicubic(input, 3), 3, 64, 9)]);
  return b.conv(b.node('Relu', [b.conv(features, 64, 32, 1)]), 32, 3, 5);
}

/** Dong et al. 2016, FSRCNN(56, 12, 4): luma only. */
function fsrcnn(b: NetworkBuilder, input: string): string {
  const layer = (x: string, inputs: number, outputs: number, kernel: number) =>
    b.prelu(b.conv(x, inputs, outputs, kernel), b.random.pixels(outputs));
  let x = layer(layer(input, 1, 56, 5), 56, 12, 1);
  for (let i = 0; i < 4; ++i) x = layer(x, 12, 12, 3);
  return b.deconv(layer(x, 12, 56, 1), 56, 1, 9, 3);
}

/** The generator of ESRGAN (Wang et al. 2018) with 2 of its blocks: 64 features, growth 32. */
const rrdb =
  (blocks: number) =>
  (b: NetworkBuilder, input: string): string => {
    const first = b.conv(input, 3, 64, 3);
    let x = first;
    for (let block = 0; block < blocks; ++block) x = residualInResidual(b, x);
    x = b.node('Add', [first, b.conv(x, 64, 64, 3)]);
    for (let i = 0; i < 2; ++i) x = b.leakyRelu(b.conv(b.nearest(x, 2), 64, 64, 3));
    return b.conv(b.leakyRelu(b.conv(x, 64, 64, 3)), 64, 3, 3);
  };

function residualInResidual(b: NetworkBuilder, input: string): string {
  let x = input;
  for (let i = 0; i < 3; ++i) x = denseBlock(b, x);
  return b.addScaled(input, x, 0.2);
}

function denseBlock(b: NetworkBuilder, input: string): string {
  const features = [input];
  for (let i = 0; i < 4; ++i) {
    features.push(b.leakyRelu(b.conv(concat(b, features), 64 + 32 * i, 32, 3)));
  }
  return b.addScaled(input, b.conv(concat(b, features), 192, 64, 3), 0.2);
}

function concat(b: NetworkBuilder, values: readonly string[]): string {
  return values.length === 1 ? values[0]! : b.node('Concat', values, { axis: 1 });
}
