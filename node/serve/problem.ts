// What is wrong with a request, as RFC 9457 has it.

import { STATUS_CODES } from 'node:http';
import { FoveaError } from 'fovea';

export const problemType = 'application/problem+json';

/** Why a request gets no picture. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  /** A name for programs. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The body of an answer. */
export function problemBody({ status, code, message }: Problem): string {
  // Without a type of its own, the title is the status' (RFC 9457, 4.2.1).
  const title = STATUS_CODES[status];
  return JSON.stringify({ type: 'about:blank', title, status, detail: message, code });
}

/** In how many seconds to come back. */
const retryAfter = { 'retry-after': '2' };

export function busy(code: string, detail: string): Problem {
  return new Problem(503, code, detail, retryAfter);
}

/** The problem that an error is; undefined for what is no fault of the request. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof FoveaError) return ofFovea(error);
  const { statusCode, code, message } = (error ?? {}) as Partial<FrameworkError>;
  if (formErrors.includes(String(code))) {
    return new Problem(400, 'InvalidForm', 'a form has one file; options are in the address');
  }
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined;
  const detail = statusCode === 415 ? bodies : String(message);
  return new Problem(statusCode, codes[statusCode] ?? String(code), detail);
}

/** What Fastify throws. */
interface FrameworkError {
  statusCode: number;
  code: string;
  message: string;
}

/** Of forms with anything else than a file. */
const formErrors = ['FST_PARTS_LIMIT', 'FST_FILES_LIMIT', 'FST_FIELDS_LIMIT'];

const bodies =
  'the body is to be a picture, with its type in the header (Content-Type: image/jpeg), or a form ' +
  '(multipart/form-data) with one file';

const codes: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  413: 'TooManyBytes',
  415: 'UnsupportedMediaType',
};

function ofFovea({ code, message }: FoveaError): Problem | undefined {
  switch (code) {
    case 'InvalidInput':
      return new Problem(400, 'InvalidPicture', message);
    case 'OutOfMemory':
      return busy('OutOfMemory', 'there is no memory for the picture now');
    case 'EngineCrashed':
      return busy('EngineCrashed', 'the engine has stopped and starts again');
    default:
      return undefined;
  }
}
