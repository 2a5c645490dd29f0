// Holds every #include to the layers of CMakeLists.txt: a source may reach its own layer and those
// below it, never upward. What is to stay apart within that is listed here, and so are words of C++ that
// belong to one place.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { absolute, cppFiles } from './lib/sources.mjs';

/** Headers that belong to one place, by how they begin, and the places that may include them. */
const reserved = [
  {
    header: 'emscripten',
    places: ['bindings/', 'src/base/decimal.cpp', 'src/base/mathematics.cpp'],
  },
  { header: 'wasm_simd128.h', places: ['src/simd/'] },
  { header: 'protozero/', places: ['src/onnx/', 'tests/cpp/'] },
];

/** Headers that the sources of a place must not reach, not even through others. */
const apart = [
  // Passes know what operators mean, not how they are computed.
  { place: 'src/passes/', header: 'ops/op.h' },
];

/** Words that belong to one place, and why. */
const reservedWords = [
  {
    word: 'thread_local',
    place: 'src/threads/',
    reason: 'engines without threads link it to wrong addresses, see fovea_knows_threads',
  },
];

/**
 * The layers a CMakeLists.txt declares with `fovea_layer(NAME DEPENDS ... PRIVATE ...)`.
 *
 * @param {string} text
 * @returns {Map<string, Set<string>>} for each layer, those it may include: itself and all below
 */
export function parseLayers(text) {
  /** @type {Map<string, Set<string>>} */
  const layers = new Map();
  for (const [, name, options] of text.matchAll(/^fovea_layer\((\w+)([^)]*)\)/gm)) {
    const direct = /DEPENDS([\w\s]*?)(?:PRIVATE|$)/.exec(options)?.[1].trim().split(/\s+/) ?? [];
    const unknown = direct.find((layer) => !layers.has(layer));
    if (unknown) throw new Error(`Layer ${name} depends on ${unknown}, which is not below it`);
    const below = direct.flatMap((layer) => [...(layers.get(layer) ?? [])]);
    layers.set(name, new Set([name, ...below]));
  }
  return layers;
}

/**
 * What is wrong with the includes of one source file.
 *
 * @param {Map<string, Set<string>>} layers see parseLayers
 * @param {string} file path in the checkout, like src/ops/conv.cpp; tests may include any layer they link
 * @param {string} text its contents
 * @returns {string[]} one message an offending line
 */
export function checkIncludes(layers, file, text) {
  const layer = /^src\/(\w+)\//.exec(file)?.[1];
  if (file.startsWith('src/') && !(layer && layers.has(layer))) {
    return [`${file}: no fovea_layer() in CMakeLists.txt declares src/${layer}`];
  }
  const problems = [];
  for (const { line, header } of includesOf(text)) {
    const reason = forbidden(layers, layer, file, header);
    if (reason) problems.push(`${file}:${line}: ${header}: ${reason}`);
  }
  for (const { word, place, reason } of reservedWords) {
    if (!file.startsWith(place) && text.includes(word))
      problems.push(`${file}: ${word}: ${reason}`);
  }
  return problems;
}

/**
 * How sources reach what is to stay apart from them.
 *
 * @param {Map<string, string>} texts by path in the checkout
 * @returns {string[]} one message a source
 */
export function checkApart(texts) {
  const problems = [];
  for (const { place, header } of apart) {
    for (const file of [...texts.keys()].filter((name) => name.startsWith(place))) {
      const way = wayTo(`src/${header}`, file, texts, new Set());
      if (way) problems.push(`${way.join(' -> ')}: ${place} is to do without`);
    }
  }
  return problems;
}

/**
 * @param {string} goal
 * @param {string} file
 * @param {Map<string, string>} texts
 * @param {Set<string>} seen files that do not lead there
 * @returns {string[] | undefined} files, each of which includes the next
 */
function wayTo(goal, file, texts, seen) {
  if (file === goal) return [file];
  const text = texts.get(file);
  if (text === undefined || seen.has(file)) return undefined;
  seen.add(file);
  for (const { header } of includesOf(text)) {
    const way = wayTo(goal, `src/${header}`, texts, seen);
    if (way) return [file, ...way];
  }
  return undefined;
}

/** @param {string} text */
function includesOf(text) {
  return text.split('\n').flatMap((line, index) => {
    const header = /^\s*#\s*include\s*["<]([^">]+)[">]/.exec(line)?.[1];
    return header ? [{ line: index + 1, header }] : [];
  });
}

/**
 * @param {Map<string, Set<string>>} layers
 * @param {string | undefined} layer the file's, if it is in one
 * @param {string} file
 * @param {string} header
 * @returns {string | undefined} why the file may not include the header, if it may not
 */
function forbidden(layers, layer, file, header) {
  const owner = reserved.find((entry) => header.startsWith(entry.header));
  if (owner && !owner.places.some((place) => file.startsWith(place))) {
    return `only ${owner.places.join(' and ')} may include it`;
  }
  const allowed = layer === undefined ? undefined : layers.get(layer);
  const target = header.split('/')[0];
  if (!allowed || !layers.has(target) || allowed.has(target)) return undefined;
  return `${layer} may include ${[...allowed].sort().join(', ')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const layers = parseLayers(readFileSync(absolute('CMakeLists.txt'), 'utf8'));
  const files = cppFiles();
  const texts = new Map(files.map((file) => [file, readFileSync(absolute(file), 'utf8')]));
  const problems = files.flatMap((file) => checkIncludes(layers, file, texts.get(file) ?? ''));
  problems.push(...checkApart(texts));
  for (const problem of problems) console.error(problem);
  if (layers.size === 0 || files.length === 0) problems.push('nothing was checked');
  process.exit(problems.length === 0 ? 0 : 1);
}
