// The browser of the tests and the benchmark: the system's Chromium.

import { findProgram } from './process.mjs';

/** Options for Playwright's `chromium.launch`. */
export function chromiumLaunchOptions() {
  return launchOptions(findProgram('chromium', 'chromium-browser', 'google-chrome'));
}

/** The same for Chromium without its windows and controls; undefined where it is not installed. */
export function headlessShellLaunchOptions() {
  const shell = findProgram('chromium-headless-shell', 'chrome-headless-shell');
  return shell && launchOptions(shell);
}

/** @param {string | undefined} executablePath */
function launchOptions(executablePath) {
  // Chromium refuses to run its sandbox as root, which containers often are.
  return { executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] };
}
