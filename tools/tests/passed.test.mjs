import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { forgetPassed, keyOf, passedBefore, rememberPassed } from '../lib/passed.mjs';
import { absolute } from '../lib/sources.mjs';

const suite = 'tools:test-of-stamps';

test('a suite has passed with the key it passed with, and with no other', (t) => {
  t.after(() => forgetPassed(suite));
  assert.equal(passedBefore(suite, 'a'), undefined);
  rememberPassed(suite, 'a', 12);
  assert.equal(passedBefore(suite, 'a'), 12);
  assert.equal(passedBefore(suite, 'b'), undefined);
  assert.equal(passedBefore(suite, undefined), undefined);
  forgetPassed(suite);
  assert.equal(passedBefore(suite, 'a'), undefined);
});

test('the key changes with the sources, what is built, and the programs', (t) => {
  const file = 'evaluation/tests/support/stamp-test.tmp';
  t.after(() => rmSync(absolute(file), { force: true }));
  const key = () => keyOf({ sources: ['evaluation'] });
  const before = key();
  assert.ok(before);
  writeFileSync(absolute(file), '1');
  const first = key();
  writeFileSync(absolute(file), '2');
  const second = key();
  const others = [
    keyOf({ sources: ['.tmp'] }),
    keyOf({ sources: ['training'] }),
    keyOf({ sources: ['evaluation'], built: ['LICENSE'] }),
    keyOf({ sources: ['evaluation'], programs: ['c++ 12'] }),
  ];
  assert.equal(new Set([before, first, second, ...others]).size, 7);
  rmSync(absolute(file));
  assert.equal(key(), before);
});
