#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "image/filter.h"

// What resampling is, in double precision and without haste.
namespace fovea::image {

inline double keys_at(double x) {
  x = std::fabs(x);
  if (x <= 1) return 1.5 * x * x * x - 2.5 * x * x + 1;
  return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

inline double mitchell_at(double x) {
  x = std::fabs(x);
  if (x < 1) return (21 * x * x * x - 36 * x * x + 16) / 18;
  return x < 2 ? (-7 * x * x * x + 36 * x * x - 60 * x + 32) / 18 : 0;
}

inline double lanczos3_at(double x) {
  if (x == 0) return 1;
  if (std::fabs(x) >= 3) return 0;
  const double angle = std::numbers::pi * x;
  return 3 * std::sin(angle) * std::sin(angle / 3) / (angle * angle);
}

inline double kernel_at(Kernel kernel, double x) {
  switch (kernel) {
    case Kernel::Bicubic:
      return keys_at(x);
    case Kernel::Mitchell:
      return mitchell_at(x);
    case Kernel::Lanczos3:
      return lanczos3_at(x);
    case Kernel::Nearest:
      break;
  }
  return x >= -0.5 && x < 0.5 ? 1 : 0;
}

// Weights of one output over a whole axis, which add up to 1.
inline std::vector<double> reference_weights(Kernel kernel, int64_t in, int64_t out,
                                             int64_t index) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double center = (static_cast<double>(index) + 0.5) * scale - 0.5;
  const double width = kernel == Kernel::Nearest ? 1 : std::max(scale, 1.0);
  std::vector<double> weights;
  double total = 0;
  for (int64_t i = 0; i < in; ++i) {
    // Of two pixels next to the centre, Nearest takes the right one.
    weights.push_back(kernel_at(kernel, -(static_cast<double>(i) - center) / width));
    total += weights.back();
  }
  for (double& weight : weights) weight /= total;
  return weights;
}

inline constexpr Kernel kSmoothKernels[] = {Kernel::Bicubic, Kernel::Mitchell, Kernel::Lanczos3};

// in, out: one pixel, the same size, larger and smaller by whole numbers and not.
inline constexpr int64_t kAxes[][2] = {{1, 1},  {1, 4},   {5, 1},  {7, 7},  {7, 14}, {6, 18},
                                       {9, 13}, {13, 12}, {12, 5}, {40, 7}, {2, 33}, {31, 3}};

}  // namespace fovea::image
