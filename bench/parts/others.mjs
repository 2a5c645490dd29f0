// Browsers beside Chromium: started here, driven by tests/browser/others.

import { firefoxProgram, webkitPrograms } from '../../tools/lib/other-browsers.mjs';

/** @typedef {'firefox' | 'webkit'} OtherName */

/** @param {string} name @returns {name is OtherName} */
export function isOther(name) {
  return name === 'firefox' || name === 'webkit';
}

/**
 * @param {OtherName} name
 * @param {import('../bundle.mjs').Library} library
 */
export async function launchOther(name, library) {
  if (name === 'firefox') return library.launchFirefox(firefoxProgram() ?? 'firefox');
  const programs = webkitPrograms();
  if (!programs) throw new Error('WebKitGTK is not installed');
  return library.launchWebKit(programs);
}
