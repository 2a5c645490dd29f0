import assert from 'node:assert/strict';
import test from 'node:test';
import { notices } from '../lib/notices.mjs';

test('the notices name all that is in the package and is of others, with its licence', () => {
  const text = notices();
  for (const [name, licence] of [
    ['comlink: ', 'Apache License'],
    ['wasm-feature-detect: ', 'Apache License'],
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
