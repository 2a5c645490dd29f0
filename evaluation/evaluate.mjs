// Evaluates models on folders of images: a table, the figures, and pictures of details.

import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { projectDir } from '../tools/lib/project.mjs';
import { writeCrop, writeSheet } from './crops.mjs';
import { EvaluationError } from './errors.mjs';
import { listImages, scaleOfPair } from './images.mjs';
import { meanScores, measure } from './measure.mjs';
import { scoreTable } from './table.mjs';
import { bicubic, openModel } from './upscalers.mjs';

/** @typedef {import('./measure.mjs').Score} Score */
/** @typedef {import('./images.mjs').Source} Source */
/** @typedef {import('./upscalers.mjs').Model} Model */
/** @typedef {import('./options.mjs').Options} Options */

/**
 * One folder, and what is to be done with it.
 *
 * @typedef {{folder: string, sources: Source[], scale: number, jpeg?: number, crops?: string}} Task
 */

/**
 * The figures for one folder and scale.
 *
 * @typedef {object} Report
 * @property {string} folder
 * @property {number} scale
 * @property {number} [jpeg]
 * @property {{name: string, width: number, height: number, scores: Record<string, Score>}[]} images
 *   with the originals' sizes
 * @property {Record<string, Score>} mean
 */

/**
 * Evaluates, and prints a table for each folder and scale as it goes.
 *
 * @param {Options} options
 * @param {(line: string) => void} [print]
 * @returns {Promise<Report[]>}
 * @throws EvaluationError when a file cannot be used, or nothing fits together
 */
export async function evaluate({ images: folders, ...options }, print = console.log) {
  const models = await openModels(options);
  /** @type {Report[]} */
  const reports = [];
  for (const folder of folders) {
    const sources = await listImages(folder);
    for (const scale of await scalesFor(folder, sources, models, options)) {
      const fitting = models.filter((model) => model.scale === scale);
      const task = { ...options, folder, sources, scale };
      reports.push(await evaluateFolder(task, [bicubic(scale), ...fitting], print));
    }
  }
  await Promise.all(models.map((model) => model.release()));
  return reports;
}

/**
 * Those named; else the project's own, of the scale asked for if one is.
 *
 * @param {Pick<Options, 'models' | 'scale' | 'variant'>} options
 */
async function openModels({ models: named, scale, variant }) {
  const files = named ?? (await ownModels());
  /** @type {Model[]} */
  const opened = [];
  for (const file of files) opened.push(await openModel(file, { scale, variant }));
  /** @param {Model} model */
  const fits = (model) => scale === undefined || model.scale === scale;
  const other = opened.find((model) => !fits(model));
  if (named && other) {
    throw new EvaluationError(`${other.name} enlarges ${other.scale} times, not ${scale}`);
  }
  const twice = opened.find(({ name }, i) => opened.findIndex((one) => one.name === name) < i);
  if (twice) throw new EvaluationError(`there are two models called ${twice.name}`);
  return opened.filter(fits);
}

async function ownModels() {
  const folder = join(projectDir, 'models');
  const files = await readdir(folder);
  return (
    files
      // Twins of those models, with rounded weights.
      .filter((file) => file.endsWith('.onnx') && !/-(fp16|int8)\.onnx$/.test(file))
      .sort()
      .map((file) => join(folder, file))
  );
}

/**
 * The scale asked for, else that of the folder's pairs, else all those of the models.
 *
 * @param {string} folder
 * @param {Source[]} sources
 * @param {Model[]} models
 * @param {Pick<Options, 'models' | 'scale'>} options
 */
async function scalesFor(folder, sources, models, { models: named, scale }) {
  if (scale !== undefined) return [scale];
  const scales = [...new Set(models.map((model) => model.scale))].sort((a, b) => a - b);
  const pair = sources.find(({ low }) => low !== undefined);
  if (pair?.low === undefined) return scales;
  const own = await scaleOfPair(pair.high, pair.low);
  if (named === undefined || scales.includes(own)) return [own];
  throw new EvaluationError(`${folder} is for scale ${own}; the models are for ${scales.join()}`);
}

/**
 * @param {Task} task
 * @param {import('./upscalers.mjs').Enlarger[]} enlargers
 * @param {(line: string) => void} print
 * @returns {Promise<Report>}
 */
async function evaluateFolder({ folder, sources, scale, jpeg, crops }, enlargers, print) {
  const upscalers = enlargers.map(({ name }) => name);
  const table = scoreTable([...sources.map(({ name }) => name), 'mean'], upscalers);
  const title = titleOf(folder);
  print(`\n${title}, enlarged ${scale} times${jpeg === undefined ? '' : `, JPEG quality ${jpeg}`}`);
  for (const line of table.head) print(line);
  /** @type {Report['images']} */
  const images = [];
  /** @type {import('./crops.mjs').Picture[]} */
  const pictures = [];
  const cropFolder = crops && join(crops, cropFolderName(title, scale));
  for (const source of sources) {
    const measured = await measure(source, enlargers, { scale, jpeg });
    const { name, truth, scores } = measured;
    print(table.row(name, scores));
    images.push({ name, width: truth.width, height: truth.height, scores });
    if (cropFolder) pictures.push(await writeCrop(cropFolder, measured));
  }
  const mean = meanScores(images);
  print(table.row('mean', mean));
  if (cropFolder) await writeSheet(cropFolder, pictures, upscalers);
  return { folder, scale, jpeg, images, mean };
}

/**
 * @param {string} title
 * @param {number} scale
 */
function cropFolderName(title, scale) {
  const name = title.replaceAll(/[/\\]/g, '-');
  return name.endsWith(`x${scale}`) ? name : `${name}-x${scale}`;
}

/** The last two names of its path: benchmarks have a folder for each scale. @param {string} folder */
function titleOf(folder) {
  const path = resolve(folder);
  return join(basename(dirname(path)), basename(path));
}
