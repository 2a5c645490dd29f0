import type { Command } from 'commander';
import { checkModel, type ModelReport } from 'fovea';
import { declarations, modelFile } from './model-file.js';
import { jsonOption } from './option-kinds.js';
import { bytesText, countText, facts, print, printJson, table } from './print.js';

/** `fovea info`. */
export function addInfo(program: Command): void {
  program
    .command('info')
    .description('tell what a model is: inputs, outputs, opsets, operators, metadata')
    .argument('<model>', 'an ONNX file, a URL, or a network of the package')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  fovea info network.onnx')
    .action(async (model: string, { json }: { json?: true }) => {
      const { source, options, bytes } = modelFile(model);
      const report = await checkModel(source, options);
      if (json) printJson(asData(report, bytes));
      else print(asText(report, bytes));
    });
}

function asData(
  { inputs, outputs, operators, parameters, metadata }: ModelReport,
  bytes: number | undefined,
): object {
  return { bytes, parameters, inputs, outputs, operators, metadata };
}

function asText(report: ModelReport, bytes: number | undefined): string {
  const { inputs, outputs, operators, parameters, metadata } = report;
  const { irVersion, producerName, producerVersion, opsets, properties } = metadata;
  const opsetTexts = opsets.map(({ domain, version }) => `${domain || 'ai.onnx'} ${version}`);
  const counts = Object.entries(operators).sort(([, a], [, b]) => b - a);
  const about = facts([
    ...declarations({ inputs, outputs }),
    ['opsets', opsetTexts.join(', ')],
    ['IR version', `${irVersion}`],
    ['producer', `${producerName} ${producerVersion}`.trim()],
    ['size', bytes === undefined ? undefined : bytesText(bytes)],
    ['parameters', countText(parameters)],
    ...Object.entries(properties).map(([name, value]) => [`metadata ${name}`, value] as const),
  ]);
  return `${about}\n\n${table(['operator', 'nodes'], counts)}`;
}
