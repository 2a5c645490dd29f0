import { FoveaError, type FoveaErrorCode } from 'fovea';

/** A fault in words for people, which need no others. */
export class PlainError extends Error {
  readonly title: string;

  /**
   * @param title what does not work
   * @param message why, and what to do
   */
  constructor(title: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.title = title;
  }
}

/** A fault of a picture, in words for its owner. */
export class PictureError extends PlainError {
  constructor(message: string, options?: ErrorOptions) {
    super('This picture cannot be used.', message, options);
  }
}

/** What is told of an error. */
export interface Message {
  title: string;
  /** What to do. */
  advice: string;
  /** The program's own words, for those who look into it. */
  details?: string;
}

const messages: Record<FoveaErrorCode, readonly [title: string, advice: string]> = {
  MalformedModel: [
    'This file is not a model that can be read.',
    'Models are files that end in .onnx. This one may be damaged or of another kind: download or export it again.',
  ],
  UnsupportedOperator: [
    'This model needs something that Fovea cannot compute yet.',
    'The page “Look inside a model” shows which part it is and what helps.',
  ],
  UnsupportedAttribute: [
    'This model needs something that Fovea cannot compute yet.',
    'The page “Look inside a model” shows which part it is and what helps.',
  ],
  InvalidInput: [
    'This model and this picture do not go together.',
    'Try another model, another size, or another picture.',
  ],
  OutOfMemory: [
    'There is not enough memory for this.',
    'Close other tabs, or try a smaller size or a smaller picture.',
  ],
  LimitExceeded: ['This model asks for more than a browser can give.', 'Try a smaller model.'],
  Aborted: ['Cancelled.', 'Nothing was changed.'],
  Internal: [
    'Something went wrong inside Fovea.',
    'Please report it with the details below; trying again may work.',
  ],
  NetworkError: [
    'A file could not be fetched.',
    'Check the address and your connection. Some sites do not allow other pages to use their files: then download the file and choose it here.',
  ],
  IntegrityError: [
    'The file that arrived is not the one that was expected.',
    'Reload the page to fetch it again.',
  ],
  DecryptionError: ['The file could not be decrypted.', 'Check that the key belongs to this file.'],
  EngineLoadError: [
    'This browser cannot run Fovea.',
    'Use a current version of Chrome, Edge, Firefox or Safari, and reload the page.',
  ],
  EngineCrashed: ['The work stopped unexpectedly.', 'Try again: the next try starts afresh.'],
  SessionReleased: [
    'Something went wrong inside this page.',
    'Reload it, and please report it with the details below.',
  ],
  OperatorError: ['A part of your own in this model failed.', 'The details say which.'],
};

/** Any error in words. */
export function describe(error: unknown): Message {
  if (error instanceof PlainError) return { title: error.title, advice: error.message };
  if (error instanceof FoveaError) {
    const [title, advice] = messages[error.code];
    return { title, advice, details: `${error.code}: ${error.message}` };
  }
  const advice = 'Reload the page and try again. Please report it if it happens twice.';
  return { title: 'Something went wrong.', advice, details: String(error) };
}

/**
 * Why the engine refuses what it is given, in its own words, which suit people who know models; other errors
 * as they are.
 *
 * @param title what does not work
 * @param advice what to do
 */
export function refusal(error: unknown, title: string, advice = ''): unknown {
  if (!(error instanceof FoveaError) || error.code !== 'InvalidInput') return error;
  const words = error.message[0]!.toUpperCase() + error.message.slice(1);
  const ended = /[.!?]$/.test(words) ? words : `${words}.`;
  return new PlainError(title, `${ended} ${advice}`.trimEnd(), { cause: error });
}

/** Whether an error only says that somebody cancelled. */
export function isAborted(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
