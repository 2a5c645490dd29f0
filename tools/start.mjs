// npm start: sets up, builds, and serves the demo until interrupted.

import { join } from 'node:path';
import { buildDir } from './lib/project.mjs';
import { demoSteps, packageSteps, setupSteps } from './lib/setup.mjs';
import { runSteps } from './lib/steps.mjs';

if (!(await runSteps([...setupSteps(), ...packageSteps(), ...demoSteps()]))) process.exit(1);

// Imported only now: the server is one of the packages just installed.
const { serve } = await import('./lib/serve.mjs');
console.log(`\nThe demo: ${await serve(join(buildDir, 'demo'), { port: 8080 })}`);
