// What MMDeploy's SDK is told of a super-resolution network, an upscaler heeds, too.

import { afterEach, describe, expect, test } from '@jest/globals';
import type { MMDeployFiles, UpscalerOptions } from 'fovea';
import { formModel, mix } from './support/form-models.js';
import { failureOf } from './support/errors.js';
import {
  colourful,
  largestDifference,
  makePicture,
  pixelOf,
  repeated,
} from './support/pictures.js';
import { create, releaseAll } from './support/upscalers.js';

afterEach(releaseAll);

type Transform = Record<string, unknown>;

/** As MMagic's configurations load pictures. */
const loadRgb = {
  ...{ type: 'LoadImageFromFile', key: 'img', color_type: 'color', channel_order: 'rgb' },
  imdecode_backend: 'cv2',
};
/** As MMEditing's do: in OpenCV's order. */
const loadBgr = { type: 'LoadImageFromFile', io_backend: 'disk', key: 'img', flag: 'unchanged' };
const toTensor = { type: 'ImageToTensor', keys: ['img'] };
const collect = { type: 'Collect', keys: ['img'], meta_keys: ['ori_shape'] };

const normalize = (mean: number, std: number, more: Transform = {}): Transform => ({
  ...{ type: 'Normalize', mean: [mean, mean, mean], std: [std, std, std], to_rgb: false },
  ...more,
});

function pipelineOf(transforms: readonly Transform[], net: Transform = {}): object {
  const task = { type: 'Task' };
  const prepared = { module: 'Transform', name: 'Preprocess', input: ['img'] };
  const inferred = { name: 'edsr', module: 'Net', input: ['prep_output'] };
  const made = { module: 'mmagic', name: 'postprocess', component: 'TensorToImg' };
  return {
    pipeline: {
      input: ['img'],
      output: ['post_output'],
      tasks: [
        { ...task, ...prepared, output: ['prep_output'], transforms },
        { ...task, ...inferred, output: ['infer_output'], input_map: { img: 'input' }, ...net },
        { ...task, ...made, params: { type: 'TensorToImg' }, output: ['post_output'] },
      ],
    },
  };
}

const deployOf = (task: string) => ({
  version: '1.3.1',
  task,
  models: [
    {
      ...{ name: 'edsr', net: 'end2end.onnx', weights: '', backend: 'onnxruntime' },
      ...{ precision: 'FP32', batch_size: 1, dynamic_shape: true },
    },
  ],
  customs: [],
});

const detailOf = (exported: Transform, task = 'SuperResolution') => ({
  version: '1.3.1',
  codebase: { task, codebase: 'mmagic', version: '1.2.0', pth: 'edsr.pth', config: 'edsr.py' },
  codebase_config: { type: 'mmagic', task },
  onnx_config: { type: 'onnx', opset_version: 11, save_file: 'end2end.onnx', ...exported },
  backend_config: { type: 'onnxruntime' },
  calib_config: {},
});

const filesOf = (transforms: readonly Transform[]): MMDeployFiles => ({
  pipeline: pipelineOf(transforms),
  deploy: deployOf('Restorer'),
  detail: detailOf({ input_names: ['input'], output_names: ['output'], input_shape: null }),
});

const named = { input: 'input', output: 'output' };
const plain = formModel(named);
const picture = colourful(13, 9);

/** Adds ten levels to the first channel of a network of 0..1. */
const firstBrighter = formModel({ ...named, steps: mix([], [10 / 255, 0, 0]) });

/** What becomes of the levels (0, 0, 0). */
async function added(options: UpscalerOptions): Promise<number[]> {
  const upscaler = await create(firstBrighter, options);
  return pixelOf(await upscaler.upscale(makePicture(4, 4, () => [0, 0, 0, 255])), 2, 2);
}

