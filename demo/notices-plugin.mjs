import { relative } from 'node:path';
import { notices, noticesFile, packagesOf } from '../tools/lib/notices.mjs';
import { projectDir } from '../tools/lib/project.mjs';

/**
 * Adds a file with the notices of all that the pages and their workers are made of: one plugin for each of the two.
 *
 * @returns {{ofPages: import('vite').Plugin, ofWorkers: import('vite').Plugin}}
 */
export function noticesPlugins() {
  /** @type {Set<string>} */
  const files = new Set();
  /** @param {import('vite').Rolldown.OutputBundle} bundle */
  const collect = (bundle) => {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === 'chunk') for (const id of chunk.moduleIds) files.add(id);
    }
  };
  return {
    ofWorkers: { name: 'notices-of-workers', generateBundle: (_, bundle) => collect(bundle) },
    ofPages: {
      name: 'notices-of-pages',
      generateBundle(_, bundle) {
        collect(bundle);
        const packages = packagesOf([...files].map((file) => relative(projectDir, file)));
        const source = notices([{ files: 'the scripts', packages }]);
        this.emitFile({ type: 'asset', fileName: noticesFile, source });
      },
    },
  };
}
