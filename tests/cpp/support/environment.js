// Emscripten's programs have an environment of their own; GoogleTest's settings are in the host's.
/* global Module, ENV */
Module.preRun = () => {
  const settings = Object.entries(process.env).filter(([name]) => name.startsWith('GTEST_'));
  Object.assign(ENV, Object.fromEntries(settings));
};
