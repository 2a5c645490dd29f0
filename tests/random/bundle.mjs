import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildDir, projectDir } from '../../tools/lib/project.mjs';

/** Where the modules go, and the models of what is found. */
export const outputDir = join(buildDir, 'random');

/** Makes JavaScript of this folder's TypeScript and imports modules of it, by their names. */
export async function importModules(...names) {
  // Imported only now: it may just have been installed.
  const { build } = await import('esbuild');
  await build({
    entryPoints: names.map((name) => join(projectDir, `tests/random/${name}.ts`)),
    outdir: outputDir,
    outbase: join(projectDir, 'tests/random'),
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    packages: 'external',
    // TypeScript has its sources for it; what is tested is the package.
    external: ['fovea'],
    logLevel: 'warning',
  });
  const urls = names.map((name) => pathToFileURL(join(outputDir, `${name}.js`)).href);
  const modules = await Promise.all(urls.map((url) => import(url)));
  return Object.assign({}, ...modules);
}
