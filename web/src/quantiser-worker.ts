// The script of the worker that the quantiser works in, of a browser or of Node (node-worker.ts).

import glue from 'fovea-quantiser-glue';
import { QuantiserMethods } from './quantize/methods.js';
import { exposeProgram } from './tools/program-host.js';

exposeProgram(glue, QuantiserMethods);
