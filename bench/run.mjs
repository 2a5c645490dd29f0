// npm run bench [-- --only speed,threads] [--networks espcn,rrdb] [--rounds N] [--warm-up N] [--quick]
//   [--json FILE]
// Sets up, builds, and measures the package in dist/ against others in Chromium; the results go to
// build/bench.json.

import { packageSteps, setupSteps } from '../tools/lib/setup.mjs';
import { runSteps } from '../tools/lib/steps.mjs';

if (!(await runSteps([...setupSteps({ forBrowser: true }), ...packageSteps()]))) process.exit(1);
// Imported only now: what it needs may just have been installed.
await import('./benchmark.mjs');
