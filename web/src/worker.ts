// The script of the worker that an engine lives in, of a browser or of Node (node-worker.ts).

import { expose } from 'comlink';
import singleThreadedGlue from 'fovea-glue';
import type { CompiledEngine } from './engine/compile.js';
import { EngineHost, type HostArguments, type HostMethod } from './host/host.js';
import { importGlue, isThreaded } from './host/instantiate.js';
import { transferring, type HostEndpoint, type Reply } from './engine/messages.js';
import { toErrorData } from './base/errors.js';

let host: EngineHost | undefined;

async function reply(work: () => unknown): Promise<Reply> {
  try {
    return transferring({ value: await work() });
  } catch (thrown) {
    return { error: toErrorData(thrown) };
  }
}

const endpoint: HostEndpoint = {
  preload(glueUrl: string) {
    // Whether it fails, start() tells.
    importGlue(glueUrl).catch(() => {});
  },
  start(engine: CompiledEngine, threads: number) {
    return reply(async () => {
      const ownGlue = isThreaded(engine.module);
      const glue = ownGlue ? await importGlue(engine.glueUrl) : singleThreadedGlue;
      host = await EngineHost.start(engine, glue, threads);
    });
  },
  call(method: HostMethod, ...args: unknown[]) {
    return reply(() => host!.call(method, ...(args as HostArguments<HostMethod>)));
  },
};

expose(endpoint);
