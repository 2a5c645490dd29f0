import { checkModel, Upscaler } from 'fovea';

const report = await checkModel('luma.onnx');
const upscaler = await Upscaler.create();
const [width, height] = [30, 20];
const picture = { width, height, data: new Uint8ClampedArray(4 * width * height).fill(255) };
const result = await upscaler.upscale(picture);
const size = [result.width, result.height];
const white = result.data.every((value) => value > 240);
console.log(JSON.stringify({ supported: report.supported, size, white }));
