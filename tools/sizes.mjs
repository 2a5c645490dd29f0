// npm run sizes -- [PRESET]: what the engine's code is made of, by family, from the linker's map of a build
// (wasm-relaxed unless another is named; `tools` and `quantiser` are those programs). `--files` lists every
// source instead.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildDir, projectDir } from './lib/project.mjs';

/** Each source belongs to the first family that it matches. @type {[string, RegExp][]} */
const families = [
  ['kernels of convolutions', /^src\/kernels\/(conv|conv_transpose|winograd|quantised)\//],
  ['kernels of matrix products and attention', /^src\/kernels\/matmul\//],
  ['other kernels', /^src\/(kernels|simd|threads)\//],
  ['pictures', /^src\/image\//],
  ['ai.onnx.ml', /^src\/ops\/(core\/)?(ml|tree_ensemble)/],
  ['com.microsoft', /^src\/ops\/microsoft_/],
  ['quantised operators', /^src\/ops\/(fused_qlinear|quantize)/],
  [
    'sequences, strings, control flow',
    /^src\/ops\/(sequence|optional|strings|tfidf|control_flow|core\/text)/,
  ],
  ['training, randomness, signals', /^src\/ops\/(training|loss|random|signal|core\/random)/],
  ['convolutions and pools', /^src\/ops\/(core\/)?(.*conv|pool|max_unpool|col2im|spatial)/],
  ['other operators', /^src\/ops\//],
  ['quantising', /^src\/quantise\//],
  ['reading and writing models', /^src\/(onnx|import)\//],
  ['passes', /^src\/passes\//],
  ['plans', /^src\/plan\//],
  ['session and bindings', /^(src\/session|bindings)\//],
  ['types, tensors, graphs', /^src\//],
  ['libraries', /^/],
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { files: { type: 'boolean', default: false } },
});

const map = mapOf(positionals[0] ?? 'wasm-relaxed');
const sizes = sizesBySource(readFileSync(map, 'utf8'));
const table = values.files ? sizes : byFamily(sizes);
const total = [...table.values()].reduce((sum, size) => sum + size, 0);
for (const [name, size] of [...table].sort(([, a], [, b]) => b - a)) {
  const share = ((100 * size) / total).toFixed(1);
  console.log(`${(size / 1000).toFixed(1).padStart(8)} KB ${share.padStart(5)} %  ${name}`);
}

/** @param {string} preset */
function mapOf(preset) {
  const isTool = ['tools', 'quantiser'].includes(preset);
  const folder = join(buildDir, isTool ? `wasm-simd/bindings/${preset}` : `${preset}/bindings`);
  const name = existsSync(folder) && readdirSync(folder).find((file) => file.endsWith('.map'));
  if (name) return join(folder, name);
  throw new Error(`No map of the linker in ${folder}: npm run build -- ${preset} makes it`);
}

/**
 * The bytes of each source's functions, before Binaryen makes them smaller. What several sources have is that of
 * the first.
 *
 * @param {string} text the linker's map
 * @returns {Map<string, number>}
 */
function sizesBySource(text) {
  const code = text.slice(text.indexOf(' CODE\n'), text.indexOf(' DATA\n'));
  const sizes = new Map();
  for (const [, hexadecimal, file] of code.matchAll(/^ +- +[0-9a-f]+ +([0-9a-f]+) {9}(\S+):\(/gm)) {
    const source = sourceOf(file);
    sizes.set(source, (sizes.get(source) ?? 0) + Number.parseInt(hexadecimal, 16));
  }
  return sizes;
}

/** @param {Map<string, number>} sizes @returns {Map<string, number>} */
function byFamily(sizes) {
  const table = new Map();
  for (const [source, size] of sizes) {
    const [name] = families.find(([, pattern]) => pattern.test(source)) ?? ['libraries'];
    table.set(name, (table.get(name) ?? 0) + size);
  }
  return table;
}

/** Objects in archives have no folder: `libfovea_ops.a(einsum.cpp.o)`. @param {string} object */
function sourceOf(object) {
  const member = /libfovea_(\w+)\.a\((.+)\.o\)$/.exec(object);
  if (!member)
    return object.includes('CMakeFiles') ? `bindings/${basename(object, '.o')}` : basename(object);
  const [, layer, file] = member;
  return sourcesOf(layer).find((source) => basename(source) === file) ?? file;
}

/** @param {string} layer @returns {string[]} */
function sourcesOf(layer) {
  const folder = `src/${layer}`;
  if (!existsSync(join(projectDir, folder))) return [];
  const files = readdirSync(join(projectDir, folder), { recursive: true, encoding: 'utf8' });
  return files.map((file) => `${folder}/${file}`);
}
