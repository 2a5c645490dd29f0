#pragma once

#include <emscripten/val.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "handle.h"

namespace fovea::bindings {

// A Uint8Array onto bytes, valid until the program's memory grows.
inline emscripten::val view_of(std::string_view bytes) {
  return emscripten::val(emscripten::typed_memory_view(
      bytes.size(), reinterpret_cast<const unsigned char*>(bytes.data())));
}

// A file that JavaScript reads and then deletes.
inline Handle handle_of(std::string file) {
  return handle_of(std::make_unique<std::string>(std::move(file)));
}

}  // namespace fovea::bindings
