// Measures operators one by one, ours and onnxruntime-web's in turns: ?operators=Softmax,LSTM

import { load } from '../contenders/onnxruntime.js';
import { measureOperator, sizeNames, type Measured } from '../operators/measure.js';
import { operatorProblems, operatorsTable } from '../operators/report.js';
import { foveaInPage, onnxruntime } from '../runtimes.js';
import { operatorCases } from '../operators/table.js';
import { publish } from './publish.js';

const wanted = new URLSearchParams(location.search).get('operators')?.split(',');
const chosen = operatorCases.filter(({ op }) => wanted?.includes(op) ?? true);
const runtimes = [foveaInPage, onnxruntime(await load(1))] as const;
const output = document.querySelector('output')!;

// What all operators have in common is optimised by the browser before the first of them is measured.
for (let i = 0; i < 5 && chosen.length > 0; ++i) await measureOperator(chosen[0]!, 0, runtimes);
const rows: Measured[] = [];
for (const operator of chosen) {
  for (const size of sizeNames.keys()) rows.push(await measureOperator(operator, size, runtimes));
  output.textContent = operatorsTable(rows);
}
publish({ rows, table: operatorsTable(rows), problems: operatorProblems(rows) });
