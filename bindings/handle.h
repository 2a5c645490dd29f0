#pragma once

#include <cstdint>
#include <memory>

namespace fovea::bindings {

// What JavaScript holds of an object: its address, until it hands it to destroy(). For the same,
// Embind's classes take a third of its script, which a worker has to compile before it can begin.
using Handle = uintptr_t;

template <class T>
Handle handle_of(std::unique_ptr<T> object) {
  return reinterpret_cast<Handle>(object.release());
}

template <class T>
T& at(Handle handle) {
  return *reinterpret_cast<T*>(handle);
}

template <class T>
void destroy(Handle handle) {
  delete &at<T>(handle);
}

}  // namespace fovea::bindings
