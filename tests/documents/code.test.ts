// Every block of code in the documents is compiled or run.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { installPackage, type UserProject } from '../package/support/installed.js';
import { ended, linkPackages, startNode } from '../package/support/programs.js';
import { noise } from '../package/support/services.js';
import { smallNetwork } from '../support/small-network.js';
import { complaintsOf } from './compiled.js';
import { blocksOf, documents, type Block } from './support.js';

const blocks = documents.flatMap((document) => blocksOf(document));
/** Run as it stands by tests/package/user-program.test.ts, which holds the document to it. */
const operator = readFileSync('tests/package/user-code/block-mean.js', 'utf8');
const of = (language: string) => blocks.filter((block) => block.language === language);
const named = (some: readonly Block[]) =>
  some.map((block): [string, Block] => [`${block.document}:${block.line}`, block]);

let project: UserProject;
beforeAll(async () => {
  project = installPackage();
  linkPackages(project, 'sharp', '@types/node');
  project.write('photo.jpg', await noise(40, 30).jpeg().toBuffer());
  project.write('network.onnx', smallNetwork().model);
});
afterAll(() => project.remove());

/** How each language is checked; `sh` by commands.test.ts. What no program here reads comes last. */
const checked = ['js', 'ts', 'html', 'json', 'python', 'cpp', 'sh', ...['text', 'nginx']];

test('every block has a language that is checked', () => {
  const others = blocks.filter(({ language }) => !checked.includes(language));
  expect(others).toEqual([]);
});

test('TypeScript compiles', () => {
  const some = of('ts');
  expect(some.length).toBeGreaterThan(3);
  expect(complaintsOf(project, some, 'ts')).toEqual([]);
});

test('JavaScript, and that of pages, uses what there is', () => {
  const scripts = of('html').flatMap((block) =>
    [...block.code.matchAll(/<script type="module">\n([^]*?)<\/script>/g)].map(
      ([, code]): Block => ({ ...block, code: code! }),
    ),
  );
  expect(scripts.length).toBeGreaterThan(0);
  const some = [...of('js').filter(({ code }) => code !== operator), ...scripts];
  expect(some.length).toBeGreaterThan(30);
  expect(complaintsOf(project, some, 'js')).toEqual([]);
});

describe('runs in Node, and ends by itself:', () => {
  const some = blocks.filter(({ isRun }) => isRun);

  test('there are programs', () => {
    expect(some.length).toBeGreaterThan(2);
  });

  test.each(named(some))('%s', async (_, { code }) => {
    project.write('program.mjs', code);
    const { status, stderr } = await ended(startNode(project.folder, ['program.mjs']));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

test.each(named(of('json')))('%s is JSON', (_, { code }) => {
  expect(JSON.parse(code)).toEqual(expect.any(Object));
});

test('the page without a bundler is the one of examples/', () => {
  const [page] = of('html');
  expect(page?.code).toBe(readFileSync('examples/html/index.html', 'utf8'));
});

const hasPython = spawnSync('python3', ['--version']).status === 0;

// The recipes of docs/export.md are run by training/tests.
(hasPython ? test : test.skip).each(named(of('python')))('%s is Python', (name, { code }) => {
  const compiling = ['-c', 'import sys; compile(sys.stdin.read(), sys.argv[1], "exec")', name];
  const { status, stderr } = spawnSync('python3', compiling, { input: code, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

const includes = ['-Isrc', '-Itests/cpp', '-Ibuild/deps'];
const checkCpp = (code: string) =>
  spawnSync('c++', ['-std=c++20', '-fsyntax-only', ...includes, '-xc++', '-'], {
    input: code,
    encoding: 'utf8',
  });
const hasCompiler = checkCpp('#include <gtest/gtest.h>\n').status === 0;

(hasCompiler ? test : test.skip).each(named(of('cpp')))('%s is C++', (_, { code }) => {
  const { status, stderr } = checkCpp(code);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
