import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectDir } from '../../../tools/lib/project.mjs';

// The same place that tests/support/evaluation.ts looks in.
const images = join(
  resolve(process.env.FOVEA_DATA ?? join(projectDir, '../shared/data')),
  'images',
);

/** The benchmarks' folders of pairs. */
export const benchmarks = ['Set5', 'Set14'].flatMap((set) =>
  [2, 3, 4].map((scale) => ({ set, scale, folder: join(images, set, `x${scale}`) })),
);

/** For tests that need the benchmarks, which are not part of the project: skips them without. */
export const needsBenchmarks = {
  skip: !existsSync(benchmarks[0].folder) && `there is no Set5 in ${images} (set FOVEA_DATA)`,
};
