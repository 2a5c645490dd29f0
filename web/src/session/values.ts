// Values of callers as plain data between threads, and back.

import { isNested, type TensorData, type ValueData } from '../host/feeding.js';
import { bytesIn } from '../base/kinds.js';
import { asTensor, Tensor, type Value } from './tensor.js';
import { viewBytes, type TypedData } from './tensor-types.js';

/**
 * A value as plain data.
 *
 * @param what names the value in messages
 * @param own makes bytes ones that may be taken away
 * @throws FoveaError InvalidInput where it is none
 */
export function toData(
  value: unknown,
  what: string,
  own: (bytes: Uint8Array) => Uint8Array,
): ValueData {
  if (value === null) return { type: 'absent', dims: [], data: [] };
  if (Array.isArray(value)) {
    const data = value.map((item, index) => toData(item, `tensor ${index} of ${what}`, own));
    return { type: 'sequence', dims: [data.length], data };
  }
  return tensorData(asTensor(value, what), own);
}

/** A tensor as plain data. */
export function tensorData(
  { type, dims, data }: Tensor,
  own: (bytes: Uint8Array) => Uint8Array,
): TensorData {
  return { type, dims, data: isStrings(data) ? data : own(bytesIn(data)!) };
}

/** A value from plain data. */
export function toValue(value: ValueData): Value {
  if (!isNested(value)) return toTensor(value);
  if (value.type === 'absent') return null;
  const items = value.data.map(toValue);
  if (value.type === 'sequence') return items;
  const [keys, values] = items as [Tensor, Tensor];
  return new Map(Array.from(keys.data as string[], (key, i) => [key, values.data[i]]));
}

/** A tensor from plain data, whose bytes it keeps. */
export function toTensor({ type, dims, data }: TensorData): Tensor {
  return new Tensor(type, isBytes(data) ? viewBytes(type as never, data) : [...data], dims);
}

export function isStrings(data: TypedData | string[]): data is string[] {
  return Array.isArray(data);
}

function isBytes(data: TensorData['data']): data is Uint8Array {
  return !Array.isArray(data);
}
