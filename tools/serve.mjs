// node tools/serve.mjs [FOLDER] [--port N] [--no-isolation]
// Serves a folder (the checkout when none is named); pages are cross-origin isolated unless told.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectDir } from './lib/project.mjs';
import { serve } from './lib/serve.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '8080' },
    'no-isolation': { type: 'boolean', default: false },
  },
});

const folder = resolve(positionals[0] ?? projectDir);
const options = { port: Number(values.port), isolated: !values['no-isolation'] };
console.log(await serve(folder, options));
