import { readdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { variants } from '../support/variants.js';
import { installPackage, readPackageFile, type UserProject } from './support/installed.js';

let project: UserProject;
beforeAll(() => {
  project = installPackage();
});
afterAll(() => project.remove());

const networks = ['x2', 'x2-fast', 'x2-web', 'x3', 'x4'];
const names = [
  ...['index', 'static', 'worker', 'remote', 'node-worker', 'encryption', 'models', 'ort'],
  ...['edit', 'quantize', 'tools-worker', 'quantiser-worker'],
];
const programs = names.map((name) => `dist/${name}.js`);
const addresses = networks
  .flatMap((name) => [name, `${name}-int8`])
  .map((name) => `dist/models/${name}.js`);
const scripts = [...programs, ...addresses];
/** What Node runs, bundled with libraries; no source maps, which would be as large again. */
const nodePrograms = ['cli/main', 'cli/thread', 'serve/index'];
const notices = 'dist/THIRD-PARTY-NOTICES.txt';

/** The files of a folder of sources, without their extension. */
function modules(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, ''));
}

test('it holds the scripts, the engines, the types, the networks and notices, and nothing else', () => {
  const wanted = [
    ...['LICENSE', 'README.md', 'package.json', notices],
    ...networks.flatMap((name) =>
      ['fp16', 'int8'].map((twin) => `dist/models/fovea-${name}-${twin}.onnx`),
    ),
    ...scripts.flatMap((file) => [file, `${file}.map`]),
    ...[...variants, 'tools', 'quantiser'].flatMap((name) => [
      `dist/wasm/fovea-${name}.js`,
      `dist/wasm/fovea-${name}.wasm`,
    ]),
    ...modules('web/src').map((module) => `dist/${module}.d.ts`),
    ...nodePrograms.map((name) => `dist/${name}.js`),
    ...['index', 'options'].map((name) => `dist/serve/${name}.d.ts`),
  ];
  expect(project.files).toEqual(wanted.sort());
});

test('it tells nothing of the machine it was made on', () => {
  const folders = [process.cwd(), dirname(process.cwd()), homedir(), tmpdir()];
  const traces = project.files.flatMap((file) => {
    const content = readPackageFile(project, file).toString('latin1');
    return [...folders.map((folder) => `${folder}/`), 'file:///']
      .filter((trace) => trace.length > 2 && content.includes(trace))
      .map((trace) => `${file}: ${trace}`);
  });
  expect(traces).toEqual([]);
});

test('every package that its scripts contain has a notice', async () => {
  const text = readPackageFile(project, notices).toString();
  const { metafile } = await build({
    entryPoints: nodePrograms.map((name) => `node/${name}.ts`),
    ...{ bundle: true, platform: 'node', format: 'esm', write: false, outdir: 'dist' },
    external: ['fovea', 'fovea/*', 'sharp'],
    metafile: true,
  });
  const ofNode = Object.keys(metafile.inputs).flatMap(
    (input) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? [],
  );
  const ofPages = scripts.flatMap((script) => {
    const { sources } = JSON.parse(readPackageFile(project, `${script}.map`).toString()) as {
      sources: string[];
    };
    return sources.flatMap(
      (source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? [],
    );
  });
  expect(ofPages).toContain('comlink');
  expect(ofNode).toEqual(
    expect.arrayContaining(['commander', 'comlink', 'fastify', 'prom-client']),
  );
  const missing = [...ofPages, ...ofNode].filter((name) => !text.includes(`\n${name}: `));
  expect(missing).toEqual([]);
  expect(text).toContain(readFileSync('models/LICENSE', 'utf8'));
});

test('source maps bring their sources along', () => {
  for (const script of programs) {
    const map = JSON.parse(readPackageFile(project, `${script}.map`).toString()) as {
      sources: string[];
      sourcesContent: string[];
    };
    expect(map.sources.filter((source) => !source.startsWith('../'))).toEqual([]);
    const ours = map.sources.flatMap((source, index) => {
      const file = /web\/src\/.+/.exec(source)?.[0];
      return file === undefined ? [] : [{ file, content: map.sourcesContent[index] }];
    });
    expect(ours).not.toEqual([]);
    for (const { file, content } of ours) expect(content).toBe(readFileSync(file, 'utf8'));
    expect(map.sourcesContent).toHaveLength(map.sources.length);
  }
});

test('fovea/ort has the classes of the package itself, and no other entry', () => {
  const script = readPackageFile(project, 'dist/ort.js').toString();
  expect(/\bclass (FoveaError|Tensor)\b/.exec(script)).toBeNull();
  const imported = [...script.matchAll(/\bfrom "([^"]+)"/g)].map(([, path]) => path);
  expect(new Set(imported)).toEqual(new Set(['./index.js']));
});

test('every file that package.json exports is there', () => {
  const { exports } = JSON.parse(readPackageFile(project, 'package.json').toString()) as {
    exports: Record<string, string | Record<string, string>>;
  };
  const targets = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  );
  const files = targets.map((target) => join(target));
  const isThere = (file: string) => {
    const [start, end] = file.split('*') as [string, string?];
    return end === undefined
      ? project.files.includes(file)
      : project.files.some((each) => each.startsWith(start) && each.endsWith(end));
  };
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((file) => !isThere(file))).toEqual([]);
});
