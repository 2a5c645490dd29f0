import assert from 'node:assert/strict';
import test from 'node:test';
import { lacksIn, unittestCounts } from '../lib/runners.mjs';

const counts = (/** @type {string} */ summary, total = 9) =>
  unittestCounts(
    `test_a (tests.a.A.test_a) ... ok\n\n---\nRan ${total} tests in 1.5s\n\n${summary}\n`,
  );

test('tests of unittest are counted by its summary', () => {
  assert.deepEqual(counts('OK'), { passed: 9, failed: 0, skipped: 0 });
  assert.deepEqual(counts('OK (skipped=2)'), { passed: 7, failed: 0, skipped: 2 });
  assert.deepEqual(counts('FAILED (failures=3, errors=1, skipped=2)'), {
    passed: 3,
    failed: 4,
    skipped: 2,
  });
});

test('an expected failure has passed, an unexpected success has not', () => {
  assert.deepEqual(counts('OK (expected failures=2)'), { passed: 9, failed: 0, skipped: 0 });
  assert.deepEqual(counts('FAILED (failures=1, expected failures=2, unexpected successes=3)'), {
    passed: 5,
    failed: 4,
    skipped: 0,
  });
});

test('parts of a test can fail more often than there are tests', () => {
  assert.deepEqual(counts('FAILED (failures=12)'), { passed: 0, failed: 12, skipped: 0 });
});

test('tests that a browser lacks something for are counted, and those of them that failed as foretold', () => {
  const test = (/** @type {string} */ status, /** @type {string[]} */ ...types) => ({
    status,
    annotations: types.map((type) => ({ type })),
  });
  const specs = [
    { tests: [test('expected')] },
    { tests: [test('expected', 'lacks', 'fail')] },
    { tests: [test('skipped', 'lacks', 'skip'), test('skipped', 'skip')] },
  ];
  const report = {
    suites: [{ specs, suites: [{ specs: [{ tests: [test('unexpected', 'lacks')] }] }] }],
  };
  assert.deepEqual(lacksIn(report), { lacking: 3, failing: 1 });
  assert.deepEqual(lacksIn({}), { lacking: 0, failing: 0 });
});

test('output without a summary counts nothing', () => {
  assert.deepEqual(unittestCounts('Traceback (most recent call last):\n'), {
    passed: 0,
    failed: 0,
    skipped: 0,
  });
});
