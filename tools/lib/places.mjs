// Where the tests of places are made: outside of the checkout, whose settings tools would find.

import { cpSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './process.mjs';
import { cacheDir, projectDir } from './project.mjs';
import { contentKey, once } from './stamp.mjs';

const manifests = ['package.json', 'package-lock.json'].map((file) =>
  join(projectDir, 'tests/places', file),
);

/** A folder in which bundlers, frameworks and runtimes are installed, for the projects below it. */
export const placesDir = join(cacheDir, 'places');

/**
 * Installs them where they are not there yet.
 *
 * @param {string} [log]
 */
export async function setUpPlaces(log) {
  await once(join(placesDir, 'stamp'), contentKey(...manifests), async () => {
    mkdirSync(placesDir, { recursive: true });
    for (const file of manifests) cpSync(file, join(placesDir, basename(file)));
    await run(['npm', 'ci', '--prefix', placesDir, '--no-fund', '--no-audit'], { log });
    // Newer npms run no package's scripts unless told; this one is not Bun without its own.
    await run([process.execPath, join(placesDir, 'node_modules/bun/install.js')], { log });
  });
}
