#pragma once

#include "kernels/conv/conv.h"

// Every ConvAlgorithm. A new one is defined beside its kernel, declared here and listed in
// conv.cpp.
namespace fovea::kernels {

// Register tiles over a copy of a strip of rows with zeros around it.
extern const ConvAlgorithm kDirectConv;
// One input and one output channel in each group: vectors over channels.
extern const ConvAlgorithm kDepthwiseConv;
// At most three output channels: vectors over the sum instead of the outputs.
extern const ConvAlgorithm kFewOutputsConv;

// Minimal filtering (kernels/winograd/winograd.h), for stride 1: 3x3 with a quarter, two ninths or
// a fifth of the multiplications, 5x5 with a sixth; and larger kernels cut into blocks of that
// size.
extern const ConvAlgorithm kWinograd4x4, kWinograd4x4Blocks;
extern const ConvAlgorithm kWinograd4x6, kWinograd4x6Blocks;
extern const ConvAlgorithm kWinograd6x6, kWinograd6x6Blocks;
extern const ConvAlgorithm kWinograd4x4For5x5, kWinograd4x4For5x5Blocks;

// Those above; of two that cost the same, the first is chosen.
std::span<const ConvAlgorithm* const> conv_algorithms() noexcept;

// The cost of the products of the convolution's definition.
double direct_cost(const ConvShape& shape) noexcept;
// The cost of so many products by minimal filtering for each pair of channels, its transforms
// included. They take about as long for any number of channels.
double winograd_cost(double products) noexcept;

}  // namespace fovea::kernels
