// What runs in the threads of a pool.

import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/umd/node-adapter.js';
import { errorText, type ErrorText } from '../base/errors.js';
import { FileEnlarger, type OnFraction, type Outcome, type Settings } from './enlarging.js';
import type { Task } from './outputs.js';

let enlarger: FileEnlarger;

/** Errors go as data, since an error keeps no fields on its way between threads. */
const thread = {
  async open(settings: Settings): Promise<ErrorText | undefined> {
    try {
      enlarger = await FileEnlarger.open(settings);
      return undefined;
    } catch (error) {
      return errorText(error);
    }
  },

  enlarge: (task: Task, onFraction: OnFraction): Promise<Outcome> =>
    enlarger.enlarge(task, onFraction),
};

export type PictureThread = typeof thread;

expose(thread, nodeEndpoint(parentPort!));
