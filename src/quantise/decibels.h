#pragma once

#include <cmath>

namespace fovea::quantise {

// Of a ratio of powers. By the one logarithm that the program has anyway.
inline double decibels(double ratio) { return 10 / std::log(10.0) * std::log(ratio); }

}  // namespace fovea::quantise
