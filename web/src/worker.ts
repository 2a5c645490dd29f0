// The script of the worker that an engine lives in, of a browser or of Node (node-worker.ts).

import { expose } from 'comlink';
import singleThreadedGlue from 'fovea-glue';
import type { CompiledEngine } from './engine/compile.js';
import { EngineHost, type HostArguments, type HostMethod } from './host/host.js';
import { importGlue, isThreaded } from './host/instantiate.js';
import { reply, type HostEndpoint } from './engine/messages.js';

let host: EngineHost | undefined;

/** Whether the same is mostly called again, with as much data, which is copied before it is used. */
function isRepeated(method: string): boolean {
  return method === 'run' || method === 'enlargeTile';
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
  call(method, ...args: unknown[]) {
    return reply(
      () => host!.call(method as HostMethod, ...(args as HostArguments<HostMethod>)),
      isRepeated(method) ? args : [],
    );
  },
};

expose(endpoint);
