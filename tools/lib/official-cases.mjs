// ONNX's official cases: Python in the `onnx` wheel, written as files for tests that know no Python.

import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installWithApt } from './apt.mjs';
import { buildDir, depsDir, projectDir } from './project.mjs';
import { outputOf, run } from './process.mjs';
import { once } from './stamp.mjs';

/** The wheel whose cases are passed: ONNX 1.23, opsets up to 28. */
const wheel = 'onnx==1.23.2';

const script = join(projectDir, 'tests/conformance/write_cases.py');
const folder = join(depsDir, 'onnx-testdata');

/**
 * Writes the cases to build/deps/onnx-testdata, unless they are there.
 *
 * @param {string} log
 */
export async function writeOfficialCases(log) {
  const key = `${wheel}\n${readFileSync(script, 'utf8')}`;
  await once(join(depsDir, '.onnx-testdata'), key, async () => {
    const environment = join(buildDir, 'onnx-wheel');
    const python = join(environment, 'bin/python');
    const canMake = outputOf(['python3', '-c', 'import ensurepip, venv']) !== undefined;
    if (!canMake) await installWithApt(['python3-venv'], log);
    await run(['python3', '-m', 'venv', '--clear', environment], { log });
    await run([python, '-m', 'pip', 'install', '--quiet', wheel], { log });
    const partial = `${folder}.partial`;
    for (const path of [partial, folder]) rmSync(path, { recursive: true, force: true });
    await run([python, script, partial], { log });
    renameSync(partial, folder);
  });
}
