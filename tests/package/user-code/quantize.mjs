// Quantises a network by pictures, cuts a part out of it, and gives another one up.

import { writeFile } from 'node:fs/promises';
import { editModel, extractModel } from 'fovea/edit';
import { quantize } from 'fovea/quantize';

const size = 160;
const data = Uint8Array.from({ length: size * size }, (_, i) => 128 + 100 * Math.sin(i * i * 1e-5));
const images = { data, width: size, height: size };
const { model, report } = await quantize('network.onnx', { images, crops: 2, method: 'minmax' });
await writeFile('quantised.onnx', model);

const named = await editModel(model, { metadata: { note: 'quantised' } });
const value = report.layers.find(({ quantised }) => quantised).input;
const part = await extractModel('network.onnx', { inputs: ['input'], outputs: [value] });

// Given up in the middle: nothing of it keeps the program.
const controller = new AbortController();
const onProgress = ({ stage }) => stage === 'quantize' && controller.abort();
const { signal } = controller;
const code = await quantize('network.onnx', { images, signal, onProgress }).catch(
  (error) => error.code,
);

console.log(
  JSON.stringify({
    smaller: report.bytesAfter < report.bytesBefore,
    longer: named.length > model.length,
    part: part.length,
    code,
  }),
);
