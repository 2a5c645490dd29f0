// What the documents' site is made of, besides the API reference.

import { sourceFiles } from './sources.mjs';

/** Folders whose documents are pages, with the pictures that they show. */
const folders = /^(docs|examples|models|training|evaluation)\//;

/**
 * The repository's documents and their pictures, but for its README: the site begins with a page of its own.
 *
 * @returns {string[]} paths in the checkout
 */
export function sitePages() {
  return sourceFiles('.md', '.png', '.jpg').filter(
    (file) => (folders.test(file) || file === 'CHANGELOG.md') && !file.includes('/.vitepress/'),
  );
}
