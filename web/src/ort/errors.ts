import { FoveaError } from '../index.js';

/** The error of what was passed and is not taken. */
export function invalid(message: string, fields: Record<string, string> = {}): FoveaError {
  return new FoveaError('InvalidInput', message, fields);
}

/** The same about an option of create() or run(). */
export function invalidOption(option: string, message: string): FoveaError {
  return invalid(`the option '${option}' ${message}`, { option });
}

/** Tells whoever reads the console that something asked for is not so. */
export function warn(message: string): void {
  console.warn(`fovea/ort: ${message}`);
}
