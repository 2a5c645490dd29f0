import { everywhere, outcome, plain, type Program } from '../program.js';

const gpuBuffer = { size: 8, mapState: 'unmapped' } as GPUBuffer;
const mlTensor = { destroy: () => {} };

/** Tensors that hold what a device has; there is none in these programs. */
export const devices: Program[] = [
  everywhere('a tensor in a texture', async ({ Tensor }) => {
    const texture = { isTexture: true } as WebGLTexture;
    const disposed: string[] = [];
    const tensor = Tensor.fromTexture(texture, {
      width: 2,
      height: 1,
      format: 'RGBA',
      download: async () => new Float32Array(8).fill(3),
      dispose: () => void disposed.push('texture'),
    });
    const { type, dims, size, location } = tensor;
    const before = [tensor.texture === texture, await outcome(() => tensor.data)];
    const owned = await outcome(() => tensor.reshape([8]));
    const data = await tensor.getData(true);
    return { type, dims, size, location, before, owned, data, after: plain(tensor), disposed };
  }),
  everywhere('a tensor in a buffer of a GPU', async ({ Tensor }) => {
    const disposed: string[] = [];
    const tensor = Tensor.fromGpuBuffer(gpuBuffer, {
      dataType: 'int32',
      dims: [2],
      download: async () => Int32Array.of(1, 2),
      dispose: () => void disposed.push('buffer'),
    });
    const both = await Promise.all([
      outcome(() => tensor.getData()),
      outcome(() => tensor.getData()),
      outcome(() => tensor.dispose()),
    ]);
    const { type, dims, size, location } = tensor;
    const same = (tensor.gpuBuffer as unknown) === gpuBuffer;
    tensor.dispose();
    return { both, type, dims, size, location, same, after: tensor.location, disposed };
  }),
  everywhere('a tensor of WebNN', async ({ Tensor }) => {
    const tensor = Tensor.fromMLTensor(mlTensor, { dataType: 'uint8', dims: [4] });
    const turned = tensor.reshape([2, 2]);
    return [
      [tensor.type, tensor.location, turned.dims, turned.location],
      [tensor.mlTensor === mlTensor, turned.mlTensor === mlTensor],
      await outcome(() => tensor.getData()),
      await outcome(() => tensor.texture),
    ];
  }),
  everywhere('tensors of what a device does not hold', async ({ Tensor }) => [
    await outcome(() =>
      Tensor.fromGpuBuffer(gpuBuffer, { dataType: 'string' as never, dims: [1] }),
    ),
    await outcome(() => Tensor.fromMLTensor(mlTensor, { dataType: 'int16' as never, dims: [1] })),
    await outcome(() => Tensor.fromGpuBuffer(gpuBuffer, { dims: [-1] })),
    Tensor.fromGpuBuffer(gpuBuffer, { dims: [1] }).type,
  ]),
  everywhere('a tensor of a pinned buffer', async ({ Tensor }) => {
    const data = Float32Array.of(1, 2);
    const tensor = Tensor.fromPinnedBuffer('float32', data, [1, 2]);
    return [
      plain(tensor),
      tensor.data === data,
      plain(tensor.reshape([2])),
      plain(Tensor.fromPinnedBuffer('int8', Int8Array.of(1))),
      await outcome(() => Tensor.fromPinnedBuffer('int8', data as never)),
    ];
  }),
  everywhere('what a tensor in memory is not on', async ({ Tensor }) => {
    const tensor = new Tensor('float32', [1]);
    return Promise.all([
      outcome(() => tensor.texture),
      outcome(() => tensor.gpuBuffer),
      outcome(() => tensor.mlTensor),
    ]);
  }),
];
