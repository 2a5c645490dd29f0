#pragma once

#include "kernels/conv.h"

// What each ConvAlgorithm provides behind kernels/conv.h; the parameters are those of the functions
// there.
namespace fovea::kernels {

struct ConvKernel {
  int64_t (*packed_size)(const ConvShape&) noexcept;
  void (*pack_weights)(const ConvShape&, const ConvWeights&, float* packed) noexcept;
  int64_t (*scratch_size)(const ConvShape&) noexcept;
  void (*run_rows)(const ConvShape&, std::span<const ConvPart>, const float* packed,
                   const ConvOutput&, const Epilogue&, float* scratch, int64_t row_begin,
                   int64_t row_end) noexcept;
  int64_t (*rows_at_once)() noexcept = []() noexcept { return int64_t{1}; };
  bool takes_parts = false;
};

extern const ConvKernel kDirectConv;
extern const ConvKernel kDepthwiseConv;
extern const ConvKernel kFewOutputsConv;
// Winograd's are in kernels/conv_winograd.h.

}  // namespace fovea::kernels
