#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/resize/resize_axis.h"
#include "threads/thread_pool.h"

namespace fovea::kernels {

// One axis resampled: [outer][filter.in][inner] -> [outer][filter.out][inner], elements contiguous.
struct ResizePass {
  AxisFilter filter;
  int64_t outer = 1;
  int64_t inner = 1;

  int64_t in_elements() const { return outer * filter.in * inner; }
  int64_t out_elements() const { return outer * filter.out * inner; }
};

// A resize of any number of axes as one pass after another. ChannelsLast memory is no special case:
// its axes are N, H, W, Cs.
struct ResizePlan {
  std::vector<ResizePass> passes;  // none: the output is the input, and nothing is to be run
  size_t element_size = sizeof(float);
  uint64_t extrapolation = 0;  // bits of the element for AxisFilter::outside

  // Bytes between the passes.
  uint64_t scratch_bytes() const;
};

// Orders the passes so that they touch few elements. `filters` has one entry per axis of
// `in_shape`, whose dimensions are those of memory, outermost first. Filters of more than one tap
// are for float elements, or double where they have wide weights.
ResizePlan plan_resize(std::span<const int64_t> in_shape, std::vector<AxisFilter> filters,
                       size_t element_size, uint64_t extrapolation);

// `out` may not overlap `in`; `scratch` has plan.scratch_bytes(), aligned for the elements.
void resize(const ResizePlan& plan, const void* in, void* out, std::byte* scratch,
            ThreadPool& pool) noexcept;

// Outputs [begin, end) of one row by one filter: out[0 .. end - begin) from in[0 .. filter.in).
// Fastest when the taps are a multiple of 4 (AxisFilter::padded_to_vectors).
void resample_row(const AxisFilter& filter, int64_t begin, int64_t end, const float* in,
                  float* out) noexcept;

// out[j] = sum over t < taps of weights[t] * in[t * stride + j], for j in [0, count).
void combine_rows(const float* weights, int taps, const float* in, int64_t stride, int64_t count,
                  float* out) noexcept;

}  // namespace fovea::kernels
