import { expect, test } from '@jest/globals';
import type { ZooRow } from '../../bench/zoo/measure.js';
import { zooProblems, zooTable } from '../../bench/zoo/report.js';

const row: ZooRow = {
  ...{ name: 'a', title: 'A', kind: 'chain', type: 'float32', parameters: 1000, macs: 2e6 },
  ...{ peer: 6, relaxed: 2, simd: 3, error: 1e-6 },
};

test('the table has the medians of the loads, how far they are apart, and geometric means', () => {
  const b = { ...row, name: 'b', title: 'B', kind: 'other' as const, peer: 24 };
  const table = zooTable([
    [row, b],
    [{ ...row, peer: 8 }, b],
    [{ ...row, peer: 4 }, b],
  ]);
  const [, first] = table.split('\n');
  expect(first).toMatch(
    /^A .* 2\.000 +3\.000 +6\.000 +3\.00 \(2\.00-4\.00\) +2\.00 \(1\.33-2\.67\)/,
  );
  expect(table).toMatch(/float32, chains \(1\) +3\.00 +2\.00\n/);
  expect(table).toMatch(/float32, all \(2\) +6\.00 +4\.00$/);
});

test('short runs count as they are in the page', () => {
  const inPage = { peer: 6, relaxed: 1, simd: 2 };
  const table = zooTable([[{ ...row, inPage }]]);
  expect(table).toMatch(/float32, all \(1\) +6\.00 +3\.00$/);
});

test('browsers without relaxed SIMD have no times of it', () => {
  const { name, title, kind, type, parameters, macs, peer, simd, error } = row;
  const table = zooTable([[{ name, title, kind, type, parameters, macs, peer, simd, error }]]);
  expect(table).toMatch(/^A +2\.00 +1\.00 +3\.000 +6\.000 +2\.00 \(2\.00-2\.00\) +1\.0e-6$/m);
  expect(table).toMatch(/float32, all \(1\) +2\.00$/);
});

test('what failed in one load is no row, but a problem', () => {
  const failed = { name: 'a', failure: 'a: no memory' };
  expect(zooTable([[row], [failed]])).not.toMatch(/^A/m);
  expect(zooProblems([[row], [failed]])).toEqual(['a: no memory']);
});

test('results that differ are problems, unknown differences too, and float16 may differ by more', () => {
  const errorsOf = (type: ZooRow['type'], error: number) =>
    zooProblems([[{ ...row, type, error }]]);
  expect(errorsOf('float32', 2e-4)).toHaveLength(1);
  expect(errorsOf('float32', NaN)).toHaveLength(1);
  expect(errorsOf('float16', 2e-3)).toEqual([]);
  expect(errorsOf('float16', 5e-3)).toHaveLength(1);
});
