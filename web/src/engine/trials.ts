import type { Checkpoint } from './jobs.js';
import type { EngineModule, EngineSession } from './module.js';
import type { Trials } from './network.js';
import { withFeeds, withRun, withStartedRun, withUnwrittenFeeds } from './running.js';

/** Trials of a model that is loaded here. */
export function trialsOf(
  module: EngineModule,
  session: EngineSession,
  checkpoint: Checkpoint,
): Trials {
  return {
    run: (feeds, output) =>
      withFeeds(module, feeds, (copies) =>
        withRun(session, copies, [output], checkpoint, (run) => {
          const { dims, data } = run.outputs()[0]!;
          return { dims, data: new Float32Array((data as Uint8Array).slice().buffer) };
        }),
      ),
    plan: (feeds, output) =>
      withUnwrittenFeeds(module, feeds, (unwritten) =>
        withStartedRun(session, unwritten, [output], (run) => run.plannedDims()[0]!),
      ),
  };
}
