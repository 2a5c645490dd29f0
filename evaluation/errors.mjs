/** What the user can put right; the message says what is wrong, and with which file. */
export class EvaluationError extends Error {
  /** @override */
  name = 'EvaluationError';
}
