// A model that a command is given.

import { statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  FoveaError,
  type ModelSource,
  type ReadOptions,
  type ModelReport,
  type ValueMetadata,
} from 'fovea';
import { networkSource } from '../base/networks.js';

/** Where it is, and how it is read. */
export interface ModelFile {
  source: ModelSource;
  options: Pick<ReadOptions, 'externalData'>;
  /** Of the file, weights in other files not counted; undefined where it is somewhere else. */
  bytes: number | undefined;
}

/**
 * Finds a model. Weights in files of their own lie beside it, as ONNX has it.
 *
 * @param given a network of the package, a path or a URL
 * @throws FoveaError InvalidInput
 */
export function modelFile(given: string): ModelFile {
  const source = networkSource(given);
  const path = localPath(source);
  if (path === undefined)
    return { source, options: { externalData: besideUrl(given) }, bytes: undefined };
  const bytes = statSync(path, { throwIfNoEntry: false })?.size;
  return { source, options: { externalData: besideFile(path) }, bytes };
}

/** An input or output in a line. */
export function declaration({ type, shape }: ValueMetadata): string {
  return shape ? `${type} [${shape.join(', ')}]` : type;
}

/** A model's inputs and outputs, each by its name. */
export function declarations({
  inputs,
  outputs,
}: Pick<ModelReport, 'inputs' | 'outputs'>): [string, string][] {
  return [
    ...inputs.map((input): [string, string] => [`input ${input.name}`, declaration(input)]),
    ...outputs.map((output): [string, string] => [`output ${output.name}`, declaration(output)]),
  ];
}

function localPath(source: ModelSource): string | undefined {
  const address = source instanceof URL ? source.href : (source as string);
  if (/^file:/i.test(address)) return fileURLToPath(address);
  return /^[a-z][a-z0-9+.-]+:/i.test(address) ? undefined : address;
}

function besideFile(model: string) {
  return (location: string) => {
    checkBelow(location);
    return join(dirname(model), location);
  };
}

function besideUrl(model: string) {
  return (location: string) => {
    checkBelow(location);
    return new URL(location, model);
  };
}

/** A model of strangers names no file elsewhere on the machine. */
function checkBelow(location: string): void {
  const steps = location.split(/[/\\]/);
  if (!isAbsolute(location) && !location.includes(':') && !steps.includes('..')) return;
  const message = `the model keeps weights in '${location}', which is not below its own folder`;
  throw new FoveaError('InvalidInput', message, { externalData: location });
}
