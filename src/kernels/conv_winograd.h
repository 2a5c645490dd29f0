#pragma once

#include "kernels/conv_algorithms.h"
#include "kernels/winograd.h"

// Convolution of stride 1 by F(m x n, r x r); as the functions of kernels/conv.h.
namespace fovea::kernels::winograd {

// Of kernels of any size, cut into blocks of r x r.
int64_t packed_size(const Filter& filter, const ConvShape& shape) noexcept;
void pack_weights(const Filter& filter, const ConvShape& shape, const ConvWeights& weights,
                  float* packed) noexcept;

// Of kernels of one block.
int64_t scratch_size(const Filter& filter, const ConvShape& shape) noexcept;
void run_rows(const Filter& filter, const ConvShape& shape, std::span<const ConvPart> parts,
              const float* packed, const ConvOutput& output, const Epilogue& epilogue,
              float* scratch, int64_t row_begin, int64_t row_end) noexcept;

// Of larger kernels. They take a single part.
int64_t scratch_size_in_blocks(const Filter& filter, const ConvShape& shape) noexcept;
void run_rows_in_blocks(const Filter& filter, const ConvShape& shape,
                        std::span<const ConvPart> parts, const float* packed,
                        const ConvOutput& output, const Epilogue& epilogue, float* scratch,
                        int64_t row_begin, int64_t row_end) noexcept;

template <const Filter& kFilter, bool kInBlocks>
constexpr ConvKernel kConv = {
    [](const ConvShape& shape) noexcept { return packed_size(kFilter, shape); },
    [](const ConvShape& shape, const ConvWeights& weights, float* packed) noexcept {
      pack_weights(kFilter, shape, weights, packed);
    },
    [](const ConvShape& shape) noexcept {
      return (kInBlocks ? scratch_size_in_blocks : scratch_size)(kFilter, shape);
    },
    [](const ConvShape& shape, std::span<const ConvPart> parts, const float* packed,
       const ConvOutput& output, const Epilogue& epilogue, float* scratch, int64_t row_begin,
       int64_t row_end) noexcept {
      (kInBlocks ? run_rows_in_blocks : run_rows)(kFilter, shape, parts, packed, output, epilogue,
                                                  scratch, row_begin, row_end);
    },
    []() noexcept { return int64_t{kFilter.tile_h}; },
    !kInBlocks,
};

}  // namespace fovea::kernels::winograd
