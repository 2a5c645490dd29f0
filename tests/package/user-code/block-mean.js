// com.example::BlockMean: of each block of `size` x `size` pixels, the mean.

function sizesOf({ attributes: { size } }, { dims: [batch, channels, height, width] }) {
  if (height % size !== 0 || width % size !== 0) {
    throw new RangeError(`blocks of ${size} x ${size} pixels do not fill ${width} x ${height}`);
  }
  return [batch, channels, height / size, width / size];
}

/** @type {import('fovea').CustomOperator} */
export default {
  domain: 'com.example',
  opType: 'BlockMean',

  infer(node, [image]) {
    return [{ type: image.type, dims: sizesOf(node, image) }];
  },

  run(node, [image]) {
    const { size } = node.attributes;
    const dims = sizesOf(node, image);
    const width = image.dims[3];
    const data = new Float32Array(dims.reduce((product, dim) => product * dim));
    for (let i = 0; i < image.data.length; ++i) {
      const row = Math.floor(i / width / size);
      const column = Math.floor((i % width) / size);
      data[row * dims[3] + column] += image.data[i] / size ** 2;
    }
    return [{ type: 'float32', dims, data }];
  },
};
