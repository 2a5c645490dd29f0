// Debian packages the build needs on this machine.

import { existsSync } from 'node:fs';
import { installWithApt } from './apt.mjs';
import { chromiumLaunchOptions, headlessShellLaunchOptions } from './chromium.mjs';
import { emccOnPath } from './emscripten.mjs';
import { firefoxProgram, webkitPrograms } from './other-browsers.mjs';
import { findProgram } from './process.mjs';

/** @param {string[]} names */
const program = (...names) => findProgram(...names) !== undefined;
/** @param {string} path */
const file = (path) => ['/usr', '/usr/local', '/opt/homebrew'].some((at) => existsSync(at + path));

/** @typedef {Record<string, () => boolean>} Probes */

/**
 * Package names and whether what the build needs of each is there, whoever installed it.
 *
 * @type {Probes}
 */
const probes = {
  cmake: () => program('cmake'),
  'ninja-build': () => program('ninja'),
  'g++': () => program('g++', 'clang++'),
  'libprotozero-dev': () => file('/include/protozero/pbf_reader.hpp'),
  googletest: () => file('/src/googletest/googletest/src/gtest-all.cc'),
  // With Emscripten from a Debian root these come from there too.
  'libonnx-dev': () => emccOnPath() === undefined || file('/include/onnx/onnx.proto'),
};

/** @type {Probes} */
const testProbes = {
  'clang-format': () => program('clang-format'),
  'protobuf-compiler': () => program('protoc'),
  // The queue of examples/batch.
  'redis-server': () => program('redis-server'),
  'libprotobuf-dev': () => file('/include/google/protobuf/message.h'),
};

/** @type {Probes} */
const browserProbes = {
  chromium: () => chromiumLaunchOptions().executablePath !== undefined,
};

/** Those that the tests of the package run in as well. @type {Record<'firefox' | 'webkit', Probes>} */
const otherBrowserProbes = {
  firefox: { 'firefox-esr': () => firefoxProgram() !== undefined },
  webkit: {
    'webkit2gtk-driver': () => webkitPrograms() !== undefined,
    xvfb: () => program('Xvfb'),
  },
};

/**
 * What is needed besides what the build needs.
 *
 * @typedef {object} Needs
 * @property {boolean} [forTests] all that tests need
 * @property {boolean} [forBrowser] a browser; tests need one
 */

/**
 * Installs what is missing.
 *
 * @param {string} log
 * @param {Needs} [needs]
 * @returns {Promise<string>} a note
 */
export async function installPackages(log, needs = {}) {
  const { forTests = false, forBrowser = forTests } = needs;
  /** @type {Probes} */
  const needed = {
    ...probes,
    ...(forBrowser ? browserProbes : {}),
    ...(forTests ? testProbes : {}),
  };
  return installMissing(needed, log);
}

/**
 * Installs those packages of which something is not there.
 *
 * @param {Probes} needed
 * @param {string} [log]
 * @returns {Promise<string>} a note
 */
export async function installMissing(needed, log) {
  const missing = Object.keys(needed).filter((name) => !needed[name]());
  if (missing.length === 0) return 'all there';
  await installWithApt(missing, log);
  return `installed ${missing.join(', ')}`;
}

/**
 * @param {'firefox' | 'webkit'} browser
 * @param {string} [log]
 * @returns {Promise<string>} a note
 */
export async function installOtherBrowser(browser, log) {
  return installMissing(otherBrowserProbes[browser], log);
}

/**
 * Chromium without its windows and controls, where there is a package of it.
 *
 * @param {string} log
 * @returns {Promise<string>} a note
 */
export async function installHeadlessShell(log) {
  if (headlessShellLaunchOptions()) return 'there';
  try {
    await installWithApt(['chromium-headless-shell'], log);
    return 'installed';
  } catch {
    return 'none to be had: cold starts are measured in Chromium alone';
  }
}
