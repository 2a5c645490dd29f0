import { withFeeds, withUnwrittenFeeds } from './feeding.js';
import type { Checkpoint } from './jobs.js';
import type { EngineModule, EngineSession } from './module.js';
import type { Trials } from './forms.js';
import { withRun, withStartedRun } from './running.js';

/** Trials of a model that is loaded here. */
export function trialsOf(
  module: EngineModule,
  session: EngineSession,
  checkpoint: Checkpoint,
): Trials {
  return {
    run: (feeds, output) =>
      withFeeds(module, feeds, (copies) =>
        withRun(module, session, copies, [output], checkpoint, (run) => {
          const { dims, data } = module.outputs(run)[0]!;
          return { dims, data: new Float32Array((data as Uint8Array).slice().buffer) };
        }),
      ),
    plan: (feeds, output) =>
      withUnwrittenFeeds(module, feeds, (unwritten) =>
        withStartedRun(module, session, unwritten, [output], (run) => module.plannedDims(run)[0]!),
      ),
  };
}
