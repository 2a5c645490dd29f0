#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "tensor/tensor.h"

namespace fovea::test {

class KeptOnHeap final : public Kept {
 public:
  explicit KeptOnHeap(std::span<const std::byte> bytes) : bytes_(bytes.begin(), bytes.end()) {}
  void copy_to(std::byte* memory) const override { std::ranges::copy(bytes_, memory); }

 private:
  std::vector<std::byte> bytes_;
};

// A depot on the heap, which takes even the smallest tensor.
inline Depot heap_depot() {
  return {.keep = [](std::span<const std::byte> bytes) -> std::unique_ptr<Kept> {
            return std::make_unique<KeptOnHeap>(bytes);
          },
          .least = 1};
}

}  // namespace fovea::test
