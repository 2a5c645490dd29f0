import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkApart, checkIncludes, parseLayers } from '../check-layers.mjs';

const layers = parseLayers(`
fovea_layer(base)
fovea_layer(onnx DEPENDS base PRIVATE protozero)
fovea_layer(graph DEPENDS base)
fovea_layer(session
  DEPENDS graph onnx)
`);

test('a layer reaches itself and everything below it', () => {
  const reach = (/** @type {string} */ layer) => [...(layers.get(layer) ?? [])].sort();
  assert.deepEqual(reach('base'), ['base']);
  assert.deepEqual(reach('onnx'), ['base', 'onnx']);
  assert.deepEqual(reach('session'), ['base', 'graph', 'onnx', 'session']);
});

test('a layer cannot depend on one declared after it', () => {
  assert.throws(() => parseLayers('fovea_layer(a DEPENDS b)\nfovea_layer(b)'), /not below/);
});

test('includes of lower layers, of the standard library and of neighbours pass', () => {
  const text = '#pragma once\n#include <vector>\n#include "base/error.h"\n#include "near.h"\n';
  assert.deepEqual(checkIncludes(layers, 'src/session/session.h', text), []);
});

test('an upward include fails and is named with its line', () => {
  const problems = checkIncludes(
    layers,
    'src/graph/graph.cpp',
    '\n# include "session/session.h"\n',
  );
  assert.equal(problems.length, 1);
  assert.match(problems[0], /^src\/graph\/graph\.cpp:2: session\/session\.h: graph may include/);
});

test('so does an include of a layer beside it, in either spelling', () => {
  assert.equal(checkIncludes(layers, 'src/graph/a.h', '#include "onnx/model.h"').length, 1);
  assert.equal(checkIncludes(layers, 'src/graph/a.h', '#include <onnx/model.h>').length, 1);
});

test('a test may include what it links', () => {
  assert.deepEqual(checkIncludes(layers, 'tests/cpp/graph/a.cpp', '#include "onnx/model.h"'), []);
});

test('a folder without a layer fails', () => {
  assert.equal(checkIncludes(layers, 'src/extra/a.h', '').length, 1);
});

test('headers that belong to one place fail elsewhere', () => {
  const check = (/** @type {string} */ file, /** @type {string} */ header) =>
    checkIncludes(layers, file, `#include <${header}>`).length;
  assert.equal(check('bindings/engine.cpp', 'emscripten/bind.h'), 0);
  assert.equal(check('src/session/session.cpp', 'emscripten.h'), 1);
  assert.equal(check('src/base/error.h', 'wasm_simd128.h'), 1);
  assert.equal(check('src/graph/graph.h', 'protozero/pbf_reader.hpp'), 1);
  assert.equal(check('src/onnx/decode.cpp', 'protozero/pbf_reader.hpp'), 0);
});

test('what is to stay apart is found behind other headers, too', () => {
  const texts = new Map([
    ['src/passes/a.cpp', '#include "passes/pass.h"'],
    ['src/passes/pass.h', '#include "ops/core/body.h"'],
    ['src/ops/core/body.h', '#include "ops/meaning.h"'],
    ['src/plan/plan.cpp', '#include "ops/op.h"'],
    ['src/ops/op.h', ''],
  ]);
  assert.deepEqual(checkApart(texts), []);
  texts.set('src/ops/core/body.h', '#include "ops/meaning.h"\n#include "ops/op.h"');
  const way = 'src/passes/pass.h -> src/ops/core/body.h -> src/ops/op.h';
  assert.deepEqual(checkApart(texts), [
    `src/passes/a.cpp -> ${way}: src/passes/ is to do without`,
    `${way}: src/passes/ is to do without`,
  ]);
});

test('words that belong to one place fail elsewhere', () => {
  const check = (/** @type {string} */ file) =>
    checkIncludes(layers, file, 'namespace {\nthread_local int depth = 0;\n}\n');
  assert.deepEqual(check('tests/cpp/graph/a.cpp').length, 1);
  assert.match(check('src/graph/a.cpp')[0], /^src\/graph\/a\.cpp: thread_local: /);
});
