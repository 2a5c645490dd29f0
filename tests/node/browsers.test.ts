import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { lacking } from '../browser/others/lacking.js';

const page = readFileSync('docs/browsers.md', 'utf8');

describe('docs/browsers.md', () => {
  for (const [browser, title] of [
    ['firefox', 'In Firefox:'],
    ['webkit', 'In WebKitGTK:'],
  ] as const) {
    test(`tells all that tests fail by in ${browser}, and nothing else`, () => {
      const [, list = ''] = new RegExp(`${title}\\n\\n((?:- .*\\n)+)`).exec(page) ?? [];
      const told = list.split('\n').flatMap((line) => (line ? [line.replace('- ', '')] : []));
      const known = lacking.filter((lack) => lack.browser === browser).map(({ why }) => why);
      expect(told.sort()).toEqual([...new Set(known)].sort());
    });
  }
});
