// Browsers beside Chromium, which Playwright does not drive as Debian has them.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './process.mjs';

/** Firefox; undefined where it is not installed. */
export function firefoxProgram() {
  return findProgram('firefox-esr', 'firefox');
}

/** WebKitGTK's smallest browser, its driver, and a display without a screen; undefined where one is missing. */
export function webkitPrograms() {
  const browser = miniBrowser();
  const driver = findProgram('WebKitWebDriver');
  const display = findProgram('Xvfb');
  return browser && driver && display ? { browser, driver, display } : undefined;
}

/** It is on no PATH: beside the library, whose folder is named after the machine in Debian. */
function miniBrowser() {
  const folders = ['/usr/libexec', '/usr/lib', ...foldersIn('/usr/lib')];
  return folders
    .flatMap(foldersIn)
    .filter((folder) => /webkit2?gtk-[\d.]+$/.test(folder))
    .map((folder) => join(folder, 'MiniBrowser'))
    .find((file) => existsSync(file));
}

/** @param {string} folder */
function foldersIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name));
}
