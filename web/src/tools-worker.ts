// The script of the worker that the tools for models work in, of a browser or of Node (node-worker.ts).

import { expose } from 'comlink';
import glue from 'fovea-tools-glue';
import { reply, type HostEndpoint } from './engine/messages.js';
import { ToolsHost, type ToolsMethod, type ToolsMethods } from './tools/host.js';
import type { ArgumentsOf } from './host/methods.js';

let host: ToolsHost | undefined;

const endpoint: HostEndpoint = {
  preload() {},
  start(compiled) {
    return reply(async () => {
      host = await ToolsHost.start(compiled, glue);
    });
  },
  call(method, ...args: unknown[]) {
    return reply(() =>
      host!.call(method as ToolsMethod, ...(args as ArgumentsOf<ToolsMethods, ToolsMethod>)),
    );
  },
};

expose(endpoint);
