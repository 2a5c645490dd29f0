// What changes models: edit, extract and float16.

import type { Command } from 'commander';
import { convertToFloat16, editModel, extractModel } from 'fovea/edit';
import { wholeNumber } from '../base/values.js';
import { modelFile } from './model-file.js';
import {
  checkOutput,
  outputOption,
  overwriteOption,
  writeModel,
  type ModelOutputFlags,
} from './model-output.js';
import { jsonOption, read } from './option-kinds.js';
import { printJson, tellUser } from './print.js';
import { UsageError } from './usage-error.js';

interface EditFlags extends ModelOutputFlags {
  set: string[];
  remove: string[];
  producer?: string;
  producerVersion?: string;
  doc?: string;
  opset?: number;
}

interface ExtractFlags extends ModelOutputFlags {
  from: string[];
  to: string[];
}

interface Float16Flags extends ModelOutputFlags {
  ioTypes?: true;
  keep: string[];
  keepOperator: string[];
}

const weights = `
Weights that the model keeps in other files stay there: keep the new model beside them.`;

const editHelp = `${weights}

Examples:
  fovea edit network.onnx -o new.onnx --set author='A. N. Other' --remove comment
  fovea edit old.onnx -o new.onnx --opset 17`;

const extractHelp = `${weights}

Example:
  fovea extract network.onnx -o head.onnx --from image --to features`;

const float16Help = `
Example:
  fovea float16 network.onnx -o half.onnx --keep /tail/Conv --keep-operator Resize`;

/** `fovea edit`, `fovea extract` and `fovea float16`. */
export function addEditing(program: Command): void {
  command(program, 'edit', 'change what a model says of itself, or its opset')
    .option('--set <key=text>', 'metadata; may be given several times', gathered, [])
    .option('--remove <key>', 'metadata; may be given several times', gathered, [])
    .option('--producer <name>', 'who made it')
    .option('--producer-version <version>', 'with which version')
    .option('--doc <text>', 'what it is')
    .option('--opset <version>', 'a later one, 17 at most', read(wholeNumber(7)))
    .addHelpText('after', editHelp)
    .action(edit);
  command(program, 'extract', 'cut a part out of a model, between values that are named')
    .requiredOption('--from <value>', 'that is fed; may be given several times', gathered, [])
    .requiredOption('--to <value>', 'that is given; may be given several times', gathered, [])
    .addHelpText('after', extractHelp)
    .action(extract);
  command(program, 'float16', 'convert a model from float32 to float16')
    .option('--io-types', 'inputs and outputs as well')
    .option('--keep <node>', 'that stays float32; may be given several times', gathered, [])
    .option('--keep-operator <type>', 'whose nodes stay float32, likewise', gathered, [])
    .addHelpText('after', float16Help)
    .action(float16);
}

function command(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument('<model>', 'an ONNX file, a URL, or a network of the package')
    .addOption(outputOption().makeOptionMandatory())
    .addOption(overwriteOption())
    .addOption(jsonOption());
}

function gathered(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

async function edit(model: string, flags: EditFlags): Promise<void> {
  checkOutput(flags);
  const { set, remove, producer, producerVersion, doc, opset } = flags;
  const metadata = Object.fromEntries([
    ...remove.map((key) => [key, null] as const),
    ...set.map(pairOf),
  ]);
  const edits = { metadata, producerName: producer, producerVersion, docString: doc, opset };
  const edited = await editModel(modelFile(model).source, edits);
  await writeModel(model, edited, flags);
  if (flags.json) printJson({ input: model, output: flags.output, bytes: edited.length });
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--set takes KEY=TEXT, not '${text}'`);
  return [text.slice(0, at), text.slice(at + 1)];
}

async function extract(model: string, flags: ExtractFlags): Promise<void> {
  checkOutput(flags);
  const between = { inputs: flags.from, outputs: flags.to };
  const part = await extractModel(modelFile(model).source, between);
  await writeModel(model, part, flags);
  if (flags.json) printJson({ input: model, output: flags.output, bytes: part.length });
}

async function float16(model: string, flags: Float16Flags): Promise<void> {
  checkOutput(flags);
  const { ioTypes, keep, keepOperator } = flags;
  const converted = await convertToFloat16(modelFile(model).source, {
    ...{ ioTypes, keepNodes: keep, keepOperators: keepOperator },
  });
  await writeModel(model, converted.model, flags);
  const { warnings } = converted;
  const bytes = converted.model.length;
  if (flags.json) printJson({ input: model, output: flags.output, bytes, warnings });
  else warnings.forEach(tellUser);
}
