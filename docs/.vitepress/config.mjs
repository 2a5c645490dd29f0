// The documents as a site. tools/docs.mjs puts the pages together, as they lie in the repository, and builds it.

import { existsSync, readFileSync } from 'node:fs';
import GithubSlugger from 'github-slugger';
import { defineConfig } from 'vitepress';

const made = new URL('../../build/docs/', import.meta.url);
const reference = new URL('source/docs/api/typedoc-sidebar.json', made);

/**
 * @param {string} text
 * @param {Record<string, string>} pages titles by the names of pages of docs/, or by paths
 */
const group = (text, pages) => ({
  text,
  items: Object.entries(pages).map(([name, title]) => ({
    text: title,
    link: name.startsWith('/') ? name : `/docs/${name}`,
  })),
});

const guide = [
  group('Begin', {
    'quick-start': 'Quick start',
    'your-model': 'Your own model',
    export: 'Export recipes',
    examples: 'Examples',
  }),
  group('Pictures and models', {
    pictures: 'Enlarging pictures',
    memory: 'Memory and large pictures',
    inspect: 'Check, inspect, profile',
    metadata: 'Metadata',
    models: 'Models from afar',
    precision: 'Precision',
    'custom-operators': 'Custom operators',
    operators: 'Operators',
    '/models/README': "The package's networks",
  }),
  group('Where it runs', {
    bundlers: 'Bundlers and frameworks',
    threads: 'Threads and headers',
    node: 'Node',
    'command-line': 'Command line',
    service: 'Service',
  }),
  group('Coming from', { onnxruntime: 'onnxruntime', upscalerjs: 'UpscalerJS' }),
  group('When something is wrong', {
    troubleshooting: 'Errors, by code',
    security: 'Security',
    encryption: 'Encrypted models',
  }),
  group('How it is made', {
    architecture: 'Architecture',
    performance: 'Performance',
    development: 'Development',
    '/training/README': 'Training',
    '/evaluation/README': 'Evaluation',
    '/CHANGELOG': 'Changelog',
  }),
];

/** The same anchors as in a repository's pages, so that a link serves both. @param {string} text */
const slugify = (text) => new GithubSlugger().slug(text);

export default defineConfig({
  title: 'Fovea',
  description: 'ONNX models and larger pictures, in browsers and Node',
  lang: 'en',
  base: /** @type {`/${string}/`} */ (process.env.FOVEA_DOCS_BASE ?? '/'),
  srcDir: '../build/docs/source',
  outDir: '../build/docs/site',
  cacheDir: '../build/docs/cache',
  markdown: { anchor: { slugify } },
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/docs/quick-start' },
      { text: 'API', link: '/docs/api/' },
    ],
    sidebar: {
      '/docs/api/': existsSync(reference) ? JSON.parse(readFileSync(reference, 'utf8')) : [],
      '/': guide,
    },
  },
});
