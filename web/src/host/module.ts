// The types of what bindings/ exports. Its functions may throw an ErrorData.

import type { CustomOperator } from '../session/custom-operators.js';
import type { ErrorData } from '../base/errors.js';
import type { TensorType } from '../session/tensor-types.js';

declare const kind: unique symbol;

/** An object in the engine's memory, by its address. It lives there until it is deleted. */
type Handle<Kind> = number & { readonly [kind]: Kind };

/** Bytes. */
export type EngineBuffer = Handle<'buffer'>;
/** The threads that sessions and pictures share. */
export type EngineThreads = Handle<'threads'>;
/** A model that is ready to run. */
export type EngineSession = Handle<'session'>;
/** A model that is examined. */
export type EngineInspection = Handle<'inspection'>;
/** A run, under way or done. */
export type EngineRun = Handle<'run'>;
/** A picture that is being enlarged. */
export type EnginePicture = Handle<'picture'>;

/** A declared input or output; `shape` is null when undeclared, a size without a name is null. */
export interface ValueInfo {
  name: string;
  type: TensorType | 'sequence' | 'map' | 'undefined';
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
  /** What the outputs need: inputs, the results of nodes, outputs that are neither. */
  values: { name: string; type: ValueInfo['type'] }[];
}

/** The shapes of a model's inputs in order; null where they are not known. */
export type InputShapes = (readonly number[] | null)[];

/** What a model's values are at certain shapes of its inputs. */
export interface EngineTypes {
  /**
   * In the order of EngineReport's `values`, of each the number of axes and their sizes; -1 where a
   * run has to tell, or a node refuses.
   */
  shapes: Float64Array;
  macs: number | null;
  /** What the first node says that does not take its inputs. */
  refusal: ErrorData | null;
}

/** What a session takes for a run, in bytes. */
export interface MemoryNeed {
  /** What the engine makes of weights for its kernels, and those that they read as the model has them. */
  weights: number;
  /** What a run is fed and computes, kept until the next one or `trim()`. */
  activations: number;
  /** The most at a time: of the file and the weights while loading, or of all while running. */
  peak: number;
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
  /** What it reads, weights apart: of earlier nodes, by their places in the profile; the model's inputs by name. */
  reads: readonly (number | string)[];
}

/** Whether algorithms that round more are used where they are faster. */
export type Precision = 'default' | 'fast';

/**
 * What a model may ask for: a file of a few kilobytes can stand for more work than any machine can do.
 * No honest model comes near the defaults. Beyond one of them, loading or running rejects with
 * LimitExceeded, or OutOfMemory for a tensor, whose field `limit` is the option's name.
 */
export interface Limits {
  /** Nodes, with the model's functions written out in full. Unless given, a million. */
  nodes?: number | undefined;
  /** Subgraphs and calls of functions inside each other. Unless given, 64; each takes stack. */
  nesting?: number | undefined;
  /** The size of one tensor, in bytes. Unless given, 2^31, which is all that WebAssembly can have. */
  tensorBytes?: number | undefined;
  /** How long a plan may be in the making, in milliseconds. Unless given, 10,000. */
  planningMilliseconds?: number | undefined;
  /** Trips of one Loop, Scan or SequenceMap; 100,000,000 unless given. */
  trips?: number | undefined;
}

export interface LoadOptions {
  disabledPasses: string[];
  precision: Precision;
  limits: Limits;
  externalData: Record<string, EngineBuffer>;
  operators: readonly EngineOperator[];
}

/** A custom operator. */
export interface EngineOperator {
  /** '' is ai.onnx. */
  domain: string;
  opType: string;
  sinceVersion: number;
  dataInputs: readonly number[];
  /** Called by the engine while it plans. Throws nothing, but may say what it would throw. */
  infer:
    | ((
        node: EngineNode,
        inputs: readonly (EngineOutput | null)[],
      ) => ({ type: string; dims: number[] | null } | null)[] | InferFailure)
    | null;
  /** Left alone by the engine. */
  run: CustomOperator['run'];
}

