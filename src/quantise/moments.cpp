#include "quantise/moments.h"

#include <algorithm>

#include "base/integers.h"
#include "simd/f32x4.h"
#include "simd/loops.h"

namespace fovea::quantise {
namespace {

using simd::F32x4;

constexpr int kRows = 4, kColumns = 8;

// Adds to sums[kRows][stride] the products of columns `a`, of a matrix with rows of a_stride, and
// columns `b`, over `count` rows. Sums of a block are floats: few enough for what is asked of them.
void add_block(int64_t count, const float* a, int64_t a_stride, const float* b, int64_t b_stride,
               double* sums, int64_t stride) {
  F32x4 acc[kRows][kColumns / 4];
  FOVEA_UNROLL
  for (auto& row : acc) {
    for (F32x4& lanes : row) lanes = F32x4::zero();
  }
  FOVEA_NO_UNROLL
  for (int64_t s = 0; s < count; ++s) {
    const F32x4 b0 = F32x4::load(b + s * b_stride), b1 = F32x4::load(b + s * b_stride + 4);
    FOVEA_UNROLL
    for (int i = 0; i < kRows; ++i) {
      const F32x4 x = F32x4::load_splat(a + s * a_stride + i);
      acc[i][0] = simd::fma(x, b0, acc[i][0]);
      acc[i][1] = simd::fma(x, b1, acc[i][1]);
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kColumns; ++j) sums[i * stride + j] += acc[i][j / 4][j % 4];
  }
}

}  // namespace

Moments::Moments(int64_t inputs, int64_t outputs)
    : inputs_(inputs),
      outputs_(outputs),
      stride_(round_up(inputs, kColumns)),
      xx_(static_cast<size_t>(round_up(inputs, kRows) * stride_)),
      xy_(static_cast<size_t>(round_up(outputs, kRows) * stride_)),
      sum_x_(static_cast<size_t>(stride_)),
      sum_y_(static_cast<size_t>(outputs)),
      yy_(static_cast<size_t>(outputs)) {}

void Moments::add(int64_t count, const float* x, const float* y) {
  constexpr int64_t kBlock = 256;
  // Rows of y as long as whole blocks read them.
  const int64_t y_stride = round_up(outputs_, kRows);
  std::vector<float> padded(static_cast<size_t>(kBlock * y_stride));
  for (int64_t first = 0; first < count; first += kBlock) {
    const int64_t rows = std::min(kBlock, count - first);
    const float* block = x + first * stride_;
    for (int64_t s = 0; s < rows; ++s) {
      for (int64_t i = 0; i < stride_; ++i)
        sum_x_[static_cast<size_t>(i)] += block[s * stride_ + i];
      for (int64_t o = 0; o < outputs_; ++o) {
        const float value = y[(first + s) * outputs_ + o];
        padded[static_cast<size_t>(s * y_stride + o)] = value;
        sum_y_[static_cast<size_t>(o)] += value;
        yy_[static_cast<size_t>(o)] += static_cast<double>(value) * value;
      }
    }
    for (int64_t i = 0; i < inputs_; i += kRows) {
      for (int64_t j = i / kColumns * kColumns; j < stride_; j += kColumns) {
        add_block(rows, block + i, stride_, block + j, stride_, &xx_[i * stride_ + j], stride_);
      }
    }
    for (int64_t o = 0; o < outputs_; o += kRows) {
      for (int64_t j = 0; j < stride_; j += kColumns) {
        add_block(rows, padded.data() + o, y_stride, block + j, stride_, &xy_[o * stride_ + j],
                  stride_);
      }
    }
  }
  count_ += count;
}

double Moments::xx(int64_t i, int64_t j, bool centred) const {
  const double sum = xx_[static_cast<size_t>(std::min(i, j) * stride_ + std::max(i, j))];
  return sum / total() - (centred ? mean_x(i) * mean_x(j) : 0);
}

double Moments::xy(int64_t output, int64_t i, bool centred) const {
  const double sum = xy_[static_cast<size_t>(output * stride_ + i)];
  return sum / total() - (centred ? mean_y(output) * mean_x(i) : 0);
}

double Moments::yy(int64_t output, bool centred) const {
  const double mean = mean_y(output);
  return yy_[static_cast<size_t>(output)] / total() - (centred ? mean * mean : 0);
}

}  // namespace fovea::quantise
