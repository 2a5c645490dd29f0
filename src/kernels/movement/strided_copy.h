#pragma once

#include <cstddef>

#include "kernels/loop_nest.h"
#include "threads/thread_pool.h"

namespace fovea::kernels {

// Copies elements of 1, 2, 4, 8 or 16 bytes from operand 0 to operand 1 of the nest. The arrays
// must not overlap.
void strided_copy(const LoopNest<2>& nest, const std::byte* from, std::byte* to,
                  size_t element_bytes, ThreadPool& pool) noexcept;

// Repeats one element of `element_bytes` `count` times.
void fill(std::byte* to, const std::byte* element, size_t element_bytes, int64_t count) noexcept;

// Zeroes lanes channels .. padded channels - 1 of `pixels` channels-last pixels.
void clear_channel_padding(float* data, int64_t pixels, int64_t channels) noexcept;
void clear_channel_padding(float* data, int64_t pixels, int64_t channels,
                           ThreadPool& pool) noexcept;

}  // namespace fovea::kernels
