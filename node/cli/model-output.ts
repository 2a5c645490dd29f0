// A model that a command writes.

import { rename, rm, writeFile } from 'node:fs/promises';
import { Option } from 'commander';
import { exists } from './inputs.js';
import { temporaryName } from './outputs.js';
import { bytesText, tellUser } from './print.js';
import { UsageError } from './usage-error.js';

/** Where a model is written. */
export interface ModelOutputFlags {
  output: string;
  overwrite?: true;
  json?: true;
}

export const outputOption = () => new Option('-o, --output <file>', 'the new model');
export const overwriteOption = () => new Option('--overwrite', 'replace it if it exists');

/** Throws UsageError for a file that is not to be replaced. */
export function checkOutput({ output, overwrite }: ModelOutputFlags): void {
  if (!overwrite && exists(output))
    throw new UsageError(`${output} exists: --overwrite replaces it`);
}

/** Writes a model, which has its name once it is whole, and tells of it. */
export async function writeModel(
  from: string,
  model: Uint8Array,
  { output, json }: ModelOutputFlags,
): Promise<void> {
  const temporary = temporaryName(output);
  try {
    await writeFile(temporary, model);
    await rename(temporary, output);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (!json) tellUser(`${from} -> ${output} (${bytesText(model.length)})`);
}
