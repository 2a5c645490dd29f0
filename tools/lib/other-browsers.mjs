// Browsers beside Chromium, which Playwright does not drive as Debian has them.

import { globSync } from 'tinyglobby';
import { findProgram } from './process.mjs';

/** Firefox; undefined where it is not installed. */
export function firefoxProgram() {
  return findProgram('firefox-esr', 'firefox');
}

/** WebKitGTK's smallest browser, its driver, and a display without a screen; undefined where one is missing. */
export function webkitPrograms() {
  const [browser] = globSync('/usr/{lib,libexec}/{*/,}webkit2gtk-4.*/MiniBrowser', {
    absolute: true,
  });
  const driver = findProgram('WebKitWebDriver');
  const display = findProgram('Xvfb');
  return browser && driver && display ? { browser, driver, display } : undefined;
}
