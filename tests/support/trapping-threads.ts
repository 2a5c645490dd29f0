import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));

export const trappingVariant = 'simd-threads';
const engine = `fovea-${trappingVariant}`;

/**
 * A folder in build/ with an engine whose threads trap in the first work that they share: in their
 * WebAssembly, all functions that work is done by (four parameters) are missing.
 *
 * @param isThread an expression that says whether the glue runs in such a thread
 * @param imports what the expression needs
 */
export function makeTrappingEngine(isThread: string, imports = ''): string {
  const folder = mkdtempSync(join(project, 'build/trapping-'));
  const source = join(project, 'dist/wasm', engine);
  const glue = readFileSync(`${source}.js`, 'utf8');
  const removing = `
    if (${isThread}) {
      const { Instance } = WebAssembly;
      WebAssembly.Instance = function (module, imports) {
        const instance = new Instance(module, imports);
        const table = Object.values(instance.exports).find((each) => each instanceof WebAssembly.Table);
        for (let i = 0; i < table.length; ++i) if (table.get(i)?.length === 4) table.set(i, null);
        return instance;
      };
    }
  `;
  writeFileSync(join(folder, `${engine}.js`), `${imports}\n${removing}\n${glue}`);
  copyFileSync(`${source}.wasm`, join(folder, `${engine}.wasm`));
  return folder;
}

/** Threads that start from now on do not trap. */
export function mendTrappingEngine(folder: string): void {
  copyFileSync(join(project, 'dist/wasm', `${engine}.js`), join(folder, `${engine}.js`));
}