/** Why an operator's shape rule does not take a node. */
export interface InferFailure {
  message: string;
  /** Comes back as the field `failure` of the engine's error. */
  failure: string;
}

/** A node of a custom operator; its attributes are never to be written to. */
export interface EngineNode {
  name: string;
  opType: string;
  domain: string;
  opset: number;
  attributes: Record<
    string,
    number | bigint | string | (number | bigint | string)[] | EngineOutput
  >;
  /** Whether each is wanted. */
  outputs: boolean[];
}

/** A node that is to be computed. Inputs are null where it leaves them out; their data are copies. */
export interface EngineQuestion {
  operator: EngineOperator;
  node: EngineNode;
  inputs: (EngineOutput | null)[];
}

/** A value that is given to the engine; what holds others has those as `data`. */
export interface EngineValue {
  type: ValueType;
  dims: readonly number[];
  data: EngineBuffer | readonly string[] | readonly EngineValue[];
}

export type EngineFeed = EngineValue & { name: string };

/** A value that the engine gives. `data` of numbers is a view, valid until the engine is called again. */
export interface EngineOutput {
  type: ValueType;
  dims: number[];
  data: Uint8Array | string[] | EngineOutput[];
}

/** Element types, and what holds other values. */
export type ValueType = TensorType | 'sequence' | 'absent' | 'map';

/** What a part of a picture is to become, and what the network that does it takes and gives. */
export interface PictureSettings {
  /** Where in the picture the pixels lie that are given. Lies inside the picture. */
  window: Rectangle;
  /** The whole picture, and what it is enlarged to. */
  width: number;
  height: number;
  outWidth: number;
  outHeight: number;
  /** Whether components are float32 of 0..255, not bytes: of the given pixels and of the result. */
  deep: boolean;
  /**
   * `luma`: Y of YCbCr, whose colours are enlarged apart. `gray`: brightness in, brightness out. `rgb`,
   * `rgba`: 3 or 4 channels.
   */
  color: 'luma' | 'gray' | 'rgb' | 'rgba';
  /** Whether the colours come as BGR; alpha comes last. */
  blueFirst: boolean;
  /** The network's values of black and of white, such as -1 and 1. Those of uint8 are 0 and 255. */
  black: number;
  white: number;
  /** The element type of its input. Its output may have any of these. */
  type: 'float32' | 'float16' | 'uint8';
  /** The order of its input and output. */
  channelsLast: boolean;
  /** How the picture goes on beyond its border. */
  border: 'replicate' | 'reflect';
}

/** A part of a picture at another size. */
export interface ResampleSettings {
  /** As in PictureSettings. */
  window: Rectangle;
  width: number;
  height: number;
  /** The new size of the whole picture. */
  outWidth: number;
  outHeight: number;
  /** What is asked for, of the new picture. */
  part: Rectangle;
  /** All are widened when the picture shrinks. `bicubic`: a = -1/2; `mitchell`: B = C = 1/3. */
  kernel: 'lanczos3' | 'mitchell' | 'bicubic' | 'nearest';
  /** Whether light is added up, not its levels in sRGB or Display-P3. */
  linear: boolean;
  /** Whether components are float32 of 0..255, not bytes. */
  deep: boolean;
}

/**
 * How far a network sees beyond the place of an output pixel, in pixels of its input: output pixels from
 * a to b (not with b) depend on those from floor(a * n) - left to ceil(b * n) + right, where n is how many
 * there are for each of the output, and likewise from top to bottom. Less than 0 where borders are cut off.
 */
