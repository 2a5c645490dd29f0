// TypeScript for Jest, by the compiler that also makes the package.

import { transformSync } from 'esbuild';

export default {
  /**
   * @param {string} source
   * @param {string} file
   */
  process(source, file) {
    const { code, map } = transformSync(source, {
      loader: 'ts',
      format: 'esm',
      target: 'es2022',
      sourcefile: file,
      sourcemap: true,
    });
    return { code, map };
  },
};
