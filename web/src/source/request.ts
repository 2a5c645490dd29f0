import { isNode } from '../base/environment.js';
import { abortError, FoveaError, messageOf } from '../base/errors.js';
import { Retries, secondsToWait } from './retries.js';

/** How something is fetched. */
export interface Fetching {
  signal?: AbortSignal | undefined;
  /** How often it is tried again after passing failures; never unless given. */
  retry?: number | undefined;
  fetchOptions?: RequestInit | undefined;
}

/**
 * Fetches an address.
 *
 * @throws FoveaError `code`, with `url` and `status`, when there is no answer or not a good one
 */
export async function fetchOrThrow(
  url: string | URL,
  code: 'NetworkError' | 'EngineLoadError',
  fetching: Fetching = {},
  retries = new Retries(fetching.retry ?? 0),
): Promise<Response> {
  for (;;) {
    try {
      return await fetchOnce(url, code, fetching);
    } catch (error) {
      await retries.next(error, fetching.signal);
    }
  }
}

/** The error of an answer that is not a good one. */
export function badStatus(
  response: Response,
  code: 'NetworkError' | 'EngineLoadError',
  fields: Record<string, string>,
): FoveaError {
  const { status, statusText, url } = response;
  const seconds = secondsToWait(response);
  const asks = seconds === undefined ? '' : ` and asks to wait ${seconds} seconds`;
  const message = `${url || fields.url} answers ${`${status} ${statusText}`.trim()}${asks}`;
  const all: Record<string, string> = { ...fields, status: String(status) };
  if (seconds !== undefined) all.retryAfter = String(seconds);
  return new FoveaError(code, message, all);
}

/** What an error of fetch says: Node's says why only in its cause. */
export function reason(error: unknown): string {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause ? `${messageOf(error)} (${messageOf(cause)})` : messageOf(error);
}

/**
 * Whether a request may carry headers of ours. To another origin, browsers ask first whether they may
 * be sent, which most servers of files do not answer.
 */
export function mayAskWithHeaders(url: string | URL): boolean {
  return isNode() || wholeAddress(url)?.origin === globalThis.origin;
}

/** An address as fetch() completes it; undefined where it is none. */
export function wholeAddress(url: string | URL): URL | undefined {
  try {
    return new URL(String(url), globalThis.document?.baseURI ?? globalThis.location?.href);
  } catch {
    return undefined;
  }
}

/** The same with more headers. */
export function withHeaders(fetching: Fetching, more: Record<string, string>): Fetching {
  const headers = new Headers(fetching.fetchOptions?.headers);
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return { ...fetching, fetchOptions: { ...fetching.fetchOptions, headers } };
}

async function fetchOnce(
  url: string | URL,
  code: 'NetworkError' | 'EngineLoadError',
  { signal, fetchOptions }: Fetching,
): Promise<Response> {
  const fields = { url: String(url) };
  const own = ownSignal(signal);
  let response: Response;
  try {
    response = await fetch(url, { ...fetchOptions, signal: own });
  } catch (cause) {
    if (signal?.aborted) throw abortError(signal);
    const message = `${url} cannot be fetched: ${reason(cause)}${isNode() ? '' : unsaid}`;
    throw new FoveaError(code, message, fields, { cause });
  }
  if (response.ok) return response;
  void response.body?.cancel().catch(() => {});
  throw badStatus(response, code, fields);
}

/** Browsers keep from scripts why a request failed. */
const unsaid =
  '. If there is a network, another origin has to share it by CORS, and a Content-Security-Policy to ' +
  'allow it by connect-src';

/** A signal that fetch takes: of this realm and no library's. */
function ownSignal(signal: AbortSignal | undefined): AbortSignal | null {
  const isOwn = (signal as unknown) instanceof AbortSignal;
  if (!signal || isOwn) return signal ?? null;
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener('abort', () => controller.abort(signal.reason));
  return controller.signal;
}
