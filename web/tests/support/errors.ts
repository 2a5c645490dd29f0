import { FoveaError } from 'fovea';

/** The FoveaError that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<FoveaError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof FoveaError) return error;
  throw new Error(`it rejected with ${String(error)}, which is no FoveaError`);
}
