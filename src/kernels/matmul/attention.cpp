#include "kernels/matmul/attention.h"

#include <algorithm>

#include "kernels/reduction/softmax_row.h"
#include "simd/math.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

// Scores of a block of rows fit the first-level cache where a row is short, and a block has a few
// register tiles of rows where it is long.
constexpr int64_t kBlockScores = 4096;
constexpr int64_t kMinBlockRows = 12;

int64_t block_rows(const AttentionShape& shape) {
  const int64_t fitting = kBlockScores / std::max<int64_t>(shape.columns, 1);
  return std::min(shape.rows, std::max(fitting, kMinBlockRows));
}

// The products' sizes with columns rounded up to whole vectors, so that no lane is anybody else's.
GemmShape scores_shape(const AttentionShape& shape) {
  return {shape.rows, round_up(shape.columns, kLanes), shape.depth};
}
GemmShape values_shape(const AttentionShape& shape) {
  return {shape.rows, round_up(shape.value_depth, kLanes), shape.columns};
}

struct Scratch {
  Scratch(const AttentionShape& shape, float* memory) {
    const auto take = [&](int64_t floats) {
      const int64_t at = size;
      size += round_up(floats, 16);
      return memory == nullptr ? nullptr : memory + at;
    };
    const int64_t rows = block_rows(shape);
    k = take(gemm_packed_size(scores_shape(shape)));
    v = take(gemm_packed_size(values_shape(shape)));
    scores = take(rows * scores_shape(shape).n);
    values = take(rows * values_shape(shape).n);
    inverse_sums = take(rows);
  }

  int64_t size = 0;
  float* k;
  float* v;
  float* scores;
  float* values;
  float* inverse_sums;
};

// A vector of a matrix whose columns are contiguous: the next four of row `row`.
F32x4 four(const MatrixView<float>& from, int64_t row, int64_t column) {
  return F32x4::load(from.data + row * from.row_step + column);
}

// Packs 4 columns whose rows are contiguous, four rows at a time, to every `step` floats; returns
// the rows done.
int64_t pack_transposed(const MatrixView<float>& b, int64_t depth, F32x4 scale, float* to,
                        int64_t step) {
  const MatrixView<float> columns = {b.data, b.column_step, 1};
  int64_t k = 0;
  for (; k + kLanes <= depth; k += kLanes) {
    F32x4 lines[kLanes];
    for (int64_t i = 0; i < kLanes; ++i) lines[i] = four(columns, i, k) * scale;
    simd::transpose4x4(lines[0], lines[1], lines[2], lines[3]);
    for (int64_t i = 0; i < kLanes; ++i) lines[i].store(to + (k + i) * step);
  }
  return k;
}

// Packs 4 contiguous columns.
int64_t pack_straight(const MatrixView<float>& b, int64_t depth, F32x4 scale, float* to,
                      int64_t step) {
  for (int64_t k = 0; k < depth; ++k) (four(b, k, 0) * scale).store(to + k * step);
  return depth;
}

// Packs rows [k, depth) of up to 4 columns, with zeros where there are fewer.
void pack_rest(const MatrixView<float>& b, int64_t k, int64_t depth, int64_t columns, float scale,
               float* to, int64_t step) {
  for (; k < depth; ++k) {
    const float* from = b.data + k * b.row_step;
    for (int64_t c = 0; c < kLanes; ++c) {
      to[k * step + c] = c < columns ? scale * from[c * b.column_step] : 0.0f;
    }
  }
}

