import {
  callback,
  checkOptions,
  text,
  wholeFrom,
  type OptionKinds,
} from '../base/check-options.js';
import { FoveaError } from '../base/errors.js';
import type { Tensor, TensorLike } from './tensor.js';
import type { TensorType } from './tensor-types.js';

/**
 * An attribute of a node. Integers are numbers, and bigints beyond 2^53; tensors have a copy of their
 * elements.
 */
export type AttributeValue =
  number | bigint | string | readonly (number | bigint)[] | readonly string[] | Tensor;

/** A node of a custom operator. */
export interface CustomNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  /** The opset of the domain that the model imports. */
  readonly opset: number;
  /** By name, in an object without a prototype: what the node does not say is undefined. */
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>;
  /** Of each output the node has, whether it is wanted. */
  readonly outputs: readonly boolean[];
}

/** What is known of an input before it is computed. */
export interface CustomInput {
  readonly type: TensorType;
  readonly dims: readonly number[];
  /** The elements, of the inputs that `dataInputs` lists. */
  readonly data?: Tensor['data'] | undefined;
}

/** What is known of an output before it is computed; `dims` are left out where data decide. */
export interface CustomOutput {
  readonly type: TensorType;
  readonly dims?: readonly number[] | null | undefined;
}

/** What a node being computed is given besides its inputs. */
export interface CustomRun {
  /** Fires when the run is aborted, after which nobody waits for the result. */
  readonly signal: AbortSignal;
}

/** An operator that the engine does not have, as a description that a module exports. */
export interface CustomOperator {
  /** Of ONNX's own, `ai.onnx`, only operators that the engine does not have. */
  domain: string;
  opType: string;
  /** The first opset of the domain that it is for; 1 unless given. */
  sinceVersion?: number | undefined;
  /** Inputs, by index, whose elements `infer` has to know; 4 at most. */
  dataInputs?: readonly number[] | undefined;
  /**
   * Says what the outputs will be. It is called while plans are made, as often as they are, and is to
   * answer at once and the same each time. Without it, that is known only once the node is computed.
   *
   * @param inputs undefined where the node leaves one out
   */
  infer?:
    ((node: CustomNode, inputs: readonly CustomInput[]) => readonly CustomOutput[]) | undefined;
  /**
   * Computes a node.
   *
   * @param inputs copies, which are its own; undefined where the node leaves one out
   * @returns the outputs, as Tensors or as objects of type, dims and data; those that are not wanted may
   *   be anything
   */
  run: (
    node: CustomNode,
    inputs: readonly Tensor[],
    run: CustomRun,
  ) => readonly TensorLike[] | Promise<readonly TensorLike[]>;
}

/** A module whose default export is the description of an operator, or an array of such. */
export interface OperatorModule {
  module: string | URL;
}

/** What is registered, as plain data where it is a module. */
export type OperatorSource = CustomOperator | { module: string };

const mostDataInputs = 4;

const operatorKinds: OptionKinds<CustomOperator> = {
  domain: text,
  opType: text,
  sinceVersion: wholeFrom(1),
  dataInputs: {
    takes: `an array of at most ${mostDataInputs} indices of inputs`,
    accepts: (value) =>
      Array.isArray(value) &&
      value.length <= mostDataInputs &&
      value.every((index) => Number.isSafeInteger(index) && index >= 0),
  },
  infer: callback,
  run: callback,
};

/** The domain as the engine has it, where ai.onnx has no name. */
export function onnxDomain({ domain }: CustomOperator): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/**
 * A description, if it is one.
 *
 * @param place what it is given to, for messages
 * @throws FoveaError InvalidInput
 */
export function checkOperator(value: unknown, place: string): CustomOperator {
  const operator = checkOptions<CustomOperator>(value, place, operatorKinds);
  for (const name of ['domain', 'opType', 'run'] as const) {
    if (operator[name] !== undefined) continue;
    throw new FoveaError('InvalidInput', `${place} needs the operator's '${name}'`, {
      option: name,
    });
  }
  return operator;
}
