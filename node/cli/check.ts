import type { Command } from 'commander';
import { checkModel, type ModelReport } from 'fovea';
import { wholeNumber } from '../base/values.js';
import { declarations, modelFile } from './model-file.js';
import { jsonOption, readPairs } from './option-kinds.js';
import { bytesText, countText, facts, print, printJson } from './print.js';

interface CheckFlags {
  size?: Record<string, number>;
  json?: true;
}

const help = `
The exit code is 1 where the model cannot be run.

Examples:
  fovea check network.onnx
  fovea check network.onnx --size height=720 --size width=1280`;

/** `fovea check`. */
export function addCheck(program: Command): void {
  program
    .command('check')
    .description('tell whether a model can be run, and what it needs')
    .argument('<model>', 'an ONNX file, a URL, or a network of the package')
    .option('--size <name=n>', 'a size that the model leaves free', readPairs(wholeNumber(0)))
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (model: string, flags: CheckFlags) => {
      process.exitCode = await check(model, flags);
    });
}

async function check(model: string, { size = {}, json }: CheckFlags): Promise<number> {
  const { source, options } = modelFile(model);
  const report = await checkModel(source, { ...options, freeDimensionOverrides: size });
  if (json) printJson(asData(report));
  else print(`${verdict(report)}\n\n${needs(report)}`);
  return runs(report) ? 0 : 1;
}

function runs({ supported, refusal }: ModelReport): boolean {
  return supported && refusal === undefined;
}

function asData({ refusal, ...report }: ModelReport): object {
  const why = refusal && { code: refusal.code, message: refusal.message, fields: refusal.fields };
  return { ...report, ...(why ? { refusal: why } : {}) };
}

function verdict(report: ModelReport): string {
  const { refusal, unsupported } = report;
  if (runs(report)) return 'It can be run.';
  const problems = unsupported.map(
    ({ node, opType, domain, opset, message }) =>
      `  ${node || '(without a name)'}: ${domain || 'ai.onnx'}.${opType} (opset ${opset}): ${message}`,
  );
  if (refusal) problems.push(`  ${refusal.message}`);
  return ['It cannot be run:', ...problems].join('\n');
}

function needs(report: ModelReport): string {
  const { inputs, outputs, freeDimensions, parameters, macs, macsFormula, memory } = report;
  const free = freeDimensions.map(({ name, multipleOf, only }) => {
    if (only !== undefined) return `${name} (${only})`;
    return multipleOf > 1 ? `${name} (a multiple of ${multipleOf})` : name;
  });
  return facts([
    ...declarations({ inputs, outputs }),
    ['free sizes', free.join(', ')],
    ['parameters', countText(parameters)],
    ['multiply-accumulates', macs === undefined ? macsFormula : countText(macs)],
    ['memory', memory && `${bytesText(memory.peak)}, of it weights ${bytesText(memory.weights)}`],
  ]);
}
