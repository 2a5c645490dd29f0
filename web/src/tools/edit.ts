import {
  checkOptions,
  text,
  texts,
  wholeFrom,
  yesOrNo,
  type OptionKinds,
} from '../base/check-options.js';
import { FoveaError } from '../base/errors.js';
import { dictionary, isRecord } from '../base/kinds.js';
import { openDownload, type Download } from '../source/download.js';
import { joined, type ModelSource } from '../source/source.js';
import type { ModelWithWarnings } from './methods.js';
import { editingOptionKinds, type EditingOptions } from './options.js';
import { withTools, type Tools } from './tools.js';

/** What a model is to say of itself. What is not given stays as it is. */
export interface ModelEdits extends EditingOptions {
  /** The model's metadata by key, as `metadata.properties` has them; null removes a key. */
  metadata?: Readonly<Record<string, string | null>> | undefined;
  producerName?: string | undefined;
  producerVersion?: string | undefined;
  /** What the model is, in words. */
  docString?: string | undefined;
  /**
   * A later version of the default operators, 17 at most: nodes that have changed their form since are
   * rewritten. A model of this version or of a later one stays as it is.
   */
  opset?: number | undefined;
}

const metadataKind = {
  takes: 'an object of strings, or null, by their keys',
  accepts: (value: unknown) =>
    isRecord(value) &&
    Object.values(value).every((each) => each === null || typeof each === 'string'),
};

const editKinds: OptionKinds<ModelEdits> = {
  ...editingOptionKinds,
  metadata: metadataKind,
  producerName: text,
  producerVersion: text,
  docString: text,
  opset: wholeFrom(7),
};

/**
 * Changes what a model says of itself, and writes it anew. All else is copied byte by byte, weights in
 * files of their own stay there; without changes, the same bytes come out.
 *
 * @returns the ONNX file
 * @throws FoveaError MalformedModel, InvalidInput, UnsupportedAttribute (nodes that the later opset has no
 *   words for), NetworkError, IntegrityError, DecryptionError, EngineLoadError, OutOfMemory, Aborted
 *
 * @example
 * const model = await editModel('network.onnx', { metadata: { author: 'A. N. Other' } });
 */
export async function editModel(
  model: ModelSource,
  edits: ModelEdits = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const options = checkOptions(edits, 'editModel()', editKinds);
  const { producerName, producerVersion, docString, opset } = options;
  const metadata = dictionary(Object.entries(options.metadata ?? {}));
  return onModel(model, options, (tools, bytes) =>
    tools.call('edited', bytes, { metadata, producerName, producerVersion, docString, opset }),
  );
}

/** The values between which a model is cut out. */
export interface ExtractOptions extends EditingOptions {
  /** Values that are fed, by name. */
  inputs: readonly string[];
  /** Values that are given, by name. */
  outputs: readonly string[];
}

const extractKinds: OptionKinds<ExtractOptions> = {
  ...editingOptionKinds,
  inputs: texts,
  outputs: texts,
};

/**
 * Cuts a part out of a model, between values that are named, as a model of its own: with its weights,
 * functions and metadata.
 *
 * @returns the ONNX file
 * @throws FoveaError as editModel; InvalidInput for a name that the model has not, for an input whose type
 *   it does not declare, and where the outputs need what is not among the inputs
 *
 * @example
 * const head = await extractModel('network.onnx', { inputs: ['x'], outputs: ['features'] });
 */
export async function extractModel(
  model: ModelSource,
  between: ExtractOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const options = checkOptions(between, 'extractModel()', extractKinds);
  const { inputs, outputs } = options;
  for (const option of ['inputs', 'outputs'] as const) {
    if (options[option] !== undefined) continue;
    const message = `extractModel() needs the option '${option}', the names of values`;
    throw new FoveaError('InvalidInput', message, { option });
  }
  return onModel(model, options, (tools, bytes) => tools.call('extracted', bytes, inputs, outputs));
}

/** How a model is converted to float16. */
export interface Float16Options extends EditingOptions {
  /** Whether inputs and outputs become float16, too. Unless given, they stay as they are. */
  ioTypes?: boolean | undefined;
  /** Nodes that go on computing in float32, by name. */
  keepNodes?: readonly string[] | undefined;
  /** Operators whose nodes do, by type, such as `Resize`. */
  keepOperators?: readonly string[] | undefined;
}

const float16Kinds: OptionKinds<Float16Options> = {
  ...editingOptionKinds,
  ioTypes: yesOrNo,
  keepNodes: texts,
  keepOperators: texts,
};

/**
 * Converts a model from float32 to float16: it takes half the memory. Where it is to be computed is
 * another matter: Fovea computes float16 in float32.
 *
 * @returns the ONNX file, and sentences on what was lost, such as weights beyond float16's range
 * @throws FoveaError as editModel; InvalidInput for nodes that the model has not
 */
export async function convertToFloat16(
  model: ModelSource,
  given: Float16Options = {},
): Promise<ModelWithWarnings> {
  const options = checkOptions(given, 'convertToFloat16()', float16Kinds);
  const { ioTypes = false, keepNodes = [], keepOperators = [] } = options;
  return onModel(model, options, (tools, bytes) =>
    tools.call('inFloat16', bytes, { keepIoTypes: !ioTypes, keepNodes, keepOperators }),
  );
}

async function onModel<T>(
  model: ModelSource,
  options: EditingOptions,
  work: (tools: Tools, bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  const bytes = await readWhole(model, options);
  return withTools(options, options.signal, (tools) => work(tools, bytes));
}

/** A model's bytes, which may be handed on. */
export async function readWhole(
  model: ModelSource,
  options: Download,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await openDownload(model, options)).chunks) chunks.push(chunk);
  return joined(chunks);
}
