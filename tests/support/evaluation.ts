import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type NpyArray, readNpy } from './npy.js';
import { computeByOnnxruntime, type Named } from './onnxruntime.js';

/** Models and references that are measured with but not part of the project; may be absent. */
export const evaluationFolder = resolve(
  process.env.FOVEA_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url)),
);

/** Why tests that need them are skipped; undefined where they are there. */
export const evaluationAbsent = existsSync(join(evaluationFolder, 'models'))
  ? undefined
  : `there is no evaluation data in ${evaluationFolder} (set FOVEA_DATA)`;

/** A model with inputs and the outputs it must give. */
export interface EvaluationCase {
  title: string;
  /** The path of the .onnx file. */
  model: string;
  values: () => Promise<{ inputs: Named; outputs: Named }>;
  /** The greatest error allowed. */
  tolerance: number;
}

/** Of outputs of 0..1, and of 0..255. */
const unitTolerance = 2e-5;
const byteTolerance = 2e-3;

/** Every model of the evaluation data. */
export const evaluationCases: readonly EvaluationCase[] = [
  storedCase('espcn_x3', 'cat', unitTolerance),
  storedCase('srcnn_dynamic_factor', 'face_x3', byteTolerance),
  storedCase('srcnn_dynamic_factor', 'face_x1.5_2.25', byteTolerance),
  storedCase('waifu2x_upconv7_x2', 'butterfly', unitTolerance),
  // On the picture of a stored case, which has the size this model is for.
  comparedCase('srcnn_x3', byteTolerance, () =>
    readNpy(reference('srcnn_dynamic_factor', 'face_x3', 'in_0.npy')),
  ),
  comparedCase('ultraface_rfb320', unitTolerance, () => waves([1, 3, 240, 320])),
];

interface StoredValue {
  name: string;
  file: string;
}

/** A case whose outputs are stored. */
function storedCase(model: string, name: string, tolerance: number): EvaluationCase {
  const read = (values: StoredValue[]) =>
    Object.fromEntries(values.map((v) => [v.name, readNpy(reference(model, name, v.file))]));
  const values = () => {
    const description = JSON.parse(readFileSync(reference(model, name, 'case.json'), 'utf8')) as {
      inputs: StoredValue[];
      outputs: StoredValue[];
    };
    const { inputs, outputs } = description;
    return Promise.resolve({ inputs: read(inputs), outputs: read(outputs) });
  };
  return { title: `${model}, ${name}`, model: modelFile(model), values, tolerance };
}

/** A case whose outputs onnxruntime computes from the input called `input`. */
function comparedCase(name: string, tolerance: number, input: () => NpyArray): EvaluationCase {
  const model = modelFile(name);
  const values = async () => {
    const inputs = { input: input() };
    return { inputs, outputs: await computeByOnnxruntime(readFileSync(model), inputs) };
  };
  return { title: `${name}, by onnxruntime`, model, values, tolerance };
}

/** Values in -1..1, as those of a normalised picture. */
function waves(dims: number[]): NpyArray {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { dims, data: Float32Array.from({ length: count }, (_, i) => Math.sin(i * 0.37)) };
}

function modelFile(name: string): string {
  return join(evaluationFolder, 'models', `${name}.onnx`);
}

function reference(model: string, name: string, file: string): string {
  return join(evaluationFolder, 'reference', model, name, file);
}
