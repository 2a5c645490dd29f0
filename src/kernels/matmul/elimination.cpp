#include "kernels/matmul/elimination.h"

#include <algorithm>
#include <cmath>

namespace fovea::kernels {
namespace {

// The row from `step` on with the largest element in column `step`.
int64_t pivot_of(const double* matrix, int64_t step, int64_t size) {
  int64_t pivot = step;
  for (int64_t row = step + 1; row < size; ++row) {
    const double element = matrix[row * size + step], largest = matrix[pivot * size + step];
    if (std::abs(element) > std::abs(largest)) pivot = row;
  }
  return pivot;
}

void subtract(double* __restrict row, const double* __restrict from, double factor, int64_t count) {
  for (int64_t i = 0; i < count; ++i) row[i] -= factor * from[i];
}

}  // namespace

double determinant(double* matrix, int64_t size) noexcept {
  double determinant = 1;
  for (int64_t step = 0; step < size; ++step) {
    double* top = matrix + step * size;
    const int64_t pivot = pivot_of(matrix, step, size);
    if (pivot != step) {
      std::swap_ranges(top, top + size, matrix + pivot * size);
      determinant = -determinant;
    }
    determinant *= top[step];
    if (top[step] == 0) return determinant;
    for (int64_t row = step + 1; row < size; ++row) {
      double* line = matrix + row * size;
      subtract(line + step, top + step, line[step] / top[step], size - step);
    }
  }
  return determinant;
}

// In place: a column that is eliminated makes room for one of the inverse. Rows that were exchanged
// are columns of it that are exchanged in the end.
bool invert(double* matrix, int64_t* pivots, int64_t size) noexcept {
  for (int64_t step = 0; step < size; ++step) {
    double* top = matrix + step * size;
    pivots[step] = pivot_of(matrix, step, size);
    if (pivots[step] != step) {
      std::swap_ranges(top, top + size, matrix + pivots[step] * size);
    }
    const double lead = top[step];
    if (lead == 0 || std::isnan(lead)) return false;
    top[step] = 1;
    for (int64_t i = 0; i < size; ++i) top[i] /= lead;
    for (int64_t row = 0; row < size; ++row) {
      double* line = matrix + row * size;
      if (row == step || line[step] == 0) continue;
      const double factor = line[step];
      line[step] = 0;
      subtract(line, top, factor, size);
    }
  }
  for (int64_t step = size - 1; step >= 0; --step) {
    if (pivots[step] == step) continue;
    for (int64_t row = 0; row < size; ++row) {
      std::swap(matrix[row * size + step], matrix[row * size + pivots[step]]);
    }
  }
  return true;
}

}  // namespace fovea::kernels
