#!/usr/bin/env node
// fovea: the command line.

import { Command, CommanderError } from 'commander';
import { FoveaError, version } from 'fovea';
import { addCheck } from './check.js';
import { addEditing } from './edit.js';
import { addEncrypt } from './encrypt.js';
import { addInfo } from './info.js';
import { printFailure } from './print.js';
import { addProfile } from './profile.js';
import { addQuantize } from './quantize.js';
import { addServe } from './serve.js';
import { addUpscale } from './upscale.js';
import { UsageError } from './usage-error.js';

const help = `
Exit codes: 0 all well, 1 something failed, 2 the command line is wrong.
fovea help COMMAND tells more, with examples.`;

const program = new Command('fovea')
  .description('Runs ONNX models and makes pictures larger.')
  .version(version)
  .addHelpText('after', help)
  .showHelpAfterError('(--help tells more)')
  .exitOverride();

// Subcommands take over what the program is told before.
const commands = [addUpscale, addServe, addCheck, addInfo, addProfile];
const changing = [addQuantize, addEditing, addEncrypt];
for (const add of [...commands, ...changing]) add(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Tells of an error, unless commander has. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isUsage = error instanceof UsageError || isOptionError(error);
  printFailure(error, !isUsage && process.argv.includes('--json'));
  return isUsage ? 2 : 1;
}

/** Whether something is wrong with what an option was given. */
function isOptionError(error: unknown): boolean {
  return error instanceof FoveaError && error.fields.option !== undefined;
}
