/**
 * What went wrong, as a name to branch on.
 *
 * From the engine: `MalformedModel` (the bytes are no valid ONNX model), `UnsupportedOperator` and
 * `UnsupportedAttribute` (valid, but not implemented), `InvalidInput` (what was passed does not fit
 * the model, or an option means nothing), `OutOfMemory`, `LimitExceeded` (the model asks for more
 * than the engine's limits, see the field `limit`), `Aborted` (by the caller's signal), `Internal` (a
 * fault of Fovea), `OperatorError` (a custom operator threw or gave what it had not announced, see the
 * fields `node` and `op`, or its module cannot be imported, see `url`; `cause` is what was thrown).
 *
 * From around it: `NetworkError` (a model could not be fetched), `IntegrityError` (it is not the one
 * that `integrity` describes, see `expected` and `actual`, or cannot be checked here),
 * `DecryptionError` (it cannot be decrypted, see `record`), `EngineLoadError` (the engine's own files
 * could not be loaded or do not run here), `EngineCrashed` (the engine or its worker died; the next
 * `create()` starts a new one), `SessionReleased` (used after `release()`).
 */
export type FoveaErrorCode =
  | 'MalformedModel'
  | 'UnsupportedOperator'
  | 'UnsupportedAttribute'
  | 'InvalidInput'
  | 'OutOfMemory'
  | 'LimitExceeded'
  | 'Aborted'
  | 'Internal'
  | 'NetworkError'
  | 'IntegrityError'
  | 'DecryptionError'
  | 'EngineLoadError'
  | 'EngineCrashed'
  | 'SessionReleased'
  | 'OperatorError';

/** An error as plain data: what the C++ engine throws and what a worker posts. */
export interface ErrorData {
  code: FoveaErrorCode;
  message: string;
  fields: Record<string, string>;
  /** What led to it; of an Error, what survives on the way to another thread. */
  cause?: { name: string; message: string; stack?: string | undefined } | undefined;
}

/** Marks errors of all copies of this package, of which there are two where an entry brings its own. */
const mark = Symbol.for('fovea.FoveaError');

/**
 * The only error that Fovea's promises reject with and its functions throw. `instanceof FoveaError`
 * holds for those of another copy of this package, too.
 */
export class FoveaError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    // Of a class that extends this one, only what it has made is an instance.
    if (Object.getPrototypeOf(this) !== Error)
      return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && mark in value;
  }

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
    Object.defineProperty(this, mark, { value: true });
  }
}

/** The error of an operation that `signal` cancelled. */
export function abortError(signal: AbortSignal): FoveaError {
  return new FoveaError('Aborted', 'the operation was aborted', {}, { cause: signal.reason });
}

/** Any thrown value as plain data; what is not a FoveaError is a fault of Fovea, or a crash. */
export function toErrorData(thrown: unknown): ErrorData {
  if (isErrorData(thrown)) {
    const { code, message, fields, cause } = thrown;
    return { code, message, fields, cause: causeData(cause) };
  }
  return { code: codeOf(thrown), message: messageOf(thrown), fields: {} };
}

/** A FoveaError that was data meanwhile. */
export function fromErrorData({ code, message, fields, cause }: ErrorData): FoveaError {
  if (!cause) return new FoveaError(code, message, fields);
  return new FoveaError(code, message, fields, {
    cause: Object.assign(new Error(cause.message), cause),
  });
}

function causeData(cause: unknown): ErrorData['cause'] {
  if (cause === undefined) return undefined;
  const { stack } = (cause ?? {}) as { stack?: unknown };
  return {
    name: nameOf(cause) || 'Error',
    message: messageOf(cause),
    ...(typeof stack === 'string' ? { stack } : {}),
  };
}

function codeOf(thrown: unknown): FoveaErrorCode {
  if (isCrash(thrown)) return 'EngineCrashed';
  // The range that platforms run out of otherwise is memory for an array.
  return nameOf(thrown) === 'RangeError' ? 'OutOfMemory' : 'Internal';
}

/**
 * Whether WebAssembly trapped: as such, by the end of the stack, or with a C++ exception that nobody
 * caught. Told by names, since a test runner's context has error classes of its own.
 */
export function isCrash(thrown: unknown): boolean {
  const stackEnded = ['RangeError', 'InternalError'].includes(nameOf(thrown));
  return (
    nameOf(thrown) === 'RuntimeError' ||
    (stackEnded && /call stack|recursion/i.test(messageOf(thrown))) ||
    Object.prototype.toString.call(thrown) === '[object WebAssembly.Exception]'
  );
}

function nameOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown
    ? String(thrown.name)
    : '';
}

/** A FoveaError for any thrown value, itself if it is one. */
export function toFoveaError(thrown: unknown): FoveaError {
  if (thrown instanceof FoveaError) return thrown;
  const { code, message, fields } = toErrorData(thrown);
  return new FoveaError(code, message, fields, { cause: thrown });
}

/** The message of any thrown value. */
export function messageOf(thrown: unknown): string {
  const isError = typeof thrown === 'object' && thrown !== null && 'message' in thrown;
  return String(isError ? thrown.message : thrown);
}

/** Whether a value is what the C++ engine throws, or a FoveaError. */
export function isErrorData(value: unknown): value is ErrorData {
  return typeof value === 'object' && value !== null && 'code' in value && 'fields' in value;
}
