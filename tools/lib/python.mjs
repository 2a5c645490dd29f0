// A Python with what training/ imports: the user's own, or the one in the Debian 13 root.

import { join } from 'node:path';
import { inDebian, setUpDebian } from './debian13.mjs';
import { outputOf } from './process.mjs';
import { projectDir } from './project.mjs';
import { messageOf } from './steps.mjs';

const modules = 'torch, onnx, onnxruntime, numpy, scipy, PIL, matplotlib, tqdm';
const virtualEnvironment = join(projectDir, 'training/.venv/bin/python');

/**
 * Finds a Python that can import PyTorch and the rest of training/requirements.txt: the one that
 * FOVEA_PYTHON names, training/.venv's, python3 on the PATH, else Debian 13's, which is set up first.
 *
 * @param {string} [log]
 * @returns {Promise<(...args: string[]) => string[]>} turns Python's arguments into a command line to
 *   be run in the checkout. Debian's Python sees no files outside of the checkout.
 */
export function setUpPython(log) {
  return (ready ??= findOrInstall(log));
}

/** @type {ReturnType<typeof findOrInstall> | undefined} */
let ready;

/** @param {string} [log] @returns {Promise<(...args: string[]) => string[]>} */
async function findOrInstall(log) {
  const program = findPython();
  if (program !== undefined) return (...args) => [program, ...args];
  if (process.platform !== 'linux') throw new Error(advice);
  try {
    await setUpDebian('python', log);
  } catch (error) {
    const problem = 'Python could not be set up in a Debian root.';
    throw new Error(`${messageOf(error)}\n${problem} ${advice}`, { cause: error });
  }
  return (...args) => inDebian(['python3', ...args]);
}

const advice =
  `Install training/requirements.txt into training/.venv, or let FOVEA_PYTHON name a Python` +
  ` that can import ${modules}.`;

function findPython() {
  const named = process.env.FOVEA_PYTHON;
  if (!named) return [virtualEnvironment, 'python3'].find(canImport);
  if (canImport(named)) return named;
  throw new Error(`FOVEA_PYTHON=${named} cannot import ${modules}.`);
}

/** @param {string} program */
function canImport(program) {
  return outputOf([program, '-c', `import ${modules}`]) !== undefined;
}
