// docs/troubleshooting.md and the codes of errors.

import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { FoveaErrorCode } from 'fovea';

/** All of them: the compiler refuses one too few or too many. */
const codes: Record<FoveaErrorCode, true> = {
  MalformedModel: true,
  UnsupportedOperator: true,
  UnsupportedAttribute: true,
  InvalidInput: true,
  OutOfMemory: true,
  LimitExceeded: true,
  Aborted: true,
  Internal: true,
  NetworkError: true,
  IntegrityError: true,
  DecryptionError: true,
  EngineLoadError: true,
  EngineCrashed: true,
  SessionReleased: true,
  OperatorError: true,
};

test('it tells of every code, and of no other', () => {
  const page = readFileSync('docs/troubleshooting.md', 'utf8');
  const told = [...page.matchAll(/^## `(\w+)`\n\n\S/gm)].map(([, code]) => code);
  expect(told.sort()).toEqual(Object.keys(codes).sort());
});
