import { FoveaError } from 'fovea';

/** An error as plain data: what is printed and what threads send each other. */
export interface ErrorText {
  /** FoveaError's code; `Internal` for what is none. */
  code: string;
  message: string;
  fields: Readonly<Record<string, string>>;
}

/** The message of any thrown value. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Any thrown value as plain data. */
export function errorText(thrown: unknown): ErrorText {
  const { code, fields } = thrown instanceof FoveaError ? thrown : systemError(thrown);
  return { code, message: messageOf(thrown), fields };
}

/** Node's errors of files and sockets have codes such as ENOENT. */
function systemError(thrown: unknown): Omit<ErrorText, 'message'> {
  const { code } = (thrown ?? {}) as { code?: unknown };
  return { code: typeof code === 'string' ? code : 'Internal', fields: {} };
}
