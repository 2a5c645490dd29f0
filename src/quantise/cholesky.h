#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace fovea::quantise {

// The factor L of a symmetric positive definite matrix A = L L', L lower triangular.
class Cholesky {
 public:
  Cholesky() = default;
  // element(i, j) is asked for j <= i.
  Cholesky(int64_t n, const std::function<double(int64_t i, int64_t j)>& element);

  // b becomes x with A x = b.
  void solve(std::span<double> b) const;

  double diagonal(int64_t i) const { return lower_[static_cast<size_t>(i * n_ + i)]; }
  // The sum over j > i of L[j][i] x[j] / L[i][i].
  double below(int64_t i, std::span<const double> x) const;

 private:
  int64_t n_ = 0;
  std::vector<double> lower_;  // [n][n]: L, and right of the diagonal L'
};

}  // namespace fovea::quantise
