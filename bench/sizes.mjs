import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { distDir, projectDir } from '../tools/lib/project.mjs';

/** How much a page downloads for each engine: the bytes of its .wasm, as they are and by brotli. */
export function engineSizes() {
  const wasm = join(distDir, 'wasm');
  const ours = readdirSync(wasm).filter((name) => name.endsWith('.wasm'));
  const packages = join(projectDir, 'node_modules');
  const files = [
    ...ours.map((name) => join(wasm, name)),
    join(packages, 'onnxruntime-web/dist/ort-wasm-simd-threaded.wasm'),
    join(packages, '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm'),
  ].map(sizeOf);
  const text = files.map(
    ({ name, raw, brotli }) => `${name}: ${kilobytes(raw)}, brotli ${kilobytes(brotli)}`,
  );
  return { files, text: text.join('\n') };
}

function sizeOf(file) {
  const bytes = readFileSync(file);
  return { name: basename(file), raw: bytes.length, brotli: brotliCompressSync(bytes).length };
}

function kilobytes(bytes) {
  return `${Math.round(bytes / 1000)} KB`;
}
