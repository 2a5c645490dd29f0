import { expose } from 'comlink';
import { layOut } from './lay-out.js';

const layoutWorker = { layOut };
export type LayoutWorker = typeof layoutWorker;

expose(layoutWorker);
