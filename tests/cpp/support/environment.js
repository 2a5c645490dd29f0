// Emscripten's programs have an environment of their own: GoogleTest finds its settings in the host's.
Module.preRun = () => Object.assign(ENV, process.env);
