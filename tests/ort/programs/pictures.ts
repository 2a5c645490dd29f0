import { inPage, outcome, plain, type Ort, type Program } from '../program.js';

type Tensor = InstanceType<Ort['Tensor']>;

const [width, height] = [3, 2];

/** Opaque pixels, all different: what a canvas keeps to the last bit. */
function pixels(): ImageData {
  const data = Array.from({ length: width * height }, (_, i) => [
    i * 40,
    255 - i * 30,
    i * 11,
    255,
  ]);
  return new ImageData(Uint8ClampedArray.from(data.flat()), width, height);
}

function canvas(): HTMLCanvasElement {
  const made = Object.assign(document.createElement('canvas'), { width, height });
  made.getContext('2d')!.putImageData(pixels(), 0, 0);
  return made;
}

async function element(): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = canvas().toDataURL();
  await image.decode();
  return image;
}

const norms = [
  undefined,
  { bias: 10, mean: 127.5 },
  { bias: [1, 2, 3], mean: [10, 20, 30] },
  { bias: [1, 2, 3, 4], mean: [10, 20, 30, 40] },
] as ({ bias: number; mean: number } | undefined)[];
const formats = ['RGB', 'RGBA', 'BGR', 'RBG'] as const;

const fromPictures: Program[] = [
  inPage('a tensor of pixels', async ({ Tensor }) => plain(await Tensor.fromImage(pixels()))),
  ...formats.map((tensorFormat) =>
    inPage(`a tensor of pixels as ${tensorFormat}`, async ({ Tensor }) =>
      Promise.all(
        norms.map(async (norm) =>
          plain(await Tensor.fromImage(pixels(), { tensorFormat, norm: norm! })),
        ),
      ),
    ),
  ),
  inPage('a tensor of pixels of another size', async ({ Tensor }) => {
    const smaller = { resizedWidth: 2, resizedHeight: 1 };
    const larger = { resizedWidth: 5, resizedHeight: 4 };
    return [
      plain(await Tensor.fromImage(pixels(), smaller)),
      plain(await Tensor.fromImage(pixels(), larger)),
      plain(await Tensor.fromImage(pixels(), { resizedWidth: 1 })),
    ];
  }),
  inPage('a tensor of pixels as bytes', async ({ Tensor }) =>
    plain(await Tensor.fromImage(pixels(), { dataType: 'uint8', tensorLayout: 'NCHW' })),
  ),
  inPage('a tensor of an element', async ({ Tensor }) => {
    const image = await element();
    const norm = { bias: 0, mean: 1 };
    return [
      plain(await Tensor.fromImage(image)),
      plain(await Tensor.fromImage(image, { norm })),
      plain(
        await Tensor.fromImage(image, { resizedWidth: 2, resizedHeight: 2, dataType: 'uint8' }),
      ),
      await outcome(() => Tensor.fromImage(image, { tensorFormat: 'RGB', tensorLayout: 'NCHW' })),
    ];
  }),
  inPage('a tensor of an address', async ({ Tensor }) => {
    const address = canvas().toDataURL();
    return [
      plain(await Tensor.fromImage(address)),
      plain(
        await Tensor.fromImage(address, {
          tensorFormat: 'BGR',
          tensorLayout: 'NCHW',
          dataType: 'float32',
          norm: { bias: -1, mean: 2 },
          width: 1,
          height: 1,
          resizedWidth: 1,
          resizedHeight: 1,
        }),
      ),
      await outcome(() => Tensor.fromImage('')),
    ];
  }),
  inPage('a tensor of a bitmap', async ({ Tensor }) => {
    const bitmap = await createImageBitmap(pixels());
    return [
      plain(await Tensor.fromImage(bitmap, {})),
      plain(
        await Tensor.fromImage(bitmap, {
          tensorFormat: 'RGBA',
          dataType: 'uint8',
          resizedWidth: 1,
          resizedHeight: 1,
          norm: { bias: 1, mean: 3 },
        }),
      ),
      await outcome(() => Tensor.fromImage(bitmap, { tensorLayout: 'NHWC' })),
      await outcome(() => Tensor.fromImage(bitmap, undefined as never)),
    ];
  }),
  inPage('a tensor of no picture', async ({ Tensor }) => [
    await outcome(() => Tensor.fromImage(1 as never)),
    await outcome(() => Tensor.fromImage(pixels(), { tensorLayout: 'NHWC' })),
  ]),
];

/** Of values of 0 to 1 and a little more. */
const tensorOf = ({ Tensor }: Ort, channels: number, layout = 'NCHW'): Tensor => {
  const dims = layout === 'NHWC' ? [1, height, width, channels] : [1, channels, height, width];
  const data = Float32Array.from(
    { length: channels * width * height },
    (_, i) => (i % 10) / 9.3 - 0.02,
  );
  return new Tensor('float32', data, dims);
};

const pixelsOf = ({ data, width, height }: ImageData) => ({ width, height, data: [...data] });

const toPictures: Program[] = [
  ...[1, 3, 4].map((channels) =>
    inPage(`pixels of ${channels} channels`, (ort) =>
      pixelsOf(tensorOf(ort, channels).toImageData()),
    ),
  ),
  ...formats.map((format) =>
    inPage(`pixels of ${format}`, async (ort) =>
      Promise.all(
        [3, 4].map((channels) =>
          outcome(() =>
            norms.map((norm) =>
              pixelsOf(tensorOf(ort, channels).toImageData({ format, norm: norm! })),
            ),
          ),
        ),
      ),
    ),
  ),
  inPage('pixels of NHWC', (ort) =>
    pixelsOf(tensorOf(ort, 3, 'NHWC').toImageData({ tensorLayout: 'NHWC', format: 'RGB' })),
  ),
  ...formats.map((format) =>
    inPage(`a data: URL of ${format}`, (ort) =>
      norms.map((norm) => tensorOf(ort, 4).toDataURL({ format, norm: norm! })),
    ),
  ),
  inPage('a data: URL', (ort) => [
    tensorOf(ort, 3).toDataURL(),
    tensorOf(ort, 1).toDataURL({}),
    tensorOf(ort, 3).toDataURL({
      tensorLayout: 'NHWC',
      format: 'RGB',
      norm: { bias: 0, mean: 200 },
    }),
  ]),
  inPage('the pixels of a picture through a tensor', async (ort) => {
    const tensor = await ort.Tensor.fromImage(pixels());
    return pixelsOf(tensor.toImageData({ format: 'RGB', tensorLayout: 'NCHW' }));
  }),
];

export const pictures: Program[] = [...fromPictures, ...toPictures];
