// node tools/python.mjs SCRIPT ARGUMENT...: runs a script of training/ with a Python that has what it
// imports, which is set up first where there is none.

import { CommandError, run } from './lib/process.mjs';
import { setUpPython } from './lib/python.mjs';
import { messageOf } from './lib/steps.mjs';

try {
  const python = await setUpPython();
  await run(python(...process.argv.slice(2)));
} catch (error) {
  // A script that fails has said why.
  if (!(error instanceof CommandError)) console.error(messageOf(error));
  process.exitCode = 1;
}
