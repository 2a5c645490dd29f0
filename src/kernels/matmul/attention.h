#pragma once

#include <cstdint>
#include <span>

#include "kernels/matmul/gemm.h"

// Scaled dot-product attention (Vaswani et al., "Attention Is All You Need", 2017, section 3.2.1):
// softmax(scale * Q K + addends) V, the softmax over rows. Scores of a block of rows stay in cache.
namespace fovea::kernels {

struct AttentionShape {
  int64_t rows = 0;         // of Q and of the result
  int64_t columns = 0;      // of K, and rows of V: the length of a softmax
  int64_t depth = 0;        // columns of Q, and rows of K
  int64_t value_depth = 0;  // columns of V and of the result
  float scale = 1.0f;
};

// The matrices of one product; those of addends have as many rows and columns as the scores, and a
// column_step of 0 or 1.
struct AttentionInput {
  MatrixView<float> q;  // [rows][depth]
  MatrixView<float> k;  // [depth][columns]
  MatrixView<float> v;  // [columns][value_depth]
  std::span<const MatrixView<float>> addends;
};

// Floats of scratch that one call needs.
int64_t attention_scratch_size(const AttentionShape& shape) noexcept;

// Element (row, column) of the result goes to out[row * row_step + column].
void attend(const AttentionShape& shape, const AttentionInput& input, float* out, int64_t row_step,
            float* scratch) noexcept;

}  // namespace fovea::kernels
