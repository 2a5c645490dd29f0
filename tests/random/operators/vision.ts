import type { GraphMaker, Value } from '../maker.js';
import { elementCount, tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

/** Where a grid reads is a number that rounding may move across a border: so it is exact. */
function gridSample(name: string): Operator {
  return {
    name,
    add(maker) {
      const { random, opset } = maker;
      const isLate = opset >= 20 && name === 'GridSample';
      const spatial = isLate && random.chance(0.3) ? 3 : 2;
      const sizes = () => Array.from({ length: spatial }, () => random.int(1, 6));
      const x = maker.input(maker.type, [random.int(1, 2), random.int(1, 3), ...sizes()]);
      const out = sizes();
      const gridDims = [x.dims[0]!, ...out, spatial];
      const grid = maker.weights(gridDims, 1.3, isLate ? x.type : 'float32');
      const cubic = spatial === 2 ? [isLate ? 'cubic' : 'bicubic'] : [];
      const modes = isLate ? ['linear', 'nearest', ...cubic] : ['bilinear', 'nearest', ...cubic];
      const attributes = {
        mode: random.of([undefined, ...modes]),
        padding_mode: random.of([undefined, 'zeros', 'border', 'reflection']),
        align_corners: random.of([undefined, 0, 1]),
      };
      const dims = [...x.dims.slice(0, 2), ...out];
      return maker.one(name, [x, grid], attributes, { dims, bound: 2 * x.bound });
    },
  };
}

const affineGrid: Operator = {
  name: 'AffineGrid',
  add(maker) {
    const { random } = maker;
    const spatial = random.of([2, 2, 3]);
    const batch = random.int(1, 2);
    const sizes = Array.from({ length: spatial }, () => random.int(1, 5));
    const theta = maker.input(maker.type, [batch, spatial, spatial + 1]);
    const size = maker.int64s([batch, random.int(1, 3), ...sizes]);
    const attributes = { align_corners: random.of([undefined, 0, 1]) };
    const dims = [batch, ...sizes, spatial];
    return maker.one('AffineGrid', [theta, size], attributes, { dims, bound: 8 });
  },
};

/** Boxes x1, y1, x2, y2 with some extent. */
function boxes(maker: GraphMaker, count: number, size: number, width = 4): Value {
  const { random } = maker;
  const numbers = Array.from({ length: count }, () => {
    const [left, top] = [random.uniform() * size, random.uniform() * size];
    const box = [left, top, left + 1 + random.uniform() * size, top + 1 + random.uniform() * size];
    return width === 5 ? [0, ...box.map(Math.round)] : box;
  });
  return maker.given(tensorOf(maker.floatType, [count, width], numbers.flat()));
}

const roiAlign: Operator = {
  name: 'RoiAlign',
  add(maker) {
    const { random, opset } = maker;
    const x = maker.input(maker.type, [random.int(1, 2), random.int(1, 3), 7, 6]);
    const count = random.int(1, 3);
    const rois = boxes(maker, count, 6);
    const batch = maker.int64s(random.ints(count, 0, x.dims[0]! - 1));
    const [height, width] = [random.int(1, 3), random.int(1, 3)];
    const attributes = {
      mode: random.of([undefined, 'avg', 'max']),
      output_height: height,
      output_width: width,
      sampling_ratio: random.of([undefined, 0, 1, 2]),
      spatial_scale: random.chance(0.5) ? { float: random.of([0.5, 1]) } : undefined,
      coordinate_transformation_mode:
        opset >= 16 ? random.of([undefined, 'half_pixel', 'output_half_pixel']) : undefined,
    };
    const dims = [count, x.dims[1]!, height, width];
    return maker.one('RoiAlign', [x, rois, batch], attributes, { dims });
  },
};

const maxRoiPool: Operator = {
  name: 'MaxRoiPool',
  add(maker) {
    const { random } = maker;
    const x = maker.input(maker.type, [1, random.int(1, 3), 7, 6]);
    const count = random.int(1, 3);
    const attributes = {
      pooled_shape: [random.int(1, 3), random.int(1, 3)],
      spatial_scale: random.chance(0.5) ? { float: random.of([0.5, 1]) } : undefined,
    };
    const dims = [count, x.dims[1]!, ...attributes.pooled_shape];
    return maker.one('MaxRoiPool', [x, boxes(maker, count, 5, 5)], attributes, { dims });
  },
};

const col2Im: Operator = {
  name: 'Col2Im',
  add(maker) {
    const { random } = maker;
    const axes = random.of([1, 2, 2, 3]);
    const each = (low: number, high: number) => random.ints(axes, low, high);
    const image = each(4, 6);
    const block = each(1, 3);
    const strides = each(1, 2);
    const dilations = each(1, random.chance(0.7) ? 1 : 2);
    const pads = random.chance(0.6) ? each(0, 0).concat(each(0, 0)) : each(0, 1).concat(each(0, 1));
    const blocks = image.map((size, i) => {
      const room = size + pads[i]! + pads[axes + i]! - dilations[i]! * (block[i]! - 1) - 1;
      return Math.floor(room / strides[i]!) + 1;
    });
    if (blocks.some((count) => count < 1)) return undefined;
    const [batch, channels] = [random.int(1, 2), random.int(1, 2)];
    const rows = channels * elementCount(block);
    const x = maker.input(maker.type, [batch, rows, elementCount(blocks)]);
    const attributes = { strides, dilations, pads };
    const inputs = [x, maker.int64s(image), maker.int64s(block)];
    const dims = [batch, channels, ...image];
    return maker.one('Col2Im', inputs, attributes, { dims, bound: 10 * x.bound });
  },
};

const deformConv: Operator = {
  name: 'DeformConv',
  add(maker) {
    const { random, type } = maker;
    const group = random.of([1, 1, 2]);
    const offsets = random.of([1, 1, 2]);
    const channels = random.of([2, 4]);
    const outputs = group * random.int(1, 3);
    const [kh, kw] = [random.int(1, 3), random.int(1, 3)];
    const [stride, dilation, pad] = [random.int(1, 2), random.int(1, 2), random.int(0, 1)];
    const size = (length: number, kernel: number) =>
      Math.floor((length + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
    const out = [size(6, kh), size(7, kw)];
    if (out.some((length) => length < 1)) return undefined;
    const x = maker.input(type, [random.int(1, 2), channels, 6, 7]);
    const places = [x.dims[0]!, offsets * kh * kw];
    const inputs = [
      x,
      maker.weights([outputs, channels / group, kh, kw]),
      maker.weights([places[0]!, 2 * places[1]!, ...out], 1.5),
      random.chance(0.5) ? maker.weights([outputs]) : undefined,
      random.chance(0.5) ? maker.weights([...places, ...out]) : undefined,
    ];
    const attributes = {
      kernel_shape: random.chance(0.5) ? [kh, kw] : undefined,
      group,
      offset_group: offsets,
      strides: [stride, stride],
      dilations: [dilation, dilation],
      pads: [pad, pad, pad, pad],
    };
    const dims = [x.dims[0]!, outputs, ...out];
    return maker.one('DeformConv', inputs, attributes, { dims, bound: 60 });
  },
};

const nonMaxSuppression: Operator = {
  name: 'NonMaxSuppression',
  add(maker) {
    const { random } = maker;
    const [batches, classes, count] = [random.int(1, 2), random.int(1, 3), random.int(1, 7)];
    const all = Array.from({ length: batches * count }, () => {
      const [y, x] = [random.uniform(), random.uniform()];
      return [y, x, y + 0.1 + random.uniform(), x + 0.1 + random.uniform()];
    });
    const numbers = all.flat();
    const isCentred = random.chance(0.3);
    const limit = (value: number) =>
      random.chance(0.85) ? maker.given(tensorOf('float32', [1], [value])) : undefined;
    const inputs = [
      maker.given(tensorOf('float32', [batches, count, 4], numbers)),
      maker.input('float32', [batches, classes, count]),
      random.chance(0.9) ? maker.int64s([random.int(0, 4)]) : undefined,
      limit(random.of([0.2, 0.5, 0.8])),
      random.chance(0.6) ? limit(random.of([0, 0.3, -1])) : undefined,
    ];
    const attributes = { center_point_box: isCentred ? 1 : undefined };
    const result = { type: 'int64' as const, dims: [1, 3], exact: true };
    return maker.end(maker.one('NonMaxSuppression', inputs, attributes, result));
  },
};

export const vision: Operator[] = [
  gridSample('GridSample'),
  gridSample('com.microsoft:GridSample'),
  affineGrid,
  roiAlign,
  maxRoiPool,
  col2Im,
  deformConv,
  nonMaxSuppression,
];
