import {
  abortSignal,
  address,
  callback,
  yesOrNo,
  type OptionKinds,
} from '../base/check-options.js';
import { engineOptionKinds } from '../engine/options.js';
import { downloadOptionKinds, type DownloadOptions } from '../source/download.js';
import type { OnProgress } from '../base/progress.js';

/** How and from where the tools for models are started: a second, small program beside the engine. */
export interface ToolsOptions {
  /** The folder with fovea-tools.js and fovea-tools.wasm; by default wasm/ next to this module. */
  baseUrl?: string | URL | undefined;
  /** The bytes of that .wasm, so that it is not fetched; or the module that they were compiled to. */
  toolsBinary?: Uint8Array | ArrayBuffer | WebAssembly.Module | undefined;
  /** The package's tools-worker.js; by default the one next to this module. */
  toolsWorkerUrl?: string | URL | undefined;
  /** Whether they get a worker. By default they do wherever that works. */
  worker?: boolean | undefined;
}

export const toolsOptionKinds: OptionKinds<ToolsOptions> = {
  baseUrl: address,
  toolsBinary: engineOptionKinds.wasmBinary,
  toolsWorkerUrl: address,
  worker: yesOrNo,
};

/** How a model is read and worked on. */
export interface EditingOptions extends DownloadOptions, ToolsOptions {
  /** Called while the model arrives. */
  onProgress?: OnProgress | undefined;
  /** Ends the work at once; the promise rejects with code Aborted. */
  signal?: AbortSignal | undefined;
}

export const editingOptionKinds: OptionKinds<EditingOptions> = {
  ...downloadOptionKinds,
  ...toolsOptionKinds,
  onProgress: callback,
  signal: abortSignal,
};
