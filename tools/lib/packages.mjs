// Debian packages the build needs on this machine.

import { existsSync } from 'node:fs';
import { installWithApt } from './apt.mjs';
import { chromiumLaunchOptions, headlessShellLaunchOptions } from './chromium.mjs';
import { emccOnPath } from './emscripten.mjs';
import { findProgram } from './process.mjs';

const program = (...names) => findProgram(...names) !== undefined;
const file = (path) => ['/usr', '/usr/local', '/opt/homebrew'].some((at) => existsSync(at + path));

/** Package names and whether what the build needs of each is there, whoever installed it. */
const probes = {
  cmake: () => program('cmake'),
  'ninja-build': () => program('ninja'),
  'g++': () => program('g++', 'clang++'),
  'libprotozero-dev': () => file('/include/protozero/pbf_reader.hpp'),
  googletest: () => file('/src/googletest/googletest/src/gtest-all.cc'),
  // With Emscripten from a Debian root these come from there too.
  'libonnx-dev': () => emccOnPath() === undefined || file('/include/onnx/onnx.proto'),
  'libonnx-testdata': () => emccOnPath() === undefined || file('/share/libonnx-testdata/data'),
};

const testProbes = {
  'clang-format': () => program('clang-format'),
  'protobuf-compiler': () => program('protoc'),
  'libprotobuf-dev': () => file('/include/google/protobuf/message.h'),
};

const browserProbes = {
  chromium: () => chromiumLaunchOptions().executablePath !== undefined,
};

/** Installs what is missing; `forBrowser` adds a browser, `forTests` all that tests need. Returns a note. */
export async function installPackages(log, { forTests = false, forBrowser = forTests } = {}) {
  const needed = {
    ...probes,
    ...(forBrowser ? browserProbes : {}),
    ...(forTests ? testProbes : {}),
  };
  const missing = Object.keys(needed).filter((name) => !needed[name]());
  if (missing.length === 0) return 'all there';
  await installWithApt(missing, log);
  return `installed ${missing.join(', ')}`;
}

/** Chromium without its windows and controls, where there is a package of it. Returns a note. */
export async function installHeadlessShell(log) {
  if (headlessShellLaunchOptions()) return 'there';
  try {
    await installWithApt(['chromium-headless-shell'], log);
    return 'installed';
  } catch {
    return 'none to be had: cold starts are measured in Chromium alone';
  }
}
