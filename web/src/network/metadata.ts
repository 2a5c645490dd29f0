// What a model's metadata_props say of the pictures it takes: docs/metadata.md.

import { isRecord } from '../base/kinds.js';
import { notForPictures, type NetworkOptions } from './form.js';

/** What metadata say besides what options can. */
export interface Declared extends NetworkOptions {
  /** Pixels that the result lacks on each side of the input, before enlargement. */
  offset?: number;
  /** Pixels of the input within which lies what a result depends on. */
  reach?: number;
}

type Reader = (value: unknown) => unknown;

const words =
  (...known: readonly (string | number)[]): Reader =>
  (value) =>
    known.includes(value as string) ? value : undefined;

const positive: Reader = (value) =>
  typeof value === 'number' && value > 0 && value < Infinity ? value : undefined;

const wholeFromZero: Reader = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? value : undefined;

const whole: Reader = (value) => (Number.isInteger(value) ? positive(value) : undefined);

const factors: Reader = (value) =>
  isRecord(value) && positive(value.x) && positive(value.y)
    ? { x: value.x, y: value.y }
    : positive(value);

const name: Reader = (value) => (typeof value === 'string' && value ? value : undefined);

/** The fields of the property `fovea`, each with what it takes. */
const readers: Record<string, [takes: string, read: Reader]> = {
  scale: ['a number above 0, or { x, y } of such', factors],
  color: ["'luma', 'gray', 'rgb' or 'rgba'", words('luma', 'gray', 'rgb', 'rgba')],
  range: ["'0..1', '0..255' or '-1..1'", words('0..1', '0..255', '-1..1')],
  order: ["'rgb' or 'bgr'", words('rgb', 'bgr')],
  layout: ["'nchw' or 'nhwc'", words('nchw', 'nhwc')],
  multiple: ['a whole number above 0', whole],
  input: ['a name', name],
  output: ['a name', name],
  border: ["'replicate', 'reflect' or 'none'", words('replicate', 'reflect', 'none')],
  luma: ["'bt601-full'", words('bt601-full')],
  offset: ['a whole number from 0', wholeFromZero],
  reach: ['a whole number from 0', wholeFromZero],
};

/** The properties that files had before, and what their text stands for. */
const earlier: Record<string, (text: string) => unknown> = {
  scale: Number,
  color: String,
  // A range was told by its end, too.
  range: (text) => (text === '1' || text === '255' ? `0..${text}` : text),
  order: String,
  multiple: Number,
};

/**
 * What the properties say: `fovea`, a JSON object, or `fovea.scale` and the like.
 *
 * @throws FoveaError InvalidInput for what says nothing, and where they contradict each other
 */
export function declaredInMetadata(properties: Readonly<Record<string, string>>): Declared {
  const said: Record<string, unknown> = {};
  for (const [key, read] of Object.entries(earlier)) {
    const property = `fovea.${key}`;
    if (!Object.hasOwn(properties, property)) continue;
    const text = properties[property]!;
    said[key] = checked(property, key, read(text), text);
  }
  for (const [key, value] of Object.entries(schemaIn(properties))) {
    if (!Object.hasOwn(readers, key)) continue;
    const found = checked(`fovea, ${key}`, key, value, JSON.stringify(value));
    if (key in said && JSON.stringify(said[key]) !== JSON.stringify(found)) {
      const both = `'${key}' is ${JSON.stringify(found)} in fovea and ${JSON.stringify(said[key])} in fovea.${key}`;
      throw notForPictures(`its metadata contradict each other: ${both}`);
    }
    said[key] = found;
  }
  return said;
}

function schemaIn(properties: Readonly<Record<string, string>>): Record<string, unknown> {
  if (!Object.hasOwn(properties, 'fovea')) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(properties.fovea!);
  } catch (cause) {
    throw notForPictures("its metadata's property 'fovea' is no JSON", cause);
  }
  if (isRecord(parsed)) return parsed;
  throw notForPictures("its metadata's property 'fovea' is no JSON object");
}

function checked(property: string, key: string, value: unknown, written: string): unknown {
  const [takes, read] = readers[key]!;
  const found = read(value);
  if (found !== undefined) return found;
  throw notForPictures(`its metadata say that ${property} is '${written}', not ${takes}`);
}
