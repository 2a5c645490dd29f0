import { checkOptions, type OptionKinds } from '../base/check-options.js';
import { InputSizes } from './declared.js';
import { Explorer, type Answer, type Ask } from './explorer.js';
import { findFormulas } from './formulas.js';
import type { Engine } from '../engine/engine.js';
import type { EngineReport, EngineTypes, MemoryNeed, NodeProblem } from '../host/module.js';
import { toFoveaError, type FoveaError } from '../base/errors.js';
import { dictionary, isRecord } from '../base/kinds.js';
import {
  toMetadata,
  toModelMetadata,
  type ModelMetadata,
  type ValueMetadata,
} from '../session/metadata.js';
import { abortable } from '../session/model.js';
import { adviceFor } from '../session/operator-registry.js';
import { loadOptionKinds, openModel, withModel, type LoadOptions } from '../source/reading.js';
import type { ModelSource } from '../source/source.js';
import { untilAborted } from '../base/until-aborted.js';

/** How a model is examined. */
export interface CheckOptions extends LoadOptions {
  /** Sizes by the names of free dimensions, as `freeDimensions` of the report lists them. */
  freeDimensionOverrides?: Readonly<Record<string, number>> | undefined;
}

/** A size that the model leaves to its caller. */
export interface FreeDimension {
  /** As the model declares it; where it gives no name, that of the input and the axis: `x.2`. */
  name: string;
  /** What it has to be a multiple of, as far as sizes were tried. */
  multipleOf: number;
  /** The only one that is taken of the sizes that were tried, if so: what `values` says is about it. */
  only: number | undefined;
}

/** What a model needs, and whether the engine has it. */
export interface ModelReport {
  /** Whether every node that the outputs need can be run. */
  supported: boolean;
  /** Every node of those that cannot be run. */
  unsupported: readonly NodeProblem[];
  inputs: readonly ValueMetadata[];
  outputs: readonly ValueMetadata[];
  /**
   * Every value that the outputs need: inputs, the results of nodes in the order of these, outputs.
   * Sizes are numbers, or formulas of free dimensions such as `H`, `2*H+1`, `ceil(H/8)*ceil(W/8)`: the
   * shape rules of the operators were tried at several sizes, and what a formula says at others was
   * the same. `?` is a size, and undefined a shape, that depends on data, follows from an operator
   * that cannot be run, or is no such formula.
   */
  values: readonly ValueMetadata[];
  /**
   * What is left free, in the order of the inputs; none where all sizes are fixed or given. Of
   * dimensions that the model takes only where they are equal, the first.
   */
  freeDimensions: readonly FreeDimension[];
  /**
   * Why the model takes none of the sizes that were tried, if so. What does not follow from the node
   * that refuses is in `values` all the same.
   */
  refusal: FoveaError | undefined;
  metadata: ModelMetadata;
  /** How many nodes there are of each operator. */
  operators: Readonly<Record<string, number>>;
  /** Elements of all weights. */
  parameters: number;
  /** Multiplications and additions of one run; undefined unless all shapes are fixed or given. */
  macs: number | undefined;
  /** The same as a formula of free dimensions, if it is one. */
  macsFormula: string | undefined;
  /**
   * What a session with the same options takes, in bytes; undefined unless all shapes are fixed or
   * given, and where they depend on data. The engine itself, and results in JavaScript, come on top.
   */
  memory: Readonly<MemoryNeed> | undefined;
}

const checkOptionKinds: OptionKinds<CheckOptions> = {
  ...loadOptionKinds,
  freeDimensionOverrides: {
    takes: 'an object of whole numbers from 0',
    accepts: (value) =>
      isRecord(value) &&
      Object.values(value).every((size) => Number.isSafeInteger(size) && (size as number) >= 0),
  },
};

/**
 * Examines a model without running it.
 *
 * @throws FoveaError MalformedModel when the bytes are no valid model (what is valid but not
 *   supported is reported); InvalidInput when the model does not take the sizes that it declares or
 *   that are given; OutOfMemory, LimitExceeded; Aborted as soon as `options.signal` fires
 */
export async function checkModel(
  source: ModelSource,
  options: CheckOptions = {},
): Promise<ModelReport> {
  const checked = checkOptions(options, 'checkModel()', checkOptionKinds);
  return untilAborted(checked.signal, () => examine(source, checked));
}

