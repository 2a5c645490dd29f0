import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { toNhwc } from '../layout.js';
import type { Chain, ChainLayer } from '../networks/chain.js';
import { timed, type Contender } from './contender.js';

type Image = tf.Tensor4D;

type Layer = {
  /** [kernel, kernel, inputs, outputs] */
  filter: tf.Tensor4D;
  bias: tf.Tensor1D;
  activation: 'linear' | 'relu' | 'prelu';
  slopes?: tf.Tensor1D;
};

let ready: Promise<boolean> | undefined;

/** TensorFlow.js on its WebAssembly backend, which is XNNPACK; for chains of convolutions. */
export const tfjs: Contender = {
  name: 'tfjs-wasm',
  canRun: (network) => network.chain !== undefined,
  async load({ chain, dims: [, channels, height, width] }, input) {
    await (ready ??= start());
    const layers = tf.tidy(() => loadLayers(chain!));
    const pixels = toNhwc(input, channels);
    return {
      layout: 'NHWC',
      ...timed(async () => {
        const result = tf.tidy(() => {
          const image = tf.tensor4d(pixels, [1, height, width, channels]);
          return runChain(chain!, layers, image);
        });
        const data = (await result.data()) as Float32Array;
        result.dispose();
        return data;
      }),
      release: () => Promise.resolve(tf.dispose(layers)),
    };
  },
};

function start(): Promise<boolean> {
  setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  return tf.setBackend('wasm');
}

function runChain(chain: Chain, layers: Layer[], input: Image): Image {
  const features = layers.reduce(runLayer, input);
  const image: Image = tf.depthToSpace(features, chain.scale, 'NHWC');
  if (!chain.addsInput) return image;
  const [, height, width] = image.shape;
  return tf.add(image, tf.image.resizeNearestNeighbor(input, [height, width]));
}

function runLayer(x: Image, { slopes, ...layer }: Layer): Image {
  const preluActivationWeights = slopes && { preluActivationWeights: slopes };
  return tf.fused.conv2d({ x, strides: 1, pad: 'same', ...layer, ...preluActivationWeights });
}

function loadLayers({ layers, scale }: Chain): Layer[] {
  return layers.map((layer, index) => loadLayer(layer, index === layers.length - 1 ? scale : 1));
}

function loadLayer(layer: ChainLayer, shuffledBy: number): Layer {
  const { inputs, outputs, kernel, activation } = layer;
  const order = shuffleOrder(outputs, shuffledBy);
  const weights = reorder(layer.weights, order);
  return {
    filter: tf.transpose(tf.tensor4d(weights, [outputs, inputs, kernel, kernel]), [2, 3, 1, 0]),
    bias: tf.tensor1d(reorder(layer.bias, order)),
    activation: activation === 'none' ? 'linear' : activation,
    ...(activation === 'prelu' && { slopes: tf.tensor1d(layer.slopes) }),
  };
}

/** Equal parts of an array in another order. */
function reorder(source: Float32Array, order: readonly number[]): Float32Array {
  const size = source.length / order.length;
  const result = new Float32Array(source.length);
  order.forEach((from, to) => {
    result.set(source.subarray(from * size, (from + 1) * size), to * size);
  });
  return result;
}

/** TensorFlow's pixel shuffle takes channels as [row, column, colour], not [colour, row, column]. */
function shuffleOrder(channels: number, scale: number): number[] {
  const colours = channels / scale ** 2;
  return Array.from({ length: channels }, (_, i) => {
    const [position, colour] = [Math.floor(i / colours), i % colours];
    return colour * scale ** 2 + position;
  });
}
