// The types of what bindings/ exports. An object with delete() lives in the engine's memory until
// that is called; a method may throw an ErrorData.

import type { TensorType } from '../tensor-types.js';

/** Bytes in the engine's memory. */
export interface EngineBuffer {
  /** Valid until the engine allocates again. */
  view(): Uint8Array;
  delete(): void;
}

/** A declared input or output; `shape` is null when undeclared, a size without a name is null. */
export interface ValueInfo {
  name: string;
  type: TensorType;
  shape: (number | string | null)[] | null;
}

/** What a model says of itself. */
export interface ModelInfo {
  irVersion: number;
  producerName: string;
  producerVersion: string;
  opsets: { domain: string; version: number }[];
  properties: Record<string, string>;
  inputs: ValueInfo[];
  outputs: ValueInfo[];
}

/** A node the engine cannot run. */
export interface NodeProblem {
  node: string;
  opType: string;
  domain: string;
  opset: number;
  message: string;
}

export interface EngineReport {
  info: ModelInfo;
  unsupported: NodeProblem[];
  operators: Record<string, number>;
  parameters: number;
  macs: number | null;
}

/** What one node did in a run, and how long it took. */
export interface NodeTime {
  /** The node's name; of nodes that run as one, that of the last. */
  node: string;
  /**
   * The operator, as the engine runs it: `FusedConv` is a Conv with what follows it, and
   * `FusedConvTranspose` likewise; `ToChannelsLast` and `ToPlain`, which belong to no node of the
   * model, convert a value's layout in memory.
   */
  opType: string;
  /** How it was computed, in a few words; empty where the engine has but one way. */
  algorithm: string;
  /**
   * Wall-clock time. Browsers round their clocks: Chromium to 0.1 ms, or to 0.005 ms on pages that
   * are cross-origin isolated.
   */
  milliseconds: number;
  /** Multiply-accumulates by the operator's definition; 0 for operators that do none to speak of. */
  macs: number;
  /** The size of all inputs, weights included, and all outputs, as they lie in memory. */
  bytes: number;
  /** The shape of the first output; undefined where it depends on data. */
  dims: readonly number[] | undefined;
}

/** Whether algorithms that round more are used where they are faster. */
export type Precision = 'default' | 'fast';

export interface LoadOptions {
  disabledPasses: string[];
  precision: Precision;
  externalData: Record<string, EngineBuffer>;
}

export interface EngineFeed {
  name: string;
  type: TensorType;
  dims: readonly number[];
  data: EngineBuffer | readonly string[];
}

/** `data` of numbers is a view, valid until the engine is called again. */
export interface EngineTensor {
  type: TensorType;
  dims: number[];
  data: Uint8Array | string[];
}

export interface EngineRun {
  /** The sizes of the outputs to come; null where they depend on data not computed yet. */
  plannedDims(): (number[] | null)[];
  /** Computes for about that long; true when all is done. */
  advance(milliseconds: number): boolean;
  outputs(): EngineTensor[];
  profile(): NodeTime[];
  delete(): void;
}

export interface EngineSession {
  info(): ModelInfo;
  start(feeds: EngineFeed[], fetches: string[]): EngineRun;
  trim(): void;
  delete(): void;
}

export interface EngineThreads {
  load(model: EngineBuffer, options: LoadOptions): EngineSession;
  delete(): void;
}

/** What a picture is enlarged to, and what the network that does it takes and gives. */
export interface PictureSettings {
  /** Of the picture; its pixels have `margin` more on every side. */
  width: number;
  height: number;
  margin: number;
  outWidth: number;
  outHeight: number;
  /** Whether the network works on luma alone, not on three colours. */
  luma: boolean;
  /** What 255 is for the network. */
  range: 1 | 255;
  /** Whether the colours come as BGR. */
  blueFirst: boolean;
}

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface EnginePicture {
  /** Part of the pixels as elements of a tensor, extended to a size. */
  input(from: Rectangle, toWidth: number, toHeight: number): EngineBuffer;
  /** Puts the part of a run's output that begins at (x, y) into the enlarged picture. */
  place(run: EngineRun, x: number, y: number, to: Rectangle): void;
  /** Adds the alpha. */
  finish(): void;
  /** The enlarged RGBA bytes, valid until the engine allocates again. */
  view(): Uint8Array;
  delete(): void;
}

/** An instantiated engine. */
export interface EngineModule {
  version(): string;
  makeBuffer(size: number): EngineBuffer;
  makeEngine(threads: number): EngineThreads;
  checkModel(model: EngineBuffer, options: LoadOptions): EngineReport;
  /** The picture keeps the pixels, which it writes to. */
  makePicture(
    engine: EngineThreads,
    pixels: EngineBuffer,
    settings: PictureSettings,
  ): EnginePicture;
  /** Only in threaded variants. */
  PThread?: { terminateAllThreads(): void };
}

/** What the factory in Emscripten's glue takes. */
export interface ModuleSettings {
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object;
  wasmMemory?: WebAssembly.Memory;
  poolSize?: number;
  threadUrl?: string;
}

export type ModuleFactory = (settings: ModuleSettings) => Promise<EngineModule>;
