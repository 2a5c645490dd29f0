// What all programs have: memory that JavaScript fills and reads. See web/src/host/module.ts.

#include <emscripten/bind.h>

#include <memory>
#include <string>

#include "buffer.h"
#include "guard.h"
#include "handle.h"

namespace fovea::bindings {
namespace {

using emscripten::function;
using emscripten::val;

std::string version() { return FOVEA_VERSION; }

Handle make_buffer(size_t size) {
  return guard([&] { return handle_of(std::make_unique<Buffer>(size)); });
}

val bytes_of(Handle buffer) {
  return guard([&] { return at<Buffer>(buffer).view(); });
}

}  // namespace

EMSCRIPTEN_BINDINGS(fovea_memory) {
  function("version", &version);
  function("makeBuffer", &make_buffer);
  function("bytesOf", &bytes_of);
  function("deleteBuffer", &destroy<Buffer>);
}

}  // namespace fovea::bindings
