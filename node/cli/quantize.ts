import type { Command } from 'commander';
import { quantize, type LayerReport, type QuantizeReport } from 'fovea/quantize';
import { nonNegativeNumber, wholeNumber, word } from '../base/values.js';
import { findPictures } from './inputs.js';
import { modelFile } from './model-file.js';
import {
  checkOutput,
  outputOption,
  overwriteOption,
  writeModel,
  type ModelOutputFlags,
} from './model-output.js';
import { jsonOption, read } from './option-kinds.js';
import { bytesText, countText, facts, print, printJson, table } from './print.js';
import { ProgressBar } from './progress-bar.js';
import { UsageError } from './usage-error.js';

interface QuantizeFlags extends ModelOutputFlags {
  images: string[];
  crops?: number;
  heldOut?: number;
  method?: 'auto' | 'minmax' | 'percentile' | 'mse' | 'entropy';
  activations?: 'uint8' | 'int8';
  perTensor?: true;
  rounding?: 'gptq' | 'nearest';
  biasCorrection: boolean;
  equalise?: true;
  keepFloat?: string[];
  budget?: number;
  placement?: 'fused' | 'everywhere';
  float16?: true;
  threads?: number;
}

const help = `
Pictures are such as the network is for; of each, parts are taken where there is detail. Nothing is sent
anywhere. Layers whose loss is more than the budget has stay float. The table lists every layer: how much
of the PSNR it loses by itself, and the range of values that it reads.

Examples:
  fovea quantize network.onnx --images photos/ -o network-int8.onnx
  fovea quantize x2 --images photo.jpg -o x2-int8.onnx --budget 0.05 --crops 16`;

/** `fovea quantize`. */
export function addQuantize(program: Command): void {
  program
    .command('quantize')
    .description('make a model compute with bytes')
    .argument('<model>', 'an ONNX file, a URL, or a network of the package')
    .requiredOption('-i, --images <inputs...>', 'pictures: files, folders, globs in quotes')
    .addOption(outputOption().makeOptionMandatory())
    .option('--crops <count>', 'parts of all pictures; 8 unless given', read(wholeNumber(1)))
    .option('--held-out <count>', 'of these, that only judge', read(wholeNumber(0)))
    .option(
      '--method <how>',
      'auto, minmax, percentile, mse or entropy',
      read(word('auto', 'minmax', 'percentile', 'mse', 'entropy')),
    )
    .option('--activations <type>', 'uint8 or int8', read(word('uint8', 'int8')))
    .option('--per-tensor', 'one scale for all weights of a layer')
    .option('--rounding <how>', 'gptq or nearest', read(word('gptq', 'nearest')))
    .option('--no-bias-correction', 'leave biases as they are')
    .option('--equalise', 'make ranges of neighbouring layers alike first')
    .option('--keep-float <nodes...>', 'these and no others stay float')
    .option('--budget <dB>', 'how much PSNR may be lost; 0.1 unless given', read(nonNegativeNumber))
    .option('--placement <where>', 'fused or everywhere', read(word('fused', 'everywhere')))
    .option('--float16', 'store weights that stay float as float16')
    .option('--threads <count>', 'threads that compute', read(wholeNumber(1, 64)))
    .addOption(overwriteOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(quantizeFile);
}

async function quantizeFile(model: string, flags: QuantizeFlags): Promise<void> {
  checkOutput(flags);
  const images = await picturesOf(flags.images);
  const { source, options } = modelFile(model);
  const { crops, heldOut, method, activations, rounding, biasCorrection, equalise } = flags;
  const { perTensor = false, keepFloat, budget: budgetDb, placement, float16, threads } = flags;
  const bar = new ProgressBar(1);
  try {
    const result = await quantize(source, {
      ...options,
      ...{ images, crops, heldOut, method, activations, rounding, biasCorrection, equalise },
      ...{ perChannel: !perTensor, keepFloat, budgetDb, placement, float16 },
      numThreads: threads,
      onProgress: ({ stage, done }) => {
        if (stage === 'quantize') bar.update(model, done);
      },
    });
    bar.end();
    await writeModel(model, result.model, flags);
    if (flags.json) printJson(asData(result.report, flags.output));
    else print(asText(result.report));
  } finally {
    bar.end();
  }
}

async function picturesOf(inputs: readonly string[]): Promise<string[]> {
  const { pictures, missing } = await findPictures(inputs, '');
  const [first] = missing;
  if (first) throw new UsageError(`${first.input}: ${first.message}`);
  return pictures.map(({ input }) => input);
}

/** Histograms are for drawing. */
function asData({ layers, ...report }: QuantizeReport, output: string): object {
  const told = layers.map((layer) => ({ ...layer, histogram: undefined }));
  return { output, ...report, layers: told };
}

function asText(report: QuantizeReport): string {
  const { lossDb, psnr, psnrBefore, psnrAfter, bytesBefore, bytesAfter, layers } = report;
  const float = layers.filter(({ quantised }) => !quantised);
  const rows = layers.map((layer) => [
    layer.node || '(without a name)',
    layer.opType,
    layer.quantised ? 'bytes' : 'float',
    decibels(layer.lossDb, 3),
    layer.quantised ? decibels(layer.weightsSnr, 1) : '',
    rangeOf(layer),
    layer.macs > 0 ? countText(layer.macs) : '',
    layer.reason,
  ]);
  const head = [
    'layer',
    'operator',
    'as',
    'loss',
    'weights',
    'range',
    'multiply-adds',
    'why float',
  ];
  const all = facts([
    ['loss', `${decibels(lossDb, 3)} dB of PSNR`],
    ['against the float model', `${decibels(psnr, 1)} dB`],
    ['against the truth', truth(psnrBefore, psnrAfter)],
    ['size', `${bytesText(bytesAfter)} instead of ${bytesText(bytesBefore)}`],
    ['layers that stay float', `${float.length} of ${layers.length}`],
  ]);
  return `${all}\n\n${table(head, rows)}`;
}

function truth(before: number | undefined, after: number | undefined): string | undefined {
  if (before === undefined || after === undefined) return undefined;
  return `${decibels(after, 3)} dB instead of ${decibels(before, 3)}`;
}

function decibels(value: number | undefined, digits: number): string {
  return value === undefined ? '' : value.toFixed(digits);
}

function rangeOf({ histogram, chosen, method }: LayerReport): string {
  if (!histogram) return '';
  return `${chosen.low.toPrecision(3)} to ${chosen.high.toPrecision(3)} (${method})`;
}
