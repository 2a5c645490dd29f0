// A run to its end, and tensors out again. Shared by everything that runs.

import { nextTask } from '../base/environment.js';
import type { TensorType } from '../session/tensor-types.js';
import { isNested, type ValueData } from './feeding.js';
import type { Checkpoint } from './jobs.js';
import type { EngineFeed, EngineModule, EngineOutput, EngineRun, EngineSession } from './module.js';
import { answer } from './operators.js';
import type { ResultMemory } from './results.js';

/** How long the engine computes before it lets other messages, such as an abort, be handled. */
const sliceMilliseconds = 30;

/** Starts a run and hands it to `use`; its memory is free again afterwards. */
export async function withStartedRun<T>(
  module: EngineModule,
  session: EngineSession,
  feeds: EngineFeed[],
  fetches: readonly string[],
  use: (run: EngineRun) => T | Promise<T>,
): Promise<T> {
  const run = module.startRun(session, feeds, [...fetches]);
  try {
    return await use(run);
  } finally {
    module.deleteRun(run);
  }
}

/** As withStartedRun, once the run has finished. */
export async function withRun<T>(
  module: EngineModule,
  session: EngineSession,
  feeds: EngineFeed[],
  fetches: readonly string[],
  checkpoint: Checkpoint,
  use: (run: EngineRun) => T,
): Promise<T> {
  return withStartedRun(module, session, feeds, fetches, async (run) => {
    while (!module.advance(run, sliceMilliseconds)) {
      const question = module.question(run);
      await (question ? answer(module, run, question, checkpoint) : nextTask());
      checkpoint();
    }
    return use(run);
  });
}

/** A run's outputs, copied out of the engine's memory. */
export function copyOutputs(
  module: EngineModule,
  run: EngineRun,
  results: ResultMemory,
): ValueData[] {
  const copy = (output: EngineOutput): ValueData => {
    const { type, dims, data } = output;
    if (isNested(output)) return { ...output, data: (data as EngineOutput[]).map(copy) };
    const isBytes = !Array.isArray(data);
    return {
      type: type as TensorType,
      dims,
      data: isBytes ? results.copyOf(data) : (data as string[]),
    };
  };
  return module.outputs(run).map(copy);
}
