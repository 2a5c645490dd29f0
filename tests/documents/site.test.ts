// `npm run docs` makes the site: neither VitePress finds a dead link nor TypeDoc something to complain of.

import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { globSync } from 'tinyglobby';
import { documents } from './support.js';

const site = 'build/docs/site';

beforeAll(() => {
  const options = { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/docs.mjs'], options);
  if (status !== 0) throw new Error(`The site is not built:\n${stdout}\n${stderr}`);
}, 600_000);

test('every page of docs/ is one of the site', () => {
  const pages = globSync('docs/*.html', { cwd: site }).sort();
  const wanted = documents
    .filter((document) => /^docs\/[\w-]+\.md$/.test(document))
    .map((document) => document.replace(/md$/, 'html'));
  expect(pages).toEqual(wanted.sort());
});

test('the home page has its picture and its icon', () => {
  const home = readFileSync(`${site}/index.html`, 'utf8');
  const files = [...home.matchAll(/(?:src|href)="(\/[^"]+\.(?:png|svg))"/g)].map(
    ([, path]) => path!,
  );
  expect(files).toEqual(expect.arrayContaining(['/icon.svg', '/docs/images/before-after.png']));
  expect(files.filter((path) => !existsSync(site + path))).toEqual([]);
});

test('all code is framed, what is indented, too', () => {
  const pages = globSync('**/*.html', { cwd: site });
  const bare = pages.filter((page) =>
    readFileSync(`${site}/${page}`, 'utf8').includes('<pre><code>'),
  );
  expect(bare).toEqual([]);
});

test('the reference has a page for every name that the package exports', () => {
  const declared = readFileSync('web/src/index.ts', 'utf8').matchAll(
    /^export (?:type )?\{([^}]*)\}/gm,
  );
  const names = [...declared].flatMap(([, list]) =>
    list!
      .split(',')
      .map((name) => name.replace(/\btype\b/, '').trim())
      .filter((name) => name !== ''),
  );
  expect(names).toEqual(expect.arrayContaining(['Upscaler', 'InferenceSession', 'Precision']));
  const pages = globSync('docs/api/fovea/*/*.html', { cwd: site });
  const missing = names.filter((name) => !pages.some((page) => page.endsWith(`/${name}.html`)));
  expect(missing).toEqual([]);
});
