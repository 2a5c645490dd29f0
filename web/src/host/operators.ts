// Custom operators where the engine is: their modules, their shape rules, and their nodes' results.

import {
  checkOperator,
  onnxDomain,
  type AttributeValue,
  type CustomInput,
  type CustomNode,
  type CustomOperator,
  type CustomOutput,
  type OperatorSource,
} from '../session/custom-operators.js';
import { FoveaError, isErrorData, messageOf } from '../base/errors.js';
import { described, dictionary, isRecord } from '../base/kinds.js';
import { asTensor, countElements, type Tensor } from '../session/tensor.js';
import { isTensorType } from '../session/tensor-types.js';
import { untilAborted } from '../base/until-aborted.js';
import { tensorData, toTensor } from '../session/values.js';
import type { EngineContext } from './context.js';
import type { Checkpoint } from './jobs.js';
import type {
  EngineModule,
  EngineNode,
  EngineOperator,
  EngineOutput,
  EngineQuestion,
  EngineRun,
  InferFailure,
} from './module.js';
import { placed, type TensorData } from './feeding.js';

/** Modules of custom operators. */
export class OperatorHost {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Imports modules for the sessions that are loaded next. Throws FoveaError OperatorError. */
  async importOperators(urls: string[]): Promise<void> {
    const { operatorModules } = this.#context;
    const missing = urls.filter((url) => !operatorModules.has(url));
    await Promise.all(missing.map(async (url) => operatorModules.set(url, await imported(url))));
  }
}

async function imported(url: string): Promise<CustomOperator[]> {
  let exported: unknown;
  try {
    ({ default: exported } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ url)) as {
      default?: unknown;
    });
  } catch (cause) {
    const message =
      `the module of custom operators ${url} cannot be imported: ${messageOf(cause)}. A ` +
      'Content-Security-Policy has to allow it by script-src, and another origin by CORS';
    throw new FoveaError('OperatorError', message, { url }, { cause });
  }
  try {
    const list: unknown[] = Array.isArray(exported) ? exported : [exported];
    return list.map((each) => checkOperator(each, `the default export of ${url}`));
  } catch (cause) {
    throw new FoveaError('OperatorError', messageOf(cause), { url }, { cause });
  }
}

/** Operators as the engine takes them, those of modules that have been imported. */
export function engineOperators(
  { operatorModules, failures }: EngineContext,
  sources: readonly OperatorSource[],
): EngineOperator[] {
  const operators = sources.flatMap((source) =>
    'module' in source ? (operatorModules.get(source.module) ?? []) : [source],
  );
  return operators.map((operator) => ({
    domain: onnxDomain(operator),
    opType: operator.opType,
    sinceVersion: Math.min(operator.sinceVersion ?? 1, 2 ** 31 - 1),
    dataInputs: operator.dataInputs ?? [],
    infer: operator.infer ? (node, inputs) => inferred(operator, node, inputs, failures) : null,
    run: (...args) => operator.run(...args),
  }));
}

/** Errors of shape rules, which pass through the engine as messages. */
export class Failures {
  #count = 0;
  #last: unknown;

  keep(cause: unknown): InferFailure {
    this.#last = cause;
    return { message: messageOf(cause), failure: String(++this.#count) };
  }

  /** What was thrown, as what it was at first. */
  explained(thrown: unknown): unknown {
    if (!isErrorData(thrown) || thrown.fields.failure === undefined) return thrown;
    const { failure, ...fields } = thrown.fields;
    const cause = failure === String(this.#count) ? this.#last : undefined;
    return new FoveaError('OperatorError', thrown.message, fields, { cause });
  }
}

function inferred(
  operator: CustomOperator,
  node: EngineNode,
  inputs: readonly (EngineOutput | null)[],
  failures: Failures,
): ReturnType<NonNullable<EngineOperator['infer']>> {
  try {
    const given = inputs.map((input) => (input ? toInput(input) : undefined));
    const outputs: unknown = operator.infer!(toNode(node), given as CustomInput[]);
    if (!Array.isArray(outputs)) {
      throw invalid(`infer() gives a list of outputs at once, not ${described(outputs)}`);
    }
    return node.outputs.map((isWanted, index) =>
      isWanted ? toInferred(outputs[index], index) : null,
    );
  } catch (thrown) {
    return failures.keep(thrown);
  }
}

function toInferred(output: unknown, index: number): { type: string; dims: number[] | null } {
  if (!isRecord(output)) {
    throw invalid(`infer() gives ${described(output)} for output ${index}, not {type, dims}`);
  }
  const { type, dims } = output as Partial<CustomOutput>;
  if (typeof type !== 'string' || !isTensorType(type)) {
    throw invalid(`infer() gives output ${index} the type ${described(type)}, which is none`);
  }
  if (dims === undefined || dims === null) return { type, dims: null };
  if (!Array.isArray(dims)) {
    throw invalid(`infer() gives output ${index} the dims ${described(dims)}, not a list of sizes`);
  }
  countElements(dims);
  return { type, dims: [...(dims as number[])] };
}

/**
 * Has a node computed.
 *
 * @throws FoveaError OperatorError where that fails, Aborted as soon as the job is
 */
export async function answer(
  module: EngineModule,
  run: EngineRun,
  { operator, node, inputs }: EngineQuestion,
  { signal, aside }: Checkpoint,
): Promise<void> {
  const compute = async () => {
    try {
      const given = inputs.map((input) => (input ? toTensor(input as TensorData) : undefined));
      const outputs: unknown = await operator.run(toNode(node), given as Tensor[], { signal });
      return toResults(outputs, node);
    } catch (cause) {
      const message = `${node.opType} node '${node.name}': ${messageOf(cause)}`;
      throw operatorError(node, message, {}, cause);
    }
  };
  // The engine works for other sessions meanwhile, of which the operator may use some.
  const results = await aside(() => untilAborted(signal, compute));
  try {
    await placed(module, results, (values) => module.answer(run, values));
  } catch (thrown) {
    if (!isErrorData(thrown) || thrown.code !== 'InvalidInput') throw thrown;
    throw operatorError(node, thrown.message, thrown.fields, undefined);
  }
}

function toResults(outputs: unknown, node: EngineNode): (TensorData | null)[] {
  if (!Array.isArray(outputs)) {
    throw invalid(`run() gives a list of outputs, not ${described(outputs)}`);
  }
  return node.outputs.map((isWanted, index) => {
    const output: unknown = outputs[index];
    if (!isWanted || output === undefined) return null;
    return tensorData(asTensor(output, `output ${index}`), (bytes) => bytes);
  });
}

function toNode({ attributes, ...node }: EngineNode): CustomNode {
  const entries = Object.entries(attributes).map(
    ([name, value]) => [name, toAttribute(value)] as const,
  );
  return { ...node, attributes: dictionary(entries) };
}

function toAttribute(value: EngineNode['attributes'][string]): AttributeValue {
  return isRecord(value) ? toTensor(value as unknown as TensorData) : (value as AttributeValue);
}

function toInput({ type, dims, data }: EngineOutput): CustomInput {
  const known = data as EngineOutput['data'] | undefined;
  return known === undefined
    ? ({ type, dims } as CustomInput)
    : toTensor({ type, dims, data } as TensorData);
}

function operatorError(
  { name, opType }: EngineNode,
  message: string,
  fields: Record<string, string>,
  cause: unknown,
): FoveaError {
  return new FoveaError(
    'OperatorError',
    message,
    { node: name, op: opType, ...fields },
    cause === undefined ? {} : { cause },
  );
}

function invalid(message: string): FoveaError {
  return new FoveaError('InvalidInput', message);
}
