import { Random } from '../random.js';
import { swinir } from '../swinir.js';
import { safmn, span } from './attention.js';
import { imdn, rfdn } from './distillation.js';
import { edgeSr, xlsr } from './edge.js';
import { SparseLayers, zeroDce } from './enhancement.js';
import { blazeFace, ultraFace } from './faces.js';
import { type Features, Layers } from './layers.js';
import { mnist } from './mnist.js';
import { deepLab, shuffleNetV2 } from './mobile.js';
import { edsr, rcan, type RcanSizes } from './residual.js';
import { cuNet, uNet } from './unets.js';
import { yoloxNano } from './yolox.js';

/** Chains of convolutions of 3x3 and more; depthwise and 1x1 ones; all others. */
export type Kind = 'chain' | 'depthwise' | 'other';

/** What the literature says of a network's size. */
export interface Figures {
  parameters: number;
  /** Multiply-accumulates of one run. */
  macs: number;
  /** Of the input there; unless given, the benchmark's. */
  dims?: readonly number[];
  /** The network whose figures they are, where the benchmark's is a smaller one of its kind. */
  build?: Build;
}

/** Networks that people run, as exporters write them. Weights are random. */
export interface ZooNetwork {
  kind: Kind;
  title: string;
  /** Of the one input, `input`, in the benchmark. */
  dims: readonly number[];
  /** For tests: the least that it makes sense with, or nearly. */
  smallDims: readonly number[];
  figures: Figures;
  build: Build;
  layers?: typeof Layers;
  opset?: number;
}

/** Adds a network's nodes and gives the names of its outputs. */
type Build = (b: Layers, input: Features, dims: readonly number[]) => string[];

const image = (height: number, width = height) => [1, 3, height, width] as const;

const fullRcan = rcanOf({ groups: 10, blocks: 20, scale: 2 });

function rcanOf(sizes: RcanSizes): Build {
  return (b, input) => rcan(b, input, sizes);
}

function swinirOf(groups: number, pairs: number): Build {
  return (b, { name }, [, , height, width]) => {
    const sizes = { height: height!, width: width!, features: 60, heads: 6, window: 8 };
    return [swinir(b, name, { ...sizes, groups, pairs, scale: 2 })];
  };
}

/**
 * All networks, by name. Where their authors give no figures, those of the layers of which the papers tell were
 * added up by hand; a `G` of theirs is 1e9 multiply-accumulates unless they say that it counts operations.
 */
