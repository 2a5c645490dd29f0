#pragma once

#include "kernels/winograd/winograd.h"

// Convolution of stride 1 by F(m x n, r x r); as the functions of a ConvAlgorithm.
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

}  // namespace fovea::kernels::winograd
