#pragma once

#include <filesystem>

#include "tensor/tensor.h"

namespace fovea::test {

// The array of a NumPy .npy file of version 1 in C order: float32, float64, int64, int32, bool or
// uint8. Throws Error for others.
Tensor read_npy(const std::filesystem::path& path);

}  // namespace fovea::test
