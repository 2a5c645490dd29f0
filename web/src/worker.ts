// The script of the worker that an engine lives in.

import { expose } from 'comlink';
import { EngineHost } from './engine/host.js';
import type { EngineFiles } from './engine/locate.js';
import { transferring, type HostEndpoint, type HostMethod, type Reply } from './engine/messages.js';
import { toErrorData } from './errors.js';

let host: EngineHost | undefined;

async function reply(work: () => unknown): Promise<Reply> {
  try {
    return transferring({ value: await work() });
  } catch (thrown) {
    return { error: toErrorData(thrown) };
  }
}

const endpoint: HostEndpoint = {
  start(files: EngineFiles, threads: number) {
    return reply(async () => {
      host = await EngineHost.start(files, threads);
    });
  },
  call(method: HostMethod, ...args: unknown[]) {
    return reply(() => (host?.[method] as (...args: unknown[]) => unknown).apply(host, args));
  },
};

expose(endpoint);
