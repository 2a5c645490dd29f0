// No link of a document is dead.

import { expect, test } from '@jest/globals';
import { guide } from '../../docs/.vitepress/guide.js';
import { anchorsOf, destinationOf, documents, isThere, linksOf } from './support.js';

const isRelative = (target: string) => !/^[a-z][a-z+.-]*:/.test(target);

test('there are documents', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/quick-start.md']));
  expect(documents.length).toBeGreaterThan(30);
});

test.each(documents)('%s: every relative link leads somewhere', (document) => {
  const dead = linksOf(document)
    .filter(({ target }) => isRelative(target))
    .filter((link) => {
      const { path, anchor } = destinationOf(link);
      if (!isThere(path)) return true;
      return anchor !== '' && path.endsWith('.md') && !anchorsOf(path).has(anchor);
    });
  expect(dead).toEqual([]);
});

test('pages that the site lists are there, and it lists every page of docs/', () => {
  const listed = guide
    .flatMap(([, pages]) => Object.keys(pages))
    .map((name) => (name.startsWith('/') ? `${name.slice(1)}.md` : `docs/${name}.md`));
  expect(listed.filter((path) => !isThere(path))).toEqual([]);
  const pages = documents.filter((document) => document.startsWith('docs/'));
  expect(pages.filter((page) => !listed.includes(page))).toEqual([]);
});

test('the README leads to every page of docs/', () => {
  const linked = linksOf('README.md').map((link) => destinationOf(link).path);
  const pages = documents.filter((document) => document.startsWith('docs/'));
  expect(pages.filter((page) => !linked.includes(page))).toEqual([]);
});
