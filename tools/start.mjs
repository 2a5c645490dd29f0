// npm start: sets up, builds, and serves the demo until interrupted.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { engineFile } from './lib/engine-files.mjs';
import { buildDir, variants } from './lib/project.mjs';
import { demoSteps, packageSteps, setupSteps } from './lib/setup.mjs';
import { runSteps } from './lib/steps.mjs';

/** The engines that most browsers take; the demo is shown as soon as it has these. */
const first = ['relaxed', 'relaxed-threads'];
const complete = variants.every((variant) => existsSync(engineFile(variant, 'wasm')));

const engines = complete ? variants : first;
if (!(await runSteps([...setupSteps(), ...packageSteps(engines), ...demoSteps()]))) process.exit(1);

// Imported only now: the server is one of the packages just installed.
const { serve } = await import('./lib/serve.mjs');
console.log(`\nThe demo: ${await serve(join(buildDir, 'demo'), { port: 8080 })}`);

if (engines === first) {
  console.log('\nNow the engines for browsers without relaxed SIMD, which find none until then:');
  const done = await runSteps([...packageSteps(), ...demoSteps()]);
  console.log(done ? 'The demo has all four.' : 'Those browsers cannot show the demo.');
}
