import { FoveaError } from 'fovea';

/** What a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('it did not reject');
    },
    (thrown: unknown) => thrown,
  );
}

/** The FoveaError that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<FoveaError> {
  const error = await errorOf(promise);
  if (error instanceof FoveaError) return error;
  throw new Error(`it rejected with ${String(error)}, which is no FoveaError`);
}
