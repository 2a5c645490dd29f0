import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { installPackage, type UserProject } from './support/installed.js';
import { runWebpack } from './support/sites.js';

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
    "import { models } from 'fovea';\nwindow.made = models;",
    ['x2', 'x2-fast', 'x2-web', 'x3', 'x4'],
  ],
];

let project: UserProject;
test.beforeAll(() => {
  project = installPackage();
});
test.afterAll(() => project.remove());

// Vite writes all files that a module names, used or not; a page fetches none that it does not use.
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
    const networks = readdirSync(path).flatMap(
      (file) => /^fovea-([\w-]+)-fp16\.onnx$/.exec(file)?.[1] ?? [],
    );
    expect(networks.sort()).toEqual(wanted);
  });
}
