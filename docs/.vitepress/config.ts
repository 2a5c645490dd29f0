// The documents as a site. tools/docs.mjs puts the pages together, as they lie in the repository, and builds it.

import { existsSync, readFileSync } from 'node:fs';
import GithubSlugger from 'github-slugger';
import { defineConfig, type DefaultTheme } from 'vitepress';
import { guide } from './guide.js';

const made = new URL('../../build/docs/', import.meta.url);
const reference = new URL('source/docs/api/typedoc-sidebar.json', made);

/** The same anchors as in a repository's pages, so that a link serves both. */
const slugify = (text: string) => new GithubSlugger().slug(text);

export default defineConfig({
  title: 'Fovea',
  description: 'ONNX models and larger pictures, in browsers and Node',
  lang: 'en',
  base: process.env.FOVEA_DOCS_BASE ?? '/',
  srcDir: '../build/docs/source',
  // Examples say where they are served.
  ignoreDeadLinks: 'localhostLinks',
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
      '/docs/api/': existsSync(reference)
        ? (JSON.parse(readFileSync(reference, 'utf8')) as DefaultTheme.SidebarItem[])
        : [],
      '/': guide.map(([text, pages]) => ({
        text,
        items: Object.entries(pages).map(([name, title]) => ({
          text: title,
          link: name.startsWith('/') ? name : `/docs/${name}`,
        })),
      })),
    },
  },
});
