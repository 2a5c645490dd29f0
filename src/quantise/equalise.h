#pragma once

#include <string>

#include "quantise/network.h"

namespace fovea::quantise {

// The same network by other weights: between two convolutions with nothing between them, or an
// activation f with f(s x) = s f(x) for s > 0, each channel is scaled so that the largest weights
// that make it and the largest that read it are as large as each other (Nagel et al. 2019,
// "Data-free quantization").
std::string equalise(const Network& network);

}  // namespace fovea::quantise
