import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as buildByEsbuild } from 'esbuild';
import type { EngineOptions } from 'fovea';
import type { QuantizeOptions } from 'fovea/quantize';
import { build, createServer, type DepOptimizationOptions, type InlineConfig } from 'vite';
import webpack from 'webpack';
import { serveFolder } from '../../support/serve-folder.js';
import type { UserProject } from './installed.js';

/** A server of a page that has imported the package. */
export interface Site {
  url: string;
  /** What its program must tell the package. */
  options: Pick<EngineOptions, 'baseUrl' | 'workerUrl'>;
  /** And what fovea/quantize. */
  quantizing: Pick<QuantizeOptions, 'baseUrl' | 'workerUrl' | 'quantiserWorkerUrl'>;
  close(): Promise<void>;
}

type Headers = Record<string, string>;

/** Makes a site of the project, one that answers with these headers. */
export type MakeSite = (project: UserProject, headers: Headers) => Promise<Site>;

/** A page that imports the package by its address. */
export const withoutBundler: MakeSite = async (project, headers) => {
  writeProgram(project, './node_modules/fovea/dist/index.js');
  return serve(project.folder, headers);
};

/** What `vite build` makes. */
export const builtByVite: MakeSite = async (project, headers) => {
  writeProgram(project, 'fovea');
  await buildByVite(project);
  return serve(join(project.folder, 'dist'), headers);
};

/** Makes the project's `dist` of its index.html. */
export async function buildByVite({ folder }: UserProject): Promise<void> {
  await build(viteConfig(folder));
}

/** Vite's development server. */
export const developedWithVite: MakeSite = (project, headers) => develop(project, headers, {});

/** The same as the README advises for older versions. */
export const developedWithoutOptimizer: MakeSite = (project, headers) =>
  develop(project, headers, { exclude: ['fovea', 'fovea/quantize'] });

/** What webpack makes without any configuration. */
export const builtByWebpack: MakeSite = (project, headers) =>
  buildByWebpack(project, headers, 'public', {});

/** The same with addresses that have no origin, as Next.js configures webpack. */
export const builtWithoutOrigins: MakeSite = (project, headers) =>
  buildByWebpack(project, headers, 'relative', {
    output: { publicPath: '/' },
    module: { parser: { javascript: { url: 'relative' } } },
  });

async function buildByWebpack(
  project: UserProject,
  headers: Headers,
  folder: string,
  { output, ...config }: webpack.Configuration,
): Promise<Site> {
  writeProgram(project, 'fovea');
  const path = join(project.folder, folder);
  const program = { mode: 'production', context: project.folder, entry: './main.js' } as const;
  await runWebpack({ ...program, ...config, output: { ...output, path } });
  project.write(`${folder}/index.html`, html);
  return serve(path, headers);
}

/** What a bundler makes that leaves `new URL(..., import.meta.url)` alone. */
export const builtByEsbuild: MakeSite = async (project, headers) => {
  writeProgram(project, 'fovea');
  const output = join(project.folder, 'bundle');
  await buildByEsbuild({
    absWorkingDir: project.folder,
    entryPoints: ['main.js'],
    outdir: output,
    bundle: true,
    format: 'esm',
  });
  cpSync(join(project.folder, 'node_modules/fovea/dist'), join(output, 'fovea'), {
    recursive: true,
  });
  project.write('bundle/index.html', html);
  const options = { baseUrl: 'fovea/wasm/', workerUrl: 'fovea/worker.js' };
  const quantizing = { ...options, quantiserWorkerUrl: 'fovea/quantiser-worker.js' };
  return { ...(await serve(output, headers)), options, quantizing };
};

const html = '<!doctype html><title>A page</title><script type="module" src="./main.js"></script>';

/** A page, and what pages/package.js does for the tests with the package imported from elsewhere. */
function writeProgram(project: UserProject, specifier: string): void {
  const program = readFileSync('tests/browser/pages/package.js', 'utf8');
  project.write('index.html', html);
  const quantize =
    specifier === 'fovea' ? 'fovea/quantize' : specifier.replace('index', 'quantize');
  const quantizing = `import * as quantizing from '${quantize}';\nwindow.quantizing = quantizing;\n`;
  project.write('main.js', quantizing + program.replace('/dist/index.js', specifier));
}

function viteConfig(root: string): InlineConfig {
  return { configFile: false, root, logLevel: 'warn' };
}

async function develop(
  project: UserProject,
  headers: Headers,
  optimizeDeps: DepOptimizationOptions,
): Promise<Site> {
  writeProgram(project, 'fovea');
  const server = await createServer({
    ...viteConfig(project.folder),
    server: { port: 0, headers },
    optimizeDeps,
  });
  await server.listen();
  const url = server.resolvedUrls!.local[0]!;
  return { url, options: {}, quantizing: {}, close: () => server.close() };
}

export function runWebpack(config: webpack.Configuration): Promise<void> {
  const compiler = webpack(config);
  return new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      const problems = error ?? (stats?.hasErrors() ? new Error(stats.toString()) : undefined);
      compiler.close((closing) => {
        const failure = problems ?? closing;
        if (failure) reject(failure);
        else resolve();
      });
    });
  });
}

async function serve(folder: string, headers: Headers): Promise<Site> {
  return { ...(await serveFolder(folder, headers)), options: {}, quantizing: {} };
}
