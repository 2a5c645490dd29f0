#pragma once

#include <emscripten/val.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "tensor/tensor.h"

namespace fovea::bindings {

// Bytes in a program's memory that JavaScript fills in place. Whoever takes memory() shares the
// bytes, so deleting the Buffer after handing it to a session frees nothing the session needs.
class Buffer {
 public:
  // Throws Error(OutOfMemory).
  explicit Buffer(uint64_t size)
      : memory_(allocate_bytes(size)), size_(static_cast<size_t>(size)) {}

  // A copy of bytes.
  explicit Buffer(std::string_view bytes) : Buffer(bytes.size()) {
    if (!bytes.empty()) std::memcpy(data(), bytes.data(), bytes.size());
  }

  // A Uint8Array onto the bytes, valid until the program's memory grows.
  emscripten::val view() {
    return emscripten::val(
        emscripten::typed_memory_view(size_, reinterpret_cast<unsigned char*>(memory_.get())));
  }

  size_t size() const { return size_; }
  std::byte* data() { return memory_.get(); }
  std::shared_ptr<std::byte> memory() const { return memory_; }
  std::span<const std::byte> bytes() const { return {memory_.get(), size_}; }

 private:
  std::shared_ptr<std::byte> memory_;
  size_t size_;
};

}  // namespace fovea::bindings
