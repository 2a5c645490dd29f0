#pragma once

#include <optional>

#include "base/error.h"

namespace fovea::bindings {

// What is being caught, as an Error.
Error caught_error();

// Throws what to_val() makes of the error.
[[noreturn]] void throw_to_javascript(const Error& error);

// Calls fn; a C++ exception leaves as a JavaScript one.
template <class Fn>
auto guard(Fn&& fn) -> decltype(fn()) {
  // Thrown only after the catch block, so that the C++ exception is gone by then.
  std::optional<Error> failure;
  try {
    return fn();
  } catch (...) {
    failure = caught_error();
  }
  throw_to_javascript(*failure);
}

}  // namespace fovea::bindings
