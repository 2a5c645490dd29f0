import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { installPackage, type UserProject } from './support/installed.js';
import { buildByVite, runWebpack } from './support/sites.js';

/** What programs are, and the networks that webpack takes along for them. */
const programs: [string, string, string[]][] = [
  [
    'a session alone',
    "import { InferenceSession } from 'fovea';\nwindow.made = InferenceSession;",
    [],
  ],
  [
    'a program for onnxruntime',
    "import * as ort from 'fovea/ort';\nwindow.made = [ort.InferenceSession, ort.Tensor];",
    [],
  ],
  ['an upscaler', "import { Upscaler } from 'fovea';\nwindow.made = Upscaler.create();", ['x2']],
  [
    'one network',
    "import { Upscaler } from 'fovea';\nimport x4 from 'fovea/models/x4';\nwindow.made = Upscaler.create(x4);",
    ['x2', 'x4'],
  ],
  [
    'all networks',
    "import { models } from 'fovea/models';\nwindow.made = models;",
    ['x2', 'x2-fast', 'x2-web', 'x3', 'x4'],
  ],
];

let project: UserProject;
test.beforeAll(() => {
  project = installPackage();
});
test.afterAll(() => project.remove());

/** The names of the networks in a folder and all below. */
function networksIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .flatMap((file) => /\bfovea-(x\d(?:-fast|-web)?)-fp16\b.*\.onnx$/.exec(file)?.[1] ?? [])
    .sort();
}

for (const [title, program, wanted] of programs) {
  test(`webpack takes along no more networks than asked for: ${title}`, async () => {
    project.write('main.js', program);
    const path = join(project.folder, 'out', title.replaceAll(' ', '-'));
    await runWebpack({
      mode: 'production',
      context: project.folder,
      entry: './main.js',
      output: { path, assetModuleFilename: '[name][ext]' },
    });
    expect(networksIn(path)).toEqual(wanted);
  });

  // Vite writes all files that a module names, used or not: of the package's root, the default network.
  test(`Vite takes along the default network, and others where asked for: ${title}`, async () => {
    project.write('main.js', program);
    project.write('index.html', '<!doctype html><script type="module" src="./main.js"></script>');
    await buildByVite(project);
    expect(networksIn(join(project.folder, 'dist'))).toEqual([...new Set(['x2', ...wanted])]);
  });
}
