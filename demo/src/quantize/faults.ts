import { FoveaError } from 'fovea';
import { PlainError, refusal } from '../base/messages.js';
import { mostPictures } from './choosing/pictures.js';

export function noModel(): PlainError {
  return new PlainError('Which model?', 'Choose one first: a file, or its address.');
}

export function noPictures(): PlainError {
  const message = 'Choose some such as the model is for, or take the samples.';
  return new PlainError('There are no pictures to learn from.', message);
}

export function tooMany(): PlainError {
  const message = `A model learns enough from ten or twenty; the first ${mostPictures} were taken.`;
  return new PlainError('These are very many pictures.', message);
}

/** What the quantiser refuses, in words for people; other errors as they are. */
export function faultOf(error: unknown): unknown {
  const isOfPictures = error instanceof FoveaError && error.fields.option === 'images';
  if (!isOfPictures) return refusal(error, 'This model cannot be made smaller here.');
  const advice = 'Choose photos or drawings with something in them.';
  return refusal(error, 'Nothing is learned from these pictures.', advice);
}
