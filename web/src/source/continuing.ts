import { FoveaError } from '../base/errors.js';
import { fetchOrThrow, mayAskWithHeaders, withHeaders, type Fetching } from './request.js';
import type { Retries } from './retries.js';

/** A download that broke off. */
export interface BrokenDownload {
  address: string | URL;
  fetching: Fetching;
  retries: Retries;
  /** The answer that it began with. */
  first: Response;
  /** Bytes of it that have come. */
  received: number;
  error: unknown;
}

/** An answer of which the first bytes are known already. */
export interface Continuation {
  answer: Response;
  skip: number;
}

/**
 * Asks for the rest, or for all of the same again where the server gives no parts.
 *
 * @throws FoveaError NetworkError, also where the file is another one meanwhile; Aborted
 */
export async function continueDownload(broken: BrokenDownload): Promise<Continuation> {
  const { address, fetching, retries, first, received, error } = broken;
  const asked = partOf(first, address, received);
  const request = asked ? withHeaders(fetching, asked) : fetching;
  const answer = await fetchOrThrow(address, 'NetworkError', request, retries);
  const isPart = answer.status === 206;
  const start = /^bytes (\d+)-/.exec(answer.headers.get('content-range') ?? '')?.[1];
  const continues = !isPart || Number(start) === received;
  if (continues && versionOf(answer) === versionOf(first)) {
    return { answer, skip: isPart ? 0 : received };
  }
  void answer.body?.cancel().catch(() => {});
  const url = String(address);
  const message = `${url} changed while it was downloaded`;
  throw new FoveaError('NetworkError', message, { url }, { cause: error });
}

/** The headers that ask for the rest of a file, where that is sure to be of the same version. */
function partOf(
  { headers }: Response,
  address: string | URL,
  received: number,
): Record<string, string> | undefined {
  const etag = headers.get('etag');
  // Ranges count the bytes that are sent, and a weak ETag does not vouch for every one.
  const isExact = etag?.startsWith('"') && !headers.has('content-encoding');
  if (!isExact || !mayAskWithHeaders(address)) return undefined;
  return { range: `bytes=${received}-`, 'if-range': etag! };
}

/** What tells two versions of a file apart, where an answer says. */
function versionOf({ headers }: Response): string | null {
  return headers.get('etag') ?? headers.get('last-modified');
}
