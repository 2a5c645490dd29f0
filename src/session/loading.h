#pragma once

#include <new>
#include <stdexcept>
#include <string>

#include "base/error.h"
#include "session/session.h"

namespace fovea {

struct Loaded {
  ModelInfo info;
  Graph graph;
  std::string frame;  // see onnx/frame.h
};

// Throws Error as Session::load does, but for what is not supported.
Loaded load_model(const ModelBytes& bytes, const SessionOptions& options);

// Turns the standard library's out-of-memory into the engine's.
template <class Work>
auto guarded(Work work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    fail(ErrorCode::OutOfMemory, "out of memory");
  } catch (const std::length_error&) {
    fail(ErrorCode::OutOfMemory, "out of memory: a container would be too large");
  }
}

}  // namespace fovea
