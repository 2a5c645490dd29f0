/** What is wrong with a command line; the exit code is 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}
