import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import type { HtmlTagDescriptor, Plugin } from 'vite';

const script = 'service-worker.js';

/** What browsers read to install the pages as an app. */
const head: readonly HtmlTagDescriptor[] = [
  { tag: 'link', attrs: { rel: 'manifest', href: './manifest.webmanifest' } },
  { tag: 'link', attrs: { rel: 'apple-touch-icon', href: './icons/touch-180.png' } },
  ...(['light', 'dark'] as const).map((scheme) => ({
    tag: 'meta',
    attrs: {
      name: 'theme-color',
      media: `(prefers-color-scheme: ${scheme})`,
      content: { light: '#f6f5f1', dark: '#121618' }[scheme],
    },
  })),
];

/** Builds the service worker, which knows all files of the build by their hashes, and has pages name the manifest. */
export function offline(): Plugin {
  return {
    name: 'offline',
    config: ({ root }) => ({
      build: {
        rolldownOptions: {
          input: [join(root!, 'src/offline/service-worker.ts')],
          output: {
            // Its address stays, and it can be no deeper than the pages that it serves.
            entryFileNames: ({ name }) =>
              name === 'service-worker' ? script : 'assets/[name]-[hash].js',
          },
        },
      },
    }),
    transformIndexHtml: () => [...head],
    // Only now is all there that the folder will have.
    writeBundle({ dir }) {
      const paths = globSync('**/*', { cwd: dir!, ignore: script });
      const hashes = paths.sort().map((path) => [path, sha256(join(dir!, path))] as const);
      const source = readFileSync(join(dir!, script), 'utf8');
      const list = JSON.stringify(Object.fromEntries(hashes));
      writeFileSync(
        join(dir!, script),
        source.replace('PAGE_FILES', () => list),
      );
    },
  };
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
