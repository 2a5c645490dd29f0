// The documents as a site. tools/docs.mjs puts the pages together, as they lie in the repository, and builds it.

import GithubSlugger from 'github-slugger';
import { defineConfig, type MarkdownRenderer } from 'vitepress';
import { guide } from './guide.js';
import { referenceSidebar } from './reference.js';

const made = new URL('../../build/docs/', import.meta.url);
const reference = new URL('source/docs/api/typedoc-sidebar.json', made);

/** The same anchors as in a repository's pages, so that a link serves both. */
const slugify = (text: string) => new GithubSlugger().slug(text);

const base = process.env.FOVEA_DOCS_BASE ?? '/';

/** What is indented as code gets the frame, and the button to copy it, of what is fenced. */
function frameIndentedCode({ renderer: { rules } }: MarkdownRenderer): void {
  rules.code_block = (...args) => rules.fence!(...args);
}

export default defineConfig({
  title: 'Fovea',
  description: 'ONNX models and larger pictures, in browsers and Node',
  lang: 'en',
  base,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}icon.svg` }]],
  srcDir: '../build/docs/source',
  // Examples say where they are served.
  ignoreDeadLinks: 'localhostLinks',
  outDir: '../build/docs/site',
  cacheDir: '../build/docs/cache',
  markdown: {
    anchor: { slugify },
    config: frameIndentedCode,
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
  },
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  themeConfig: {
    logo: '/icon.svg',
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/docs/quick-start' },
      { text: 'API', link: '/docs/api/' },
    ],
    sidebar: {
      '/docs/api/': referenceSidebar(reference, slugify),
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
