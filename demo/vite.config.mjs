import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';
import { defineConfig } from 'vite';
import { noticesPlugins } from './notices-plugin.mjs';
import { offline } from './offline-plugin.js';

const notices = noticesPlugins();

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // The page works in any folder of a server.
  base: './',
  resolve: {
    // The package as it is published, by its own name.
    alias: {
      'fovea/edit': fileURLToPath(new URL('../dist/edit.js', import.meta.url)),
      'fovea/models': fileURLToPath(new URL('../dist/models.js', import.meta.url)),
      'fovea/quantize': fileURLToPath(new URL('../dist/quantize.js', import.meta.url)),
      fovea: fileURLToPath(new URL('../dist/index.js', import.meta.url)),
    },
  },
  plugins: [offline(), notices.ofPages],
  assetsInclude: ['**/*.onnx'],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    // Nothing as a data: URL, which the page's Content-Security-Policy forbids.
    assetsInlineLimit: 0,
    rolldownOptions: { input: globSync('*.html', { cwd: import.meta.dirname, absolute: true }) },
  },
  worker: { format: 'es', plugins: () => [notices.ofWorkers] },
});
