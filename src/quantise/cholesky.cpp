#include "quantise/cholesky.h"

#include <cmath>

namespace fovea::quantise {
namespace {

// Four sums at once: a compiler may not reorder a single one.
double dot(const double* a, const double* b, int64_t n) {
  double sums[4] = {};
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (int lane = 0; lane < 4; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  for (; i < n; ++i) sums[0] += a[i] * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

}  // namespace

Cholesky::Cholesky(int64_t n, const std::function<double(int64_t, int64_t)>& element)
    : n_(n), lower_(static_cast<size_t>(n * n)) {
  double* l = lower_.data();
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      const double left = element(i, j) - dot(l + i * n, l + j * n, j);
      l[i * n + j] = i == j ? std::sqrt(left) : left / l[j * n + j];
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < i; ++j) l[j * n + i] = l[i * n + j];
  }
}

void Cholesky::solve(std::span<double> b) const {
  const double* l = lower_.data();
  for (int64_t i = 0; i < n_; ++i) {
    b[static_cast<size_t>(i)] =
        (b[static_cast<size_t>(i)] - dot(l + i * n_, b.data(), i)) / l[i * n_ + i];
  }
  for (int64_t i = n_ - 1; i >= 0; --i) {
    const double left =
        b[static_cast<size_t>(i)] - dot(l + i * n_ + i + 1, b.data() + i + 1, n_ - i - 1);
    b[static_cast<size_t>(i)] = left / l[i * n_ + i];
  }
}

double Cholesky::below(int64_t i, std::span<const double> x) const {
  return dot(lower_.data() + i * n_ + i + 1, x.data() + i + 1, n_ - i - 1) / diagonal(i);
}

}  // namespace fovea::quantise