describe('files of MMDeploy tell', () => {
  test('all of an ordinary network', async () => {
    const mmdeploy = filesOf([loadRgb, normalize(0, 255), toTensor, collect]);
    const upscaler = await create(plain, { mmdeploy });
    expect(upscaler).toMatchObject({ range: '0..1', color: 'rgb', scale: { x: 2, y: 2 } });
    expect(largestDifference(await upscaler.upscale(picture), repeated(picture, 2))).toBe(0);
  });

  test.each<[string, string, Transform[]]>([
    ['bytes as they are', '0..255', [normalize(0, 1)]],
    ['by a standard deviation', '0..1', [normalize(0, 255)]],
    ['by rescaling', '0..1', [{ type: 'RescaleToZeroOne', keys: ['img'] }]],
    ['by rescaling and then nothing', '0..1', [{ type: 'RescaleToZeroOne' }, normalize(0, 1)]],
    ['around 0', '-1..1', [normalize(127.5, 127.5)]],
    ['around 0, after rescaling', '-1..1', [{ type: 'RescaleToZeroOne' }, normalize(0.5, 0.5)]],
    ['around 0, rounded', '-1..1', [normalize(127, 128)]],
    ['by a preprocessor', '0..255', [normalize(0, 1, { type: 'DataPreprocessor' })]],
    ['nothing, so that a trial does', '0..1', []],
  ])('the range: %s', async (_, range, transforms) => {
    const mmdeploy = { pipeline: pipelineOf([loadRgb, ...transforms, toTensor]) };
    const upscaler = await create(plain, { mmdeploy });
    expect(upscaler.range).toBe(range);
    expect(largestDifference(await upscaler.upscale(picture), repeated(picture, 2))).toBe(0);
  });

  test.each<[string, Transform[], number[]]>([
    ['RGB that stays', [loadRgb, normalize(0, 255)], [10, 0, 0]],
    ['BGR that is turned', [loadBgr, normalize(0, 255, { to_rgb: true })], [10, 0, 0]],
    [
      'BGR that is turned unless denied',
      [loadBgr, normalize(0, 255, { to_rgb: undefined })],
      [10, 0, 0],
    ],
    ['BGR that stays', [loadBgr, normalize(0, 255)], [0, 0, 10]],
    ['RGB that is turned', [loadRgb, normalize(0, 255, { to_rgb: true })], [0, 0, 10]],
    ['BGR without more', [loadBgr, { type: 'RescaleToZeroOne' }], [0, 0, 10]],
    [
      'BGR into a preprocessor',
      [loadBgr, normalize(0, 255, { type: 'EditDataPreprocessor', to_rgb: undefined })],
      [0, 0, 10],
    ],
    ['no order', [toTensor], [10, 0, 0]],
  ])('the order of colours: %s', async (_, transforms, levels) => {
    expect(await added({ mmdeploy: { pipeline: pipelineOf(transforms) } })).toEqual([
      ...levels,
      255,
    ]);
  });

  test('no order of a network of grey', async () => {
    const model = formModel({ ...named, channels: 1 });
    const load = { ...loadBgr, color_type: 'grayscale' };
    const mmdeploy = filesOf([load, { type: 'Normalize', mean: [0], std: [255] }, toTensor]);
    const upscaler = await create(model, { mmdeploy });
    expect(upscaler).toMatchObject({ color: 'luma', range: '0..1' });
    const grey = makePicture(5, 5, (x, y) => [9 * x * y, 9 * x * y, 9 * x * y, 255]);
    expect(largestDifference(await upscaler.upscale(grey), repeated(grey, 2))).toBe(0);
  });

  const several = formModel({
    ...{ input: 'second', output: 'wanted' },
    ...{ otherInputs: { first: 0 }, otherOutputs: { other: 0.25 } },
  });

  test.each<[string, MMDeployFiles]>([
    [
      'in the pipeline',
      {
        pipeline: pipelineOf([], {
          input_map: { img: 'second' },
          output_map: { output: 'wanted' },
        }),
      },
    ],
    ['in the details', { detail: detailOf({ input_names: ['second'], output_names: ['wanted'] }) }],
  ])('names: %s', async (_, mmdeploy) => {
    const upscaler = await create(several, { mmdeploy, inputs: { first: 0.5 } });
    expect(largestDifference(await upscaler.upscale(picture), repeated(picture, 2))).toBe(0);
  });

  test('the only size', async () => {
    const mmdeploy = { detail: detailOf({ input_shape: [24, 16] }) };
    const upscaler = await create(plain, { mmdeploy });
    expect(await upscaler.profile({ width: 13, height: 9 })).toMatchObject({
      width: 24,
      height: 16,
    });
    expect(largestDifference(await upscaler.upscale(picture), repeated(picture, 2))).toBe(0);
    const declared = formModel({ ...named, dims: [1, 3, 16, 24] });
    await create(declared, { mmdeploy });
    const other = formModel({ ...named, dims: [1, 3, 24, 16] });
    const error = await failureOf(create(other, { mmdeploy }));
    expect(error.message).toContain('takes 16 x 24 pixels, not 24 x 16');
  });

  test('what sizes must be multiples of', async () => {
    const padding = { type: 'Pad', size_divisor: 8 };
    for (const transform of [normalize(0, 255, { pad_size_divisor: 8 }), padding]) {
      const mmdeploy = { pipeline: pipelineOf([loadRgb, transform]) };
      const upscaler = await create(plain, { mmdeploy });
      const size = { width: 16, height: 16 };
      expect(await upscaler.profile({ width: 13, height: 9 })).toMatchObject(size);
    }
  });
});