async function examine(source: ModelSource, options: CheckOptions): Promise<ModelReport> {
  const { lease, bytes } = await openModel(source, options);
  const { engine } = lease;
  const inspection = engine.newId();
  try {
    const report = await withModel(engine, bytes, options, (model, loading) =>
      abortable(engine, options.signal, (job) =>
        engine.call('inspect', inspection, model, loading, job),
      ),
    );
    return {
      ...described(engine, report),
      ...(await measured(engine, inspection, report, options)),
    };
  } finally {
    engine.call('endInspection', inspection).catch(() => {});
    lease.release();
  }
}

type Measured = Pick<
  ModelReport,
  'values' | 'freeDimensions' | 'refusal' | 'macs' | 'macsFormula' | 'memory'
>;

function described(engine: Engine, report: EngineReport): Omit<ModelReport, keyof Measured> {
  const { inputs, outputs } = report.info;
  return {
    supported: report.unsupported.length === 0,
    unsupported: report.unsupported.map((problem) => withAdvice(engine, problem)),
    inputs: inputs.map(toMetadata),
    outputs: outputs.map(toMetadata),
    metadata: toModelMetadata(report.info),
    operators: dictionary(Object.entries(report.operators)),
    parameters: report.parameters,
  };
}

function withAdvice(engine: Engine, problem: NodeProblem): NodeProblem {
  const { domain, opType, message } = problem;
  const advice = adviceFor(
    engine,
    (itsDomain, itsType) => itsDomain === domain && itsType === opType,
  );
  return advice ? { ...problem, message: `${message}: ${advice}` } : problem;
}

/** What follows from sizes, or how. */
async function measured(
  engine: Engine,
  inspection: number,
  { info, unsupported, values }: EngineReport,
  { freeDimensionOverrides = {}, limits, signal }: CheckOptions,
): Promise<Measured> {
  const sizes = new InputSizes(info.inputs, freeDimensionOverrides);
  const typesAt = async (free: readonly number[]) =>
    answerOf(
      await abortable(engine, signal, (job) =>
        engine.call('typesAt', inspection, sizes.at(free), job),
      ),
    );
  const explorer = new Explorer(sizes.free, timed(typesAt, limits?.planningMilliseconds));
  const { shapes, macs } = await findFormulas(explorer);
  const isWhole = sizes.areFixed && unsupported.length === 0;
  const refusal = explorer.refusal && toFoveaError(explorer.refusal);
  if (isWhole && refusal) throw refusal;
  const memory = isWhole
    ? await abortable(engine, signal, (job) =>
        engine.call('memoryAt', inspection, sizes.at([]), job),
      )
    : undefined;
  return {
    values: values.map(({ name, type }, at) =>
      toMetadata({ name, type, shape: shapes[at] ?? null }),
    ),
    freeDimensions: explorer.free.map(({ name, from, step }) => ({
      name,
      multipleOf: step > 0 && from % step === 0 ? step : 1,
      only: step > 0 ? undefined : from,
    })),
    refusal,
    macs: isWhole && typeof macs === 'number' ? macs : undefined,
    macsFormula:
      sizes.areFixed || unsupported.length > 0 || macs === undefined ? undefined : `${macs}`,
    memory: memory ?? undefined,
  };
}

function answerOf({ shapes: flat, macs, refusal }: EngineTypes): Answer {
  const shapes: Answer['shapes'][number][] = [];
  for (let at = 0; at < flat.length;) {
    const rank = flat[at]!;
    const end = at + 1 + Math.max(rank, 0);
    shapes.push(rank < 0 ? null : [...flat.subarray(at + 1, end)]);
    at = end;
  }
  return { shapes, macs, refusal };
}

/** Unless an option says how long planning may take, in milliseconds. */
const defaultPlanning = 10_000;

/** The same, as long as there is time. */
function timed(
  typesAt: (sizes: readonly number[]) => Promise<Answer>,
  milliseconds = defaultPlanning,
): Ask {
  let end: number | undefined;
  return async (sizes) => {
    end ??= performance.now() + milliseconds;
    return performance.now() < end ? typesAt(sizes) : undefined;
  };
}
