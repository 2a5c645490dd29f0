#pragma once

#include <cstdint>
#include <vector>

namespace fovea::kernels {

// Without the care of std::complex for infinities, which costs a call for each product.
struct Complex {
  double re = 0;
  double im = 0;

  Complex operator+(const Complex& b) const { return {re + b.re, im + b.im}; }
  Complex operator-(const Complex& b) const { return {re - b.re, im - b.im}; }
  Complex operator*(const Complex& b) const {
    return {re * b.re - im * b.im, re * b.im + im * b.re};
  }
  Complex conjugate() const { return {re, -im}; }
};

// Discrete Fourier transforms of one length, at least 1: in n log n steps, whatever its factors.
class Fourier {
 public:
  explicit Fourier(int64_t length);

  int64_t length() const { return length_; }
  // Elements that a transform works on besides its own.
  int64_t scratch() const { return chirp_.empty() ? 0 : padded_; }

  // data[k] becomes the sum over n of data[n] e^(-2 pi i k n / length).
  void transform(Complex* data, Complex* scratch_memory) const noexcept;
  // The same with e^(+2 pi i k n / length), divided by the length.
  void inverse(Complex* data, Complex* scratch_memory) const noexcept;

 private:
  void transform_padded(Complex* data) const noexcept;

  int64_t length_;
  int64_t padded_;              // the power of two that is transformed: the length, or more
  std::vector<Complex> roots_;  // e^(-2 pi i k / padded_), k < padded_ / 2
  // Lengths that are no power of two are a convolution with e^(pi i k^2 / length) (Bluestein).
  std::vector<Complex> chirp_;    // e^(-pi i k^2 / length), k < length
  std::vector<Complex> filters_;  // the transform of what is convolved with, over padded_
};

}  // namespace fovea::kernels
