import { FoveaError, type FoveaErrorCode } from 'fovea';
import { textElement } from './dom.js';
import { PictureError } from './pictures.js';

/** What happened, for people; the engine's own words follow. */
const headlines: Record<FoveaErrorCode, string> = {
  MalformedModel: 'This file is not a valid ONNX model.',
  UnsupportedOperator: 'This model uses operators that Fovea does not have yet.',
  UnsupportedAttribute: 'This model uses an operator in a way that Fovea does not support yet.',
  InvalidInput: 'This model cannot enlarge this picture.',
  OutOfMemory: 'There is not enough memory. Try a smaller picture.',
  LimitExceeded: 'This model asks for more than the engine allows.',
  Aborted: 'Cancelled.',
  Internal: 'Something went wrong inside Fovea. Please report it.',
  NetworkError: 'The model could not be fetched.',
  IntegrityError: 'The network that arrived is not the one that was expected.',
  DecryptionError: 'The network could not be decrypted.',
  EngineLoadError: 'The engine cannot run in this browser.',
  EngineCrashed: 'The engine stopped working. The next try starts a new one.',
  OperatorError: 'One of the operators of your own failed.',
  SessionReleased: 'Something went wrong inside this page. Please report it.',
};

/** Shows any errors in words in `element`. */
export function showError(element: HTMLElement, ...errors: readonly unknown[]): void {
  element.replaceChildren(...errors.flatMap(describe));
  element.hidden = false;
}

function describe(error: unknown): HTMLElement[] {
  if (error instanceof PictureError) {
    return [textElement('strong', 'This picture cannot be used.'), textElement('p', error.message)];
  }
  if (error instanceof FoveaError) {
    const details = `${error.code}: ${error.message}`;
    return [textElement('strong', headlines[error.code]), textElement('p', details)];
  }
  return [textElement('strong', 'Something went wrong.'), textElement('p', String(error))];
}