// As pack_gemm() without bias, for matrices too small to pay for going element by element.
void pack(const MatrixView<float>& b, int64_t depth, int64_t columns, float scale, float* packed) {
  const F32x4 factor = F32x4::splat(scale);
  for (int64_t first = 0, count = 0; first < columns; first += count) {
    count = panel_columns(columns, first);
    const int64_t lanes = round_up(count, kLanes);
    std::fill_n(packed, lanes, 0.0f);
    packed += lanes;
    for (int64_t c = 0; c < lanes; c += kLanes) {
      const int64_t left = count - c;
      const MatrixView<float> part = {b.data + (first + c) * b.column_step, b.row_step,
                                      b.column_step};
      int64_t done = 0;
      if (left >= kLanes && b.column_step == 1) {
        done = pack_straight(part, depth, factor, packed + c, lanes);
      } else if (left >= kLanes && b.row_step == 1) {
        done = pack_transposed(part, depth, factor, packed + c, lanes);
      }
      pack_rest(part, done, depth, left, scale, packed + c, lanes);
    }
    packed += lanes * depth;
  }
}

void add_row(const MatrixView<float>& addend, int64_t row, float* scores, int64_t count) {
  const float* from = addend.data + row * addend.row_step;
  int64_t i = 0;
  if (addend.column_step == 1) {
    for (; i + kLanes <= count; i += kLanes) {
      (F32x4::load(scores + i) + F32x4::load(from + i)).store(scores + i);
    }
  }
  for (; i < count; ++i) scores[i] += from[i * addend.column_step];
}

// Scores become e^(score - largest); returns one over their sum. Lanes behind `count` become zero.
float exponentiate(float* scores, int64_t count) {
  const F32x4 m = F32x4::splat(max_of_row(scores, count));
  const simd::ExpNonpositive exp;
  F32x4 total = F32x4::zero();
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const F32x4 exponential = exp(F32x4::load(scores + i) - m);
    total += exponential;
    exponential.store(scores + i);
  }
  float sum = simd::sum(total);
  for (; i < count; ++i) {
    scores[i] = exp(F32x4::load_splat(scores + i) - m)[0];
    sum += scores[i];
  }
  for (; i % kLanes != 0; ++i) scores[i] = 0.0f;
  return 1 / sum;
}

void scale_row(const float* from, float factor, float* to, int64_t count) {
  const F32x4 factors = F32x4::splat(factor);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) (F32x4::load(from + i) * factors).store(to + i);
  for (; i < count; ++i) to[i] = from[i] * factor;
}

// All columns of the product of `rows` rows.
void multiply(GemmShape shape, int64_t rows, const MatrixView<float>& a, const float* packed,
              float* c) {
  run_gemm(shape, a, packed, {c, shape.n, nullptr}, {}, {0, rows, 0, shape.n});
}

}  // namespace

int64_t attention_scratch_size(const AttentionShape& shape) noexcept {
  return Scratch(shape, nullptr).size;
}

void attend(const AttentionShape& shape, const AttentionInput& input, float* out, int64_t row_step,
            float* scratch) noexcept {
  const Scratch memory(shape, scratch);
  const GemmShape scores = scores_shape(shape), values = values_shape(shape);
  pack(input.k, shape.depth, shape.columns, shape.scale, memory.k);
  pack(input.v, shape.columns, shape.value_depth, 1.0f, memory.v);
  const int64_t block = block_rows(shape);
  for (int64_t first = 0; first < shape.rows; first += block) {
    const int64_t rows = std::min(block, shape.rows - first);
    MatrixView<float> q = input.q;
    q.data += first * q.row_step;
    multiply(scores, rows, q, memory.k, memory.scores);
    for (int64_t row = 0; row < rows; ++row) {
      float* line = memory.scores + row * scores.n;
      for (const auto& addend : input.addends) add_row(addend, first + row, line, shape.columns);
      memory.inverse_sums[row] = exponentiate(line, shape.columns);
    }
    multiply(values, rows, {memory.scores, scores.n, 1}, memory.v, memory.values);
    for (int64_t row = 0; row < rows; ++row) {
      scale_row(memory.values + row * values.n, memory.inverse_sums[row],
                out + (first + row) * row_step, shape.value_depth);
    }
  }
}

}  // namespace fovea::kernels
