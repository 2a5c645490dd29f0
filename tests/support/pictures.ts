import { PNG } from 'pngjs';

/** RGBA pixels, row by row. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8Array;
}

export function decodePng(bytes: Buffer): Pixels {
  return PNG.sync.read(bytes);
}

export function encodePng({ width, height, data }: Pixels): Buffer {
  const png = new PNG({ width, height });
  png.data.set(data);
  return PNG.sync.write(png);
}

/** A white, opaque picture. */
export function whitePicture(width: number, height: number): Pixels {
  return { width, height, data: new Uint8Array(4 * width * height).fill(255) };
}

/** Half as large: each pixel the mean of four. */
export function halve(source: Pixels): Pixels {
  return reduce(source, 2);
}

/** `factor` times smaller, a whole number: each pixel the mean of a square. */
export function reduce(source: Pixels, factor: number): Pixels {
  const [width, height] = [source.width, source.height].map((side) => Math.floor(side / factor));
  const data = new Uint8Array(4 * width! * height!);
  for (let i = 0; i < data.length; ++i) {
    const [x, y, channel] = [(i >> 2) % width!, Math.floor((i >> 2) / width!), i & 3];
    let sum = 0;
    for (let j = 0; j < factor ** 2; ++j) {
      const [column, row] = [factor * x + (j % factor), factor * y + Math.floor(j / factor)];
      sum += source.data[4 * (row * source.width + column) + channel]!;
    }
    data[i] = Math.round(sum / factor ** 2);
  }
  return { width: width!, height: height!, data };
}

/** `factor` times larger, a whole number: every pixel repeated. */
export function repeat(source: Pixels, factor: number): Pixels {
  const [width, height] = [factor * source.width, factor * source.height];
  const data = new Uint8Array(4 * width * height);
  for (let i = 0; i < width * height; ++i) {
    const [x, y] = [Math.floor((i % width) / factor), Math.floor(i / width / factor)];
    const at = 4 * (y * source.width + x);
    data.set(source.data.subarray(at, at + 4), 4 * i);
  }
  return { width, height, data };
}

/** Peak signal-to-noise ratio of two pictures of one size, over R, G and B, in dB. */
export function psnr(a: Pixels, b: Pixels): number {
  if (a.data.length !== b.data.length) return NaN;
  let sum = 0;
  for (let i = 0; i < a.data.length; ++i) {
    if ((i & 3) !== 3) sum += (a.data[i]! - b.data[i]!) ** 2;
  }
  return 10 * Math.log10(255 ** 2 / (sum / (0.75 * a.data.length)));
}

/** How sharp a picture is: the mean magnitude of the green channel's horizontal differences. */
export function sharpness({ width, data }: Pixels): number {
  let sum = 0;
  for (let i = 5; i < data.length; i += 4) {
    if (((i - 1) >> 2) % width !== 0) sum += Math.abs(data[i]! - data[i - 4]!);
  }
  return sum / (data.length / 4);
}

/** A JPEG with an EXIF segment that says how the camera was held (TIFF tag 0x0112). */
export function withOrientation(jpeg: Buffer, orientation: number): Buffer {
  const tiff = Buffer.from('49492a0008000000010012010300010000000000000000000000', 'hex');
  tiff.writeUInt16LE(orientation, 18);
  const payload = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const marker = Buffer.from([0xff, 0xe1, 0, payload.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), marker, payload, jpeg.subarray(2)]);
}
