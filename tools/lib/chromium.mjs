// The browser of the tests and the benchmark: the system's Chromium.

import { findProgram } from './process.mjs';

/** Options for Playwright's `chromium.launch`. */
export function chromiumLaunchOptions() {
  return {
    executablePath: findProgram('chromium', 'chromium-browser', 'google-chrome'),
    // Chromium refuses to run its sandbox as root, which containers often are.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  };
}
