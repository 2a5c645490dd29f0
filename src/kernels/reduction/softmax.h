#pragma once

#include <cstdint>

#include "threads/thread_pool.h"

namespace fovea::kernels {

// Of each line, m being its largest element, so that nothing overflows:
//   Plain  e^(x - m) / sum of e^(x - m)
//   Log    its logarithm
//   Hard   1 at the first of the largest elements, 0 elsewhere
// A line that holds NaN, +inf or only -inf becomes NaN; of Hard, NaN is the largest where a line
// begins with it, and else passed over.
enum class Softmax : uint8_t { Plain, Log, Hard };

// Lines along the middle axis of [outer][count][inner].
struct SoftmaxShape {
  int64_t outer = 1;
  int64_t count = 1;
  int64_t inner = 1;
  // Of floats, where `inner` is 1: elements after each line, made 0.
  int64_t padding = 0;

  int64_t elements() const { return outer * count * inner; }
};

// That a pool of so many threads needs.
int64_t softmax_scratch_floats(const SoftmaxShape& shape, int threads) noexcept;

// `out` may be `in`.
void softmax(Softmax kind, const SoftmaxShape& shape, const float* in, float* out, float* scratch,
             ThreadPool& pool) noexcept;
void softmax(Softmax kind, const SoftmaxShape& shape, const double* in, double* out,
             ThreadPool& pool) noexcept;

}  // namespace fovea::kernels
