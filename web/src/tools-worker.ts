// The script of the worker that the tools for models work in, of a browser or of Node (node-worker.ts).

import glue from 'fovea-tools-glue';
import { ToolsMethods } from './tools/methods.js';
import { exposeProgram } from './tools/program-host.js';

exposeProgram(glue, ToolsMethods);
