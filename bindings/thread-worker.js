// Prepended to the glue of the threaded engines, in whose scope it replaces the global Worker. The
// glue starts workers from the name it was built with, next to itself; a bundler may have renamed
// it, and another origin's needs a shim. So the loader says where workers start.
class Worker {
  constructor(url, options) {
    return new globalThis.Worker(Module['threadUrl'] ?? url, options);
  }
}
