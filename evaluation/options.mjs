// The command line.

import { parseArgs } from 'node:util';
import { variants } from '../tools/lib/project.mjs';
import { messageOf } from '../tools/lib/steps.mjs';
import { EvaluationError } from './errors.mjs';

export const usage = `npm run evaluate -- --images FOLDER [--images FOLDER ...] [--model FILE.onnx ...]
  [--scale N] [--jpeg QUALITY] [--crops FOLDER] [--json FILE] [--variant ${variants.join('|')}]`;

/**
 * What is to be evaluated.
 *
 * @typedef {object} Options
 * @property {string[]} images folders
 * @property {string[]} [models] files; all of models/ that fit, unless given
 * @property {number} [scale] what the models say, unless given
 * @property {number} [jpeg] quality that the small images are compressed with
 * @property {string} [crops] folder for pictures
 * @property {string} [json] file for the figures
 * @property {import('fovea').Variant} variant the build of the engine
 */

/**
 * @param {string[]} args those after the program's name
 * @returns {Options}
 * @throws EvaluationError when they are not as `usage` says
 */
export function readOptions(args) {
  const { images, model, scale, jpeg, variant, ...others } = parsed(args);
  if (images === undefined) throw new EvaluationError(`--images is missing\n${usage}`);
  if (!isVariant(variant)) {
    throw new EvaluationError(`--variant must be one of ${variants.join(', ')}, not ${variant}`);
  }
  return {
    ...others,
    images,
    models: model,
    scale: wholeNumber('scale', scale, 2, 8),
    jpeg: wholeNumber('jpeg', jpeg, 1, 100),
    variant,
  };
}

/** @param {string} name @returns {name is import('fovea').Variant} */
function isVariant(name) {
  return variants.includes(name);
}

/** @param {string[]} args */
function parsed(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        images: { type: 'string', multiple: true },
        model: { type: 'string', multiple: true },
        scale: { type: 'string' },
        jpeg: { type: 'string' },
        crops: { type: 'string' },
        json: { type: 'string' },
        variant: { type: 'string', default: 'relaxed' },
      },
    });
    return values;
  } catch (error) {
    throw new EvaluationError(`${messageOf(error)}\n${usage}`);
  }
}

/**
 * @param {string} name
 * @param {string | undefined} text
 * @param {number} least
 * @param {number} most
 */
function wholeNumber(name, text, least, most) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new EvaluationError(`--${name} must be a whole number of ${least}..${most}, not '${text}'`);
}
