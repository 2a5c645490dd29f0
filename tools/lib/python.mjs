// A Python with what training/ imports: the user's own, or the one in the Debian 13 root.

import { join } from 'node:path';
import { inDebian, setUpDebian } from './debian13.mjs';
import { outputOf } from './process.mjs';
import { projectDir } from './project.mjs';

const modules = 'torch, onnx, onnxruntime, numpy, scipy, PIL, matplotlib, tqdm';
const virtualEnvironment = join(projectDir, 'training/.venv/bin/python');

/**
 * Finds a Python that can import PyTorch and the rest of training/requirements.txt: the one that
 * FOVEA_PYTHON names, training/.venv's, python3 on the PATH, else Debian 13's, which is set up first.
 *
 * @returns {Promise<(...args: string[]) => string[]>} turns Python's arguments into a command line to
 *   be run in the checkout. Debian's Python sees no files outside of the checkout.
 */
export async function setUpPython(log) {
  const program = pythonOfUser();
  if (program !== undefined) return (...args) => [program, ...args];
  if (process.platform !== 'linux') throw new Error(advice);
  try {
    await setUpDebian('python', log);
  } catch (error) {
    error.message += `\nPython could not be set up in a Debian root. ${advice}`;
    throw error;
  }
  return (...args) => inDebian(['python3', ...args]);
}

const advice =
  `Install training/requirements.txt into training/.venv, or let FOVEA_PYTHON name a Python` +
  ` that can import ${modules}.`;

function pythonOfUser() {
  found ??= { program: findPython() };
  return found.program;
}

let found;

function findPython() {
  const named = process.env.FOVEA_PYTHON;
  if (!named) return [virtualEnvironment, 'python3'].find(canImport);
  if (canImport(named)) return named;
  throw new Error(`FOVEA_PYTHON=${named} cannot import ${modules}.`);
}

function canImport(program) {
  return outputOf([program, '-c', `import ${modules}`]) !== undefined;
}
