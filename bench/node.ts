// What the parts of bench/run.mjs need of the benchmark's TypeScript.

export { launchFirefox } from '../tests/browser/others/firefox.js';
export { launchWebKit } from '../tests/browser/others/webkit.js';
export { NativeRunner } from './native.js';
export { coldStartModel, largeNetworkNames, networkNames } from './networks/index.js';
export { formatMilliseconds, formatRows } from './rows.js';
export { median } from './statistics.js';
export { zooNames } from './networks/zoo/index.js';
export { zooProblems, zooTable } from './zoo/report.js';