export const zoo: Readonly<Record<string, ZooNetwork>> = {
  mnist: {
    kind: 'chain',
    title: 'MNIST (mnist-8), 28x28',
    dims: [1, 1, 28, 28],
    smallDims: [1, 1, 28, 28],
    // Counted: 28^2 25 8, 14^2 25 8 16 and 256 10.
    figures: { parameters: 5_994, macs: 786_560 },
    build: mnist,
    opset: 8,
  },
  blazeface: {
    kind: 'depthwise',
    title: 'BlazeFace, 128x128',
    dims: image(128),
    smallDims: image(128),
    // MediaPipe's file has 0.10 million weights; counted.
    figures: { parameters: 103e3, macs: 31e6 },
    build: blazeFace,
  },
  ultraface: {
    kind: 'depthwise',
    title: 'UltraFace RFB, 320x240',
    dims: image(240, 320),
    smallDims: image(64, 96),
    // Open Model Zoo: 0.3004 M, 0.2106 GFLOPs of two each.
    figures: { parameters: 0.3004e6, macs: 0.2106e9 / 2 },
    build: ultraFace,
  },
  'yolox-nano': {
    kind: 'depthwise',
    title: 'YOLOX-nano, 416x416',
    dims: image(416),
    smallDims: image(64, 96),
    // The paper: 0.91 M, 1.08 GFLOPs of two each.
    figures: { parameters: 0.91e6, macs: 1.08e9 / 2 },
    build: yoloxNano,
  },
  deeplab: {
    kind: 'depthwise',
    title: 'MobileNetV2-DeepLab, 257x257',
    dims: [1, 257, 257, 3],
    smallDims: [1, 65, 97, 3],
    // The paper: 2.11 M, 2.75 B at 513x513.
    figures: { parameters: 2.11e6, macs: 2.75e9, dims: [1, 513, 513, 3] },
    build: deepLab,
  },
  shufflenet: {
    kind: 'depthwise',
    title: 'ShuffleNetV2 1x, 224x224',
    dims: image(224),
    smallDims: image(64, 96),
    // The paper: 146 M multiply-adds; 2.3 M parameters, of torchvision 2,278,604.
    figures: { parameters: 2_278_604, macs: 146e6 },
    build: shuffleNetV2,
  },
  imdn: {
    kind: 'chain',
    title: 'IMDN x4, 128x128',
    dims: image(128),
    smallDims: image(20, 24),
    // The paper: 715 K, 40.9 G for 1280x720.
    figures: { parameters: 715e3, macs: 40.9e9, dims: image(180, 320) },
    build: (b, input, dims) => imdn(b, input, dims, 4),
  },
  rfdn: {
    kind: 'chain',
    title: 'RFDN x4, 128x128',
    dims: image(128),
    smallDims: image(24, 32),
    // NTIRE 2022's challenge on efficient super-resolution: 0.433 M, 27.04 G at 256x256.
    figures: { parameters: 433e3, macs: 27.04e9, dims: image(256) },
    build: (b, input, dims) => rfdn(b, input, dims, 4),
  },
  xlsr: {
    kind: 'chain',
    title: 'XLSR x3, 128x128',
    dims: image(128),
    smallDims: image(17, 24),
    // The paper: 22 K. Each weight but the biases once a pixel.
    figures: { parameters: 22e3, macs: 21_616 * 128 ** 2 },
    build: (b, input) => xlsr(b, input, 3),
  },
  esr: {
    kind: 'other',
    title: 'edge-SR TM x2, 16 templates, 128x128',
    dims: [1, 1, 128, 128],
    smallDims: [1, 1, 17, 24],
    // The paper's eSR-TM_s2_K7_C16: 2 2^2 16 filters of 7x7.
    figures: { parameters: 6_272, macs: 6_272 * 128 ** 2 },
    build: (b, input, dims) => edgeSr(b, input, dims, { templates: 16, kernel: 7, scale: 2 }),
  },
  'esr-64': {
    kind: 'other',
    title: 'edge-SR TM x2, 64 templates, 128x128',
    dims: [1, 1, 128, 128],
    smallDims: [1, 1, 17, 24],
    // Four times as many as in the largest of the paper.
    figures: { parameters: 4 * 6_272, macs: 4 * 6_272 * 128 ** 2 },
    build: (b, input, dims) => edgeSr(b, input, dims, { templates: 64, kernel: 7, scale: 2 }),
  },
  'zero-dce': {
    kind: 'chain',
    title: 'Zero-DCE, 256x256',
    dims: image(256),
    smallDims: image(17, 24),
    // The paper: 79,416, 5.21 G at 256x256.
    figures: { parameters: 79_416, macs: 5.21e9 },
    build: zeroDce,
    layers: SparseLayers,
  },
  cunet: {
    kind: 'other',
    title: 'UpCUNet x2, 128x128',
    dims: image(128),
    smallDims: image(44, 52),
    // Counted.
    figures: { parameters: 1.284e6, macs: 8.14e9 },
    build: cuNet,
  },
  unet: {
    kind: 'chain',
    title: 'U-Net, 256x256',
    dims: image(256),
    smallDims: image(32, 48),
    // PyTorch Hub: 7.76 M. Counted.
    figures: { parameters: 7_763_041, macs: 12.07e9 },
    build: uNet,
  },
  edsr: {
    kind: 'chain',
    title: 'EDSR baseline x2, 128x128',
    dims: image(128),
    smallDims: image(17, 24),
    // Ahn et al. 2018 ("CARN"): 1,370 K, 316.3 G for 1280x720.
    figures: { parameters: 1_370e3, macs: 316.3e9, dims: image(360, 640) },
    build: (b, input) => edsr(b, input, 2),
  },
  rcan: {
    kind: 'other',
    title: 'RCAN (2x4 blocks) x2, 128x128',
    dims: image(128),
    smallDims: image(17, 24),
    // Of the paper's network: 15,445 K, 3,530 G for 1280x720.
    figures: { parameters: 15_445e3, macs: 3_530e9, dims: image(360, 640), build: fullRcan },
    build: rcanOf({ groups: 2, blocks: 4, scale: 2 }),
  },
  safmn: {
    kind: 'other',
    title: 'SAFMN x4, 128x128',
    dims: image(128),
    smallDims: image(16, 24),
    // The paper: 240 K, 14 G for 1280x720.
    figures: { parameters: 240e3, macs: 14e9, dims: image(176, 320) },
    build: (b, input, dims) => safmn(b, input, dims, 4),
  },
  span: {
    kind: 'other',
    title: 'SPAN-S x4, 128x128',
    dims: image(128),
    smallDims: image(17, 24),
    // The paper: 426 K. Each weight but the biases once a pixel.
    figures: { parameters: 426e3, macs: 425_232 * 128 ** 2 },
    build: (b, input) => span(b, input, 4),
  },
  'swinir-light': {
    kind: 'other',
    title: 'SwinIR lightweight x2, 64x64',
    dims: image(64),
    smallDims: image(16, 24),
    // The paper: 878 K, 195.6 G for 1280x720 without the products of attention. Exports have the tables of
    // positions gathered, and masks.
    figures: {
      parameters: 878e3 + 24 * 6 * (64 ** 2 - 15 ** 2) + 12 * 64 * 64 ** 2,
      macs: (195.6e9 * 64 ** 2) / (640 * 360) + 24 * 2 * 64 * 60 * 64 ** 2,
    },
    build: swinirOf(4, 3),
  },
};

export const zooNames: readonly string[] = Object.keys(zoo);

/** A network's .onnx file at these sizes of its input. */
export function zooModel(
  { build, layers: Chosen = Layers, opset = 17 }: Pick<ZooNetwork, 'build' | 'layers' | 'opset'>,
  dims: readonly number[],
): Uint8Array {
  const b = new Chosen(new Random(1));
  for (const output of build(b, b.feed(dims), dims)) b.output(output);
  return b.build({ opset });
}
