// npm run format: formats everything the way lint wants it.

import { cppFiles } from './lib/sources.mjs';
import { nodeTool } from './lib/setup.mjs';
import { run } from './lib/process.mjs';

await run(['clang-format', '-i', ...cppFiles()]);
await run(nodeTool('prettier/bin/prettier.cjs', '--write', '--log-level=warn', '.'));
await run([process.execPath, 'tools/check-python.mjs', '--write']);
