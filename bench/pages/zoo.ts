// Networks of the zoo, ours and onnxruntime-web's, one thread each: ?networks=imdn,imdn-f16&rounds=9

import { capabilities } from 'fovea';
import { load } from '../contenders/onnxruntime.js';
import { zooNames } from '../networks/zoo/index.js';
import { fovea, onnxruntime } from '../runtimes.js';
import { measureZoo, type Runtimes, type ZooFailure, type ZooRow } from '../zoo/measure.js';
import { zooProblems, zooTable } from '../zoo/report.js';
import { publish } from './publish.js';

const query = new URLSearchParams(location.search);
const names =
  query.get('networks')?.split(',') ?? zooNames.flatMap((name) => [name, `${name}-f16`]);
const timing = {
  warmUpMilliseconds: Number(query.get('warm-up') ?? 400),
  batchMilliseconds: 5,
  rounds: Number(query.get('rounds') ?? 9),
};
const peer = onnxruntime(await load(1));
const { relaxedSimd } = await capabilities();
const runtimes = (worker: boolean): Runtimes => [
  peer,
  fovea('fovea simd', { variant: 'simd', worker }),
  relaxedSimd ? fovea('fovea relaxed', { variant: 'relaxed', worker }) : undefined,
];
const output = document.querySelector('output')!;

const rows: (ZooRow | ZooFailure)[] = [];
for (const name of names) {
  rows.push(await measureZoo(name, runtimes(true), runtimes(false), timing));
  output.textContent = zooTable([rows]);
}
publish({ rows, problems: zooProblems([rows]) });
