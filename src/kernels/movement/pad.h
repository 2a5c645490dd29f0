#pragma once

#include <cstddef>
#include <cstdint>

#include "threads/thread_pool.h"

namespace fovea::kernels {

// One padded axis: for each output position the input position it shows, or -1 for the constant.
struct PadAxis {
  const int64_t* source = nullptr;
  int64_t out_size = 1;
  int64_t from_stride = 0;  // in blocks
};

// Pads along `rank` (at least 1) axes, the innermost last; what lies inside them is one block of
// `block_bytes`, and so is the constant. `to` is written densely.
void pad(const PadAxis* axes, int rank, const std::byte* from, std::byte* to, size_t block_bytes,
         const std::byte* constant, ThreadPool& pool) noexcept;

}  // namespace fovea::kernels
