// Products of bytes held to their definition: sums as integers, what follows in double.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "kernels/quantised/matmul.h"

namespace fovea::kernels {
namespace {

class Product {
 public:
  Product(int64_t rows, int64_t depth, int64_t columns, bool bytes);
  void check() const;

 private:
  double expected(int64_t row, int64_t column) const;

  int64_t rows_, depth_, columns_;
  std::vector<int16_t> a_, b_;  // rows of A with their padding, columns of B
  std::vector<int16_t> panels_;
  std::vector<int32_t> bias_;
  std::vector<float> scale_, shift_, slopes_;
  Requantisation to_;
};

Product::Product(int64_t rows, int64_t depth, int64_t columns, bool bytes)
    : rows_(rows), depth_(depth), columns_(columns) {
  std::mt19937 engine(static_cast<uint32_t>(rows * 31 + depth * 7 + columns));
  std::uniform_int_distribution<int> numbers(-255, 255);
  const int64_t step = paired(depth), all = round_up(columns, kQuantisedPanel);
  a_.resize(static_cast<size_t>(round_up(rows, 4) * step));
  b_.resize(static_cast<size_t>(columns * depth));
  panels_.resize(static_cast<size_t>(all * step));
  for (int16_t& number : b_) number = static_cast<int16_t>(numbers(engine));
  for (int64_t i = 0; i < rows * step; ++i) {
    const bool inside = i % step < depth;
    a_[static_cast<size_t>(i)] = inside ? static_cast<int16_t>(numbers(engine)) : int16_t{0};
  }
  for (int64_t c = 0; c < columns; ++c) {
    for (int64_t k = 0; k < depth; ++k) {
      const int64_t panel = c / kQuantisedPanel * kQuantisedPanel * step;
      const int64_t at = k / 2 * 2 * kQuantisedPanel + c % kQuantisedPanel * 2 + k % 2;
      panels_[static_cast<size_t>(panel + at)] = b_[static_cast<size_t>(c * depth + k)];
    }
  }
  const auto channels = static_cast<size_t>(all);
  bias_.resize(channels);
  scale_.resize(channels);
  shift_.resize(channels);
  slopes_.resize(channels);
  for (size_t c = 0; c < static_cast<size_t>(columns); ++c) {
    bias_[c] = numbers(engine) * 9;
    scale_[c] = 0.0031f / std::sqrt(static_cast<float>(depth + 1));
    shift_[c] = static_cast<float>(numbers(engine)) / 37;
    slopes_[c] = 0.3f;
  }
  to_.bias = bias_.data();
  to_.scale = scale_.data();
  to_.shift = shift_.data();
  to_.slopes = slopes_.data();
  to_.shrinks = true;
  to_.to_bytes = bytes;
  // With a limit whatever follows is asked for, without it only what most have.
  to_.has_high = !bytes || columns % 2 != 0;
  to_.point = 91;
  to_.low = bytes ? -91.0f : -INFINITY;
  to_.high = INFINITY;
}

double Product::expected(int64_t row, int64_t column) const {
  int64_t sum = 0;
  for (int64_t k = 0; k < depth_; ++k) {
    sum += int64_t{a_[static_cast<size_t>(row * paired(depth_) + k)]} *
           b_[static_cast<size_t>(column * depth_ + k)];
  }
  const auto channel = static_cast<size_t>(column);
  const double value =
      static_cast<double>(sum + bias_[channel]) * double{scale_[channel]} + double{shift_[channel]};
  return value < 0 ? value * double{slopes_[channel]} : value;
}

void Product::check() const {
  // What is beyond the result stays as it is.
  constexpr uint8_t kUntouched = 201;
  const auto count = static_cast<size_t>(rows_ * columns_);
  const size_t size = to_.to_bytes ? 1 : sizeof(float);
  std::vector<uint8_t> output(count * size + 16, kUntouched);
  const QuantisedRows product = {a_.data(), rows_, paired(depth_), panels_.data(), columns_};
  const int64_t panels = round_up(columns_, kQuantisedPanel) / kQuantisedPanel;
  multiply_quantised(product, to_, output.data(), 0, panels / 2);
  multiply_quantised(product, to_, output.data(), panels / 2, panels);
  for (size_t i = count * size; i < output.size(); ++i) ASSERT_EQ(output[i], kUntouched);
  for (int64_t i = 0; i < rows_ * columns_; ++i) {
    const double wanted = expected(i / columns_, i % columns_);
    const auto at = static_cast<size_t>(i);
    if (to_.to_bytes) {
      const double inside = std::clamp(wanted + to_.point, 0.0, 255.0);
      ASSERT_NEAR(output[at], inside, 0.501) << i;
    } else {
      float value;
      std::memcpy(&value, output.data() + at * size, size);
      ASSERT_NEAR(double{value}, wanted, 1e-4 + 1e-6 * std::abs(wanted)) << i;
    }
  }
}

TEST(QuantisedMatMul, EverySize) {
  for (const bool bytes : {true, false}) {
    for (int64_t rows = 0; rows <= 9; ++rows) {
      for (const int64_t depth : {0, 1, 2, 7, 64}) {
        for (const int64_t columns : {1, 3, 4, 8, 12, 17}) {
          Product(rows, depth, columns, bytes).check();
          if (testing::Test::HasFailure()) return;
        }
      }
    }
  }
}

}  // namespace
}  // namespace fovea::kernels
