#pragma once

#include <emscripten/val.h>

#include <exception>
#include <new>
#include <optional>

#include "base/error.h"

namespace fovea::bindings {

// {code, message, fields: {key: value}} as web/src/errors.ts reads it.
emscripten::val describe(const Error& error);

// Calls fn; a C++ exception leaves as a thrown JavaScript object made by describe().
template <class Fn>
auto guard(Fn&& fn) -> decltype(fn()) {
  // Thrown only after the catch block, so that the C++ exception is gone by then.
  std::optional<Error> failure;
  try {
    return fn();
  } catch (const Error& error) {
    failure = error;
  } catch (const std::bad_alloc&) {
    failure = Error(ErrorCode::OutOfMemory, "out of memory");
  } catch (const std::exception& error) {
    failure = Error(ErrorCode::Internal, error.what());
  }
  describe(*failure).throw_();
}

}  // namespace fovea::bindings
