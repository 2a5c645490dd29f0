import { nextTask } from '../base/environment.js';
import type { EngineContext } from './context.js';
import type { EngineReport, EngineTypes, InputShapes, MemoryNeed } from './module.js';
import { closeAll, engineOptions, type HostLoadOptions } from './sessions.js';

/** Models that are examined without running them. */
export class InspectionHost {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Begins to examine a model, whose buffers are closed then. */
  inspect(id: number, model: number, options: HostLoadOptions, job: number): Promise<EngineReport> {
    const { buffers, inspections, module, queue, threads } = this.#context;
    return queue.add(job, () => {
      const loading = engineOptions(this.#context, options);
      const inspection = module.makeInspection(threads, buffers.get(model), loading);
      inspections.add(id, inspection);
      closeAll(this.#context, model, options);
      return module.reportOf(inspection);
    });
  }

  /** What the model's values are where its inputs have these shapes. */
  typesAt(id: number, inputs: InputShapes, job: number): Promise<EngineTypes> {
    const { inspections, module, queue } = this.#context;
    return queue.add(job, async (checkpoint) => {
      await nextTask();
      checkpoint();
      return module.typesAt(inspections.get(id), inputs);
    });
  }

  /** What a session takes where its inputs have these shapes; null where that depends on data. */
  memoryAt(id: number, inputs: InputShapes, job: number): Promise<MemoryNeed | null> {
    const { inspections, module, queue } = this.#context;
    return queue.add(job, () => module.memoryAt(inspections.get(id), inputs));
  }

  /** Ends it, and takes no part in the order of jobs: nothing of it is under way. */
  endInspection(id: number): void {
    const { inspections, module } = this.#context;
    const inspection = inspections.take(id);
    if (inspection !== undefined) module.deleteInspection(inspection);
  }
}
