/**
 * As `fovea`, with the script of engines of one thread in it: for places without workers and import(),
 * such as service workers and the background of browser extensions.
 *
 * @module fovea/static
 */

import glue from 'fovea-glue';
import { includeGlue } from './engine/connection.js';
import * as remote from './remote.js';
import { includeRemote } from './source/remote-script.js';

includeGlue(glue);
includeRemote(remote);

export * from './index.js';
