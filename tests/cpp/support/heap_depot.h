#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "tensor/tensor.h"

namespace fovea::test {

// A depot on the heap, which takes even the smallest tensor.
inline Depot heap_depot() {
  const auto keep = [](std::span<const std::byte> bytes) {
    auto copy = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
    return [copy](std::byte* to) { std::ranges::copy(*copy, to); };
  };
  return {.keep = keep, .least = 1};
}

}  // namespace fovea::test
