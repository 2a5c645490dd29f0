#include "kernels/signal/fft.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace fovea::kernels {
namespace {

// e^(-2 pi i numerator / denominator)
Complex root_of_unity(int64_t numerator, int64_t denominator) {
  const double angle =
      -2 * std::numbers::pi * static_cast<double>(numerator) / static_cast<double>(denominator);
  return {std::cos(angle), std::sin(angle)};
}

int64_t power_of_two_from(int64_t size) {
  int64_t power = 1;
  while (power < size) power *= 2;
  return power;
}

}  // namespace

Fourier::Fourier(int64_t length) : length_(length), padded_(power_of_two_from(length)) {
  const bool is_power = padded_ == length;
  if (!is_power) padded_ = power_of_two_from(2 * length - 1);
  for (int64_t k = 0; k < padded_ / 2; ++k) roots_.push_back(root_of_unity(k, padded_));
  if (is_power) return;
  int64_t square = 0;  // modulo 2 * length, which keeps large angles exact
  filters_.resize(static_cast<size_t>(padded_));
  for (int64_t k = 0; k < length; ++k) {
    chirp_.push_back(root_of_unity(square, 2 * length));
    const Complex filter = chirp_.back().conjugate();
    filters_[static_cast<size_t>(k)] = filter;
    if (k > 0) filters_[static_cast<size_t>(padded_ - k)] = filter;
    square = (square + 2 * k + 1) % (2 * length);
  }
  transform_padded(filters_.data());
}

void Fourier::transform_padded(Complex* data) const noexcept {
  for (int64_t i = 1, j = 0; i < padded_; ++i) {
    int64_t bit = padded_ / 2;
    for (; j & bit; bit /= 2) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(data[i], data[j]);
  }
  for (int64_t half = 1; half < padded_; half *= 2) {
    const int64_t stride = padded_ / (2 * half);
    for (int64_t start = 0; start < padded_; start += 2 * half) {
      for (int64_t k = 0; k < half; ++k) {
        Complex& a = data[start + k];
        Complex& b = data[start + k + half];
        const Complex turned = b * roots_[static_cast<size_t>(k * stride)];
        b = a - turned;
        a = a + turned;
      }
    }
  }
}

void Fourier::transform(Complex* data, Complex* scratch_memory) const noexcept {
  if (chirp_.empty()) return transform_padded(data);
  const auto length = static_cast<size_t>(length_), padded = static_cast<size_t>(padded_);
  for (size_t k = 0; k < length; ++k) scratch_memory[k] = data[k] * chirp_[k];
  std::fill(scratch_memory + length, scratch_memory + padded, Complex());
  transform_padded(scratch_memory);
  // The way back is the conjugate of a transform of the conjugate.
  for (size_t k = 0; k < padded; ++k) {
    scratch_memory[k] = (scratch_memory[k] * filters_[k]).conjugate();
  }
  transform_padded(scratch_memory);
  const double scale = 1 / static_cast<double>(padded_);
  for (size_t k = 0; k < length; ++k) {
    const Complex sum = scratch_memory[k].conjugate() * chirp_[k];
    data[k] = {sum.re * scale, sum.im * scale};
  }
}

void Fourier::inverse(Complex* data, Complex* scratch_memory) const noexcept {
  for (int64_t k = 0; k < length_; ++k) data[k] = data[k].conjugate();
  transform(data, scratch_memory);
  const double scale = 1 / static_cast<double>(length_);
  for (int64_t k = 0; k < length_; ++k) data[k] = {data[k].re * scale, -data[k].im * scale};
}

}  // namespace fovea::kernels
