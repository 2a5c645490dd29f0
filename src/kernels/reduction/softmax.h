#pragma once

#include <cstdint>

#include "threads/thread_pool.h"

namespace fovea::kernels {

// e^(x - m) / sum of e^(x - m), or its logarithm, along the middle axis of [outer][count][inner];
// m is the largest element of each line, so that nothing overflows. A line that holds NaN, +inf or
// only -inf becomes NaN. `out` may be `in`.
void softmax(const float* in, float* out, int64_t outer, int64_t count, int64_t inner,
             ThreadPool& pool) noexcept;
void log_softmax(const float* in, float* out, int64_t outer, int64_t count, int64_t inner,
                 ThreadPool& pool) noexcept;
void softmax(const double* in, double* out, int64_t outer, int64_t count, int64_t inner,
             ThreadPool& pool) noexcept;
void log_softmax(const double* in, double* out, int64_t outer, int64_t count, int64_t inner,
                 ThreadPool& pool) noexcept;

// 1 at the first of the largest elements of each line, 0 elsewhere. NaN is the largest where a line
// begins with it, and else passed over. `out` may be `in`.
void hardmax(const float* in, float* out, int64_t outer, int64_t count, int64_t inner,
             ThreadPool& pool) noexcept;
void hardmax(const double* in, double* out, int64_t outer, int64_t count, int64_t inner,
             ThreadPool& pool) noexcept;

}  // namespace fovea::kernels
