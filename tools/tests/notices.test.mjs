import assert from 'node:assert/strict';
import test from 'node:test';
import { bundledPackages, notices } from '../lib/notices.mjs';

const folder = (/** @type {string} */ name) => `node_modules/${name}`;

test('the notices name all that is in the package and is of others, with its licence', () => {
  const text = notices([
    { files: 'dist/index.js', packages: ['comlink', 'wasm-feature-detect'].map(folder) },
    { files: 'dist/serve', packages: ['fastify', '@fastify/multipart'].map(folder) },
  ]);
  for (const [name, licence] of [
    ['comlink: ', 'Apache License'],
    ['wasm-feature-detect: ', 'Apache License'],
    ['\nfastify: parts of it are in dist/serve', 'The Fastify team'],
    ['@fastify/multipart: ', 'MIT License'],
    ['protozero: ', 'Redistributions in binary form'],
    ['Emscripten: ', 'Permission is hereby granted, free of charge'],
    ['LLVM Project', 'Sections 4(a), 4(b) and 4(d)'],
    ['musl: ', 'Rich Felker'],
    ['Models', 'CC0 1.0 Universal'],
  ]) {
    assert.ok(text.includes(name), name);
    assert.ok(text.includes(licence), licence);
  }
});

test('a package without a licence of its own has one in notices/packages', () => {
  const text = notices([{ files: 'dist/serve', packages: [folder('abstract-logging')] }]);
  assert.match(text, /abstract-logging: [^]*James Sumners[^]*Permission is hereby granted/);
});

test('a package whose licence is nowhere is an error', () => {
  const packages = ['tools/tests'];
  assert.throws(() => notices([{ files: 'dist', packages }]), /brings no licence/);
});

test('what is bundled is read from what was built', () => {
  const input = { bytes: 1, imports: [] };
  const inputs = {
    'web/src/index.ts': input,
    'node_modules/comlink/dist/esm/comlink.mjs': input,
    'node_modules/@fastify/a/node_modules/ajv/lib/ajv.js': input,
    'node_modules/@fastify/a/index.js': input,
  };
  assert.deepEqual(bundledPackages({ metafile: { inputs, outputs: {} } }), [
    'node_modules/@fastify/a',
    'node_modules/@fastify/a/node_modules/ajv',
    'node_modules/comlink',
  ]);
});
