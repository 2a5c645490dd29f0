// What MMDeploy writes beside a model for its SDK, and what that says of a super-resolution network.

import { FoveaError } from '../base/errors.js';
import { isRecord } from '../base/kinds.js';
import type { NetworkOptions, Pair, Range } from './form.js';

/** The parsed files that MMDeploy writes beside a model (`--dump-info`); any of them may be left out. */
export interface MMDeployFiles {
  /** pipeline.json */
  pipeline?: unknown;
  /** deploy.json */
  deploy?: unknown;
  /** detail.json */
  detail?: unknown;
}

/** What the files say, in the words of options. */
export interface MMDeployed extends Pick<
  NetworkOptions,
  'input' | 'output' | 'order' | 'range' | 'multiple'
> {
  /** The only size that the model was exported for. */
  fixed?: Pair;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * What the files say of a network.
 *
 * @throws FoveaError InvalidInput for what is not super-resolution, and where they contradict each other
 */
export function declaredByMMDeploy(files: MMDeployFiles | undefined): MMDeployed {
  if (!files) return {};
  const pipeline = fieldsOf(fileIn(files, 'pipeline').pipeline);
  const deploy = fileIn(files, 'deploy');
  const detail = fileIn(files, 'detail');
  checkTask('deploy.json', deploy.task, 'Restorer');
  checkTask('detail.json', fieldsOf(detail.codebase_config).task, 'SuperResolution');
  checkTask('detail.json', fieldsOf(detail.codebase).task, 'SuperResolution');
  const tasks = listOf(pipeline.tasks).map(fieldsOf);
  for (const { component } of tasks) checkTask('pipeline.json', component, 'TensorToImg');
  const transforms = tasks.flatMap((task) => listOf(task.transforms).map(fieldsOf));
  const network = tasks.find(({ module }) => module === 'Net') ?? {};
  const exported = fieldsOf(detail.onnx_config);
  const said: Record<keyof MMDeployed, unknown> = {
    input: nameOf('input', fieldsOf(network.input_map).img, exported.input_names),
    output: nameOf('output', fieldsOf(network.output_map).output, exported.output_names),
    order: orderIn(transforms),
    range: rangeIn(transforms),
    multiple: transforms.map(multipleOf).find((multiple) => multiple !== undefined),
    fixed: sizeIn(exported.input_shape),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function fileIn(files: MMDeployFiles, name: keyof MMDeployFiles): Fields {
  const file = files[name];
  if (file === undefined || isRecord(file)) return file ?? {};
  throw contradiction(`${name}.json is to be what JSON.parse() makes of it, an object`);
}

function checkTask(file: string, found: unknown, wanted: string): void {
  if (found === undefined || found === wanted) return;
  throw contradiction(
    `${file} is of ${written(found)}, and super-resolution is ${written(wanted)}`,
  );
}

/** The name that the pipeline says, or the exporter's, of several that of the SDK's own word for it. */
function nameOf(kind: 'input' | 'output', told: unknown, exported: unknown): string | undefined {
  const names = listOf(exported).filter((name) => typeof name === 'string');
  if (typeof told !== 'string') return names.find((name) => name === kind) ?? names[0];
  if (names.length === 0 || names.includes(told)) return told;
  const known = names.map(written).join(', ');
  throw contradiction(
    `the ${kind} is ${written(told)} in pipeline.json, and ${known} in detail.json`,
  );
}

/** The order in which pictures are loaded, BGR unless told, and to which `to_rgb` turns it round. */
function orderIn(transforms: readonly Fields[]): NetworkOptions['order'] {
  const load = transforms.find(({ type }) => type === 'LoadImageFromFile');
  const normalize = transforms.find(isNormalize);
  if ((!load && !normalize) || isGrey(load)) return undefined;
  const loaded = load?.channel_order ?? 'bgr';
  if (loaded !== 'bgr' && loaded !== 'rgb') {
    throw contradiction(`pipeline.json loads pictures in the order ${written(loaded)}`);
  }
  // The SDK turns it round unless that is denied. A network's own preprocessor does when it says so.
  const turned = normalize && (normalize.to_rgb ?? normalize.type === 'Normalize');
  if (!turned) return loaded;
  return loaded === 'bgr' ? 'rgb' : 'bgr';
}

/** What black and white become; undefined where nothing changes them, since exporters leave steps out. */
function rangeIn(transforms: readonly Fields[]): Range | undefined {
  const rescaled = transforms.some(({ type }) => type === 'RescaleToZeroOne');
  const normalize = transforms.find(isNormalize);
  const { mean, std } = normalize ?? {};
  if (mean === undefined && std === undefined) return rescaled ? '0..1' : undefined;
  const [means, deviations] = [numbersIn(mean ?? [0]), numbersIn(std ?? [1])];
  const white = rescaled ? 1 : 255;
  const levels = means?.flatMap(
    (least) =>
      deviations?.map((deviation) => [-least / deviation, (white - least) / deviation]) ?? [],
  );
  const range = levels?.length
    ? ranges.find(({ ends }) =>
        levels.every((found) => found.every((level, i) => isNear(level, ends[i]!, ends))),
      )
    : undefined;
  if (range) return range.name;
  throw contradiction(
    `pipeline.json normalises by mean ${written(mean)} and std ${written(std)}, which is none of ` +
      ranges.map(({ name }) => `'${name}'`).join(', '),
  );
}

const ranges: { name: Range; ends: [number, number] }[] = [
  { name: '0..1', ends: [0, 1] },
  { name: '0..255', ends: [0, 255] },
  { name: '-1..1', ends: [-1, 1] },
];

/** Whether a level is one of a range but for what people round means by: 127 or 128 for 127.5. */
function isNear(level: number, wanted: number, [black, white]: readonly [number, number]): boolean {
  return Math.abs(level - wanted) < 0.005 * (white - black);
}

/** Exporters call MMagic's data preprocessor so, or leave it its own name. */
function isNormalize({ type }: Fields): boolean {
  return typeof type === 'string' && /^Normalize$|DataPreprocessor$/.test(type);
}

function isGrey(load: Fields | undefined): boolean {
  return load?.color_type === 'grayscale' || load?.flag === 'grayscale';
}

function multipleOf({ pad_size_divisor, size_divisor }: Fields): number | undefined {
  const divisor = pad_size_divisor ?? size_divisor;
  return Number.isSafeInteger(divisor) && (divisor as number) > 1 ? (divisor as number) : undefined;
}

/** An exporter's shape, [width, height]. */
function sizeIn(shape: unknown): Pair | undefined {
  const [x, y] = numbersIn(shape) ?? [];
  return x && y ? { x, y } : undefined;
}

function numbersIn(value: unknown): number[] | undefined {
  const numbers = listOf(value);
  return numbers.every((each) => typeof each === 'number') ? numbers : undefined;
}

const fieldsOf = (value: unknown): Fields => (isRecord(value) ? value : {});

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const written = (value: unknown): string => JSON.stringify(value);

function contradiction(why: string): FoveaError {
  return new FoveaError('InvalidInput', `what MMDeploy says does not fit: ${why}`, {
    option: 'mmdeploy',
  });
}