describe('precedence', () => {
  const mmdeploy = filesOf([loadBgr, normalize(0, 255)]);

  test('options come before the files', async () => {
    expect(await added({ mmdeploy, order: 'rgb' })).toEqual([10, 0, 0, 255]);
    expect((await create(plain, { mmdeploy, range: '0..255' })).range).toBe('0..255');
  });

  test('the files come before metadata', async () => {
    const metadata = { fovea: JSON.stringify({ range: '-1..1', border: 'reflect' }) };
    const model = formModel({ ...named, metadata });
    expect((await create(model)).range).toBe('-1..1');
    expect((await create(model, { mmdeploy })).range).toBe('0..1');
  });
});

describe('files of MMDeploy are refused', () => {
  test.each<[string, MMDeployFiles, string]>([
    ['a detector', { deploy: deployOf('Detector') }, '"Detector"'],
    ['a segmentation', { detail: detailOf({}, 'Segmentation') }, '"Segmentation"'],
    [
      'a pipeline that ends otherwise',
      { pipeline: { pipeline: { tasks: [{ component: 'ResizeMask' }] } } },
      '"ResizeMask"',
    ],
    [
      "ImageNet's mean",
      {
        pipeline: pipelineOf([
          normalize(0, 1, { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] }),
        ]),
      },
      'mean [123.675,116.28,103.53] and std [58.395,57.12,57.375]',
    ],
    ['no mean', { pipeline: pipelineOf([normalize(0, 1, { mean: 'none' })]) }, 'mean "none"'],
    ['another order', { pipeline: pipelineOf([{ ...loadRgb, channel_order: 'gbr' }]) }, '"gbr"'],
    [
      'two names of one input',
      { pipeline: pipelineOf([]), detail: detailOf({ input_names: ['x', 'y'] }) },
      'the input is "input" in pipeline.json, and "x", "y" in detail.json',
    ],
    ['text', { deploy: '{"task": "Restorer"}' }, 'deploy.json is to be what JSON.parse() makes'],
  ])('%s', async (_, mmdeploy, words) => {
    const error = await failureOf(create(plain, { mmdeploy }));
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option: 'mmdeploy' } });
    expect(error.message).toContain(words);
  });

  test('names that the model does not have', async () => {
    const mmdeploy = { pipeline: pipelineOf([], { input_map: { img: 'image' } }) };
    const error = await failureOf(create(plain, { mmdeploy }));
    expect(error.message).toContain("the model has no input 'image', only 'input'");
  });

  test.each([null, 'pipeline.json', [], { pipelines: {} }])('%p', async (mmdeploy) => {
    const error = await failureOf(create(plain, { mmdeploy } as never));
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option: 'mmdeploy' } });
    expect(error.message).toContain('{ pipeline, deploy, detail }');
  });
});
