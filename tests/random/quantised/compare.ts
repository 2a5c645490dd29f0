// Runs a case here and in onnxruntime.

import assert from 'node:assert/strict';
import * as ort from 'onnxruntime-node';
import { InferenceSession, Tensor, type LoadOptions } from 'fovea';
import type { Case, Elements } from './cases.js';

/** How far results are from onnxruntime's. */
export interface Counts {
  elements: number;
  ties: number;
  /** The greatest difference. */
  most: number;
}

type Results = Record<string, { type: string; dims: readonly number[]; data: unknown }>;

async function byFovea({ model, feeds }: Case, options: LoadOptions): Promise<Results> {
  const session = await InferenceSession.create(model, options);
  const tensors = Object.entries(feeds).map(
    ([name, { type, data, dims }]) => [name, new Tensor(type, data as never, dims)] as const,
  );
  const results = await session.run(Object.fromEntries(tensors));
  await session.release();
  return results;
}

async function byOnnxruntime({ model, feeds }: Case): Promise<Results> {
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 });
  const tensors = Object.entries(feeds).map(
    ([name, { type, data, dims }]) => [name, new ort.Tensor(type, data as never, dims)] as const,
  );
  const results = await session.run(Object.fromEntries(tensors));
  await session.release();
  return results;
}

/** Counts the elements that differ; throws where types or shapes do. */
export async function compare(one: Case, options: LoadOptions): Promise<Counts> {
  const [actual, expected] = await Promise.all([byFovea(one, options), byOnnxruntime(one)]);
  const counts: Counts = { elements: 0, ties: 0, most: 0 };
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [name, { type, dims, data }] of Object.entries(expected)) {
    const given = actual[name]!;
    assert.deepEqual({ type: given.type, dims: [...given.dims] }, { type, dims: [...dims] });
    const [numbers, wanted] = [given.data as Elements, data as Elements];
    const slack = type === 'float32' ? 1e-5 * greatest(wanted) : 0;
    wanted.forEach((number, i) => {
      const difference = Math.abs(number - numbers[i]!);
      counts.elements += 1;
      counts.ties += difference > slack ? 1 : 0;
      counts.most = Math.max(counts.most, difference > slack ? difference : 0);
    });
  }
  return counts;
}

function greatest(numbers: Elements): number {
  let most = 0;
  for (const number of numbers) most = Math.max(most, Math.abs(number));
  return most;
}

/** The one result of a network that makes a picture. */
export async function pictureOf(one: Case, options: LoadOptions): Promise<Float32Array> {
  return Object.values(await byFovea(one, options))[0]!.data as Float32Array;
}

/** The root of the mean square of what a picture differs by. */
export async function pictureError(one: Case, options: LoadOptions): Promise<number> {
  const given = await pictureOf(one, options);
  const wanted = Object.values(await byOnnxruntime(one))[0]!.data as Float32Array;
  const squares = wanted.map((number, i) => (number - given[i]!) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}
