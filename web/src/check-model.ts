import { checkOptions } from './check-options.js';
import type { Engine } from './engine/engine.js';
import type { NodeProblem } from './engine/module.js';
import { dictionary } from './kinds.js';
import { toMetadata, toModelMetadata, type ModelMetadata, type ValueMetadata } from './metadata.js';
import { abortable } from './model.js';
import { adviceFor } from './operator-registry.js';
import { loadOptionKinds, openModel, withModel, type LoadOptions } from './reading.js';
import type { ModelSource } from './source.js';
import { untilAborted } from './until-aborted.js';

/** What a model needs, and whether the engine has it. */
export interface ModelReport {
  /** Whether every node that the outputs need can be run. */
  supported: boolean;
  /** Every node of those that cannot be run. */
  unsupported: readonly NodeProblem[];
  inputs: readonly ValueMetadata[];
  outputs: readonly ValueMetadata[];
  metadata: ModelMetadata;
  /** How many nodes there are of each operator. */
  operators: Readonly<Record<string, number>>;
  /** Elements of all weights. */
  parameters: number;
  /** Multiplications and additions of one run; undefined unless all shapes are fixed. */
  macs: number | undefined;
}

/**
 * Examines a model without running it.
 *
 * @throws FoveaError MalformedModel when the bytes are no valid model; what is valid but not
 *   supported is reported
 */
export async function checkModel(
  source: ModelSource,
  options: LoadOptions = {},
): Promise<ModelReport> {
  const checked = checkOptions(options, 'checkModel()', loadOptionKinds);
  return untilAborted(checked.signal, () => examine(source, checked));
}

async function examine(source: ModelSource, options: LoadOptions): Promise<ModelReport> {
  const { lease, bytes } = await openModel(source, options);
  try {
    const report = await withModel(lease.engine, bytes, options, (model, loading) =>
      abortable(lease.engine, options.signal, (job) =>
        lease.engine.call('check', model, loading, job),
      ),
    );
    const { inputs, outputs } = report.info;
    return {
      supported: report.unsupported.length === 0,
      unsupported: report.unsupported.map((problem) => withAdvice(lease.engine, problem)),
      inputs: inputs.map(toMetadata),
      outputs: outputs.map(toMetadata),
      metadata: toModelMetadata(report.info),
      operators: dictionary(Object.entries(report.operators)),
      parameters: report.parameters,
      macs: report.macs ?? undefined,
    };
  } finally {
    lease.release();
  }
}

function withAdvice(engine: Engine, problem: NodeProblem): NodeProblem {
  const { domain, opType, message } = problem;
  const advice = adviceFor(
    engine,
    (itsDomain, itsType) => itsDomain === domain && itsType === opType,
  );
  return advice ? { ...problem, message: `${message}: ${advice}` } : problem;
}
