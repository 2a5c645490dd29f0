/**
 * What went wrong, as a name to branch on.
 *
 * From the engine: `MalformedModel` (the bytes are no valid ONNX model), `UnsupportedOperator` and
 * `UnsupportedAttribute` (valid, but not implemented), `InvalidInput` (what was passed does not fit
 * the model), `OutOfMemory`, `Aborted` (by the caller's signal), `Internal` (a fault of Fovea).
 *
 * From around it: `NetworkError` (a model could not be fetched), `EngineLoadError` (the engine's own
 * files could not be loaded or do not run here), `EngineCrashed` (the engine or its worker died;
 * the next `create()` starts a new one), `SessionReleased` (used after `release()`).
 */
export type FoveaErrorCode =
  | 'MalformedModel'
  | 'UnsupportedOperator'
  | 'UnsupportedAttribute'
  | 'InvalidInput'
  | 'OutOfMemory'
  | 'Aborted'
  | 'Internal'
  | 'NetworkError'
  | 'EngineLoadError'
  | 'EngineCrashed'
  | 'SessionReleased';

/** An error as plain data: what the C++ engine throws and what a worker posts. */
export interface ErrorData {
  code: FoveaErrorCode;
  message: string;
  fields: Record<string, string>;
}

/** The only error Fovea's promises reject with. */
export class FoveaError extends Error {
  readonly code: FoveaErrorCode;

  /** Where it happened, for programs: `node`, `op`, `input`, `bytes`, `url`, `status`, ... */
  readonly fields: Readonly<Record<string, string>>;

  constructor(
    code: FoveaErrorCode,
    message: string,
    fields: Record<string, string> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    // The platform's own name for a cancelled operation, which callers already filter by.
    this.name = code === 'Aborted' ? 'AbortError' : 'FoveaError';
    this.code = code;
    this.fields = fields;
  }
}

/** The error of an operation that `signal` cancelled. */
export function abortError(signal: AbortSignal): FoveaError {
  return new FoveaError('Aborted', 'the operation was aborted', {}, { cause: signal.reason });
}

/** Any thrown value as plain data; what is not a FoveaError is a fault of Fovea, or a crash. */
export function toErrorData(thrown: unknown): ErrorData {
  if (isErrorData(thrown)) {
    const { code, message, fields } = thrown;
    return { code, message, fields };
  }
  return { code: codeOf(thrown), message: messageOf(thrown), fields: {} };
}

function codeOf(thrown: unknown): FoveaErrorCode {
  if (thrown instanceof WebAssembly.RuntimeError) return 'EngineCrashed';
  if (!(thrown instanceof RangeError)) return 'Internal';
  // The other range that platforms run out of is memory for an array.
  return /call stack/i.test(thrown.message) ? 'EngineCrashed' : 'OutOfMemory';
}

/** A FoveaError for any thrown value, itself if it is one. */
export function toFoveaError(thrown: unknown): FoveaError {
  if (thrown instanceof FoveaError) return thrown;
  const { code, message, fields } = toErrorData(thrown);
  return new FoveaError(code, message, fields, { cause: thrown });
}

/** The message of any thrown value. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function isErrorData(value: unknown): value is ErrorData {
  return typeof value === 'object' && value !== null && 'code' in value && 'fields' in value;
}