export interface ReceptiveField {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** What the graph tells of what an output depends on, away from the picture's borders. */
export type ReceptiveFieldReport =
  | { kind: 'local'; field: ReceptiveField }
  /** The node looks at the whole picture. */
  | { kind: 'whole'; node: string; opType: string }
  /** The node's rules do not tell. */
  | { kind: 'unknown'; node: string; opType: string };

/** Whose dependence on whom is asked. */
export interface FieldRequest {
  input: string;
  output: string;
  /** Of all inputs by name: with sizes of the picture that leave borders no part. */
  shapes: Readonly<Record<string, readonly number[]>>;
  /** Those of height and width. */
  inputAxes: readonly [number, number];
  outputAxes: readonly [number, number];
}

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What every program of bindings/ has: memory that JavaScript fills in place. */
export interface Program {
  version(): string;
  makeBuffer(size: number): EngineBuffer;
  /** A buffer's bytes, valid until the program allocates again. */
  bytesOf(buffer: EngineBuffer): Uint8Array;
  deleteBuffer(buffer: EngineBuffer): void;
}

/** An instantiated engine. */
export interface EngineModule extends Program {
  makeEngine(threads: number): EngineThreads;

  makeInspection(
    engine: EngineThreads,
    model: EngineBuffer,
    options: LoadOptions,
  ): EngineInspection;
  reportOf(inspection: EngineInspection): EngineReport;
  typesAt(inspection: EngineInspection, inputs: InputShapes): EngineTypes;
  /** Null where it depends on data. */
  memoryAt(inspection: EngineInspection, inputs: InputShapes): MemoryNeed | null;
  deleteInspection(inspection: EngineInspection): void;

  makeSession(engine: EngineThreads, model: EngineBuffer, options: LoadOptions): EngineSession;
  modelInfo(session: EngineSession): ModelInfo;
  /** By the operators' rules: nothing runs. */
  receptiveFieldOf(session: EngineSession, request: FieldRequest): ReceptiveFieldReport;
  /** An ONNX file, in memory of its own. */
  optimisedModel(session: EngineSession): Uint8Array<ArrayBuffer>;
  /** Gives the memory of past runs back. */
  trimSession(session: EngineSession): void;
  deleteSession(session: EngineSession): void;

  startRun(session: EngineSession, feeds: EngineFeed[], fetches: string[]): EngineRun;
  /** The sizes of the outputs to come; null where they depend on data not computed yet. */
  plannedDims(run: EngineRun): (number[] | null)[];
  /** Computes for about that long; true when all is done. */
  advance(run: EngineRun, milliseconds: number): boolean;
  /** What is to be answered before advance() does any more; null: nothing. */
  question(run: EngineRun): EngineQuestion | null;
  /** The outputs of the node that is to be computed; null for those it leaves out. */
  answer(run: EngineRun, outputs: (EngineValue | null)[]): void;
  outputs(run: EngineRun): EngineOutput[];
  profile(run: EngineRun): NodeTime[];
  deleteRun(run: EngineRun): void;

  /** The picture keeps the pixels, those of the window, and writes to them. */
  makePicture(
    engine: EngineThreads,
    pixels: EngineBuffer,
    settings: PictureSettings,
  ): EnginePicture;
  /**
   * The part `from` of the picture as a network's input, flipped and turned as `orientation` (0..7)
   * says: bit 0 mirrors x, bit 1 mirrors y, then bit 2 swaps x and y. `from` may reach beyond the
   * picture; inside it must lie in the window.
   */
  pictureInput(picture: EnginePicture, from: Rectangle, orientation: number): EngineBuffer;
  /**
   * Takes from output 0 of the run the part that begins at (x, y), as it is once it is turned back
   * from `orientation`, for the tile `to` of the enlarged picture. Several for one tile are averaged;
   * another tile takes its place.
   */
  placeTile(
    picture: EnginePicture,
    run: EngineRun,
    x: number,
    y: number,
    to: Rectangle,
    orientation: number,
  ): void;
  /** The tile's RGBA: bytes, or float32 if deep. Valid until the engine allocates again. */
  pictureBytes(picture: EnginePicture): Uint8Array;
  deletePicture(picture: EnginePicture): void;

  /** RGBA like the source's, whose colours count as much as they show. */
  resamplePicture(
    engine: EngineThreads,
    pixels: EngineBuffer,
    settings: ResampleSettings,
  ): EngineBuffer;

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

export type ModuleFactory<Kind = EngineModule> = (settings: ModuleSettings) => Promise<Kind>;
