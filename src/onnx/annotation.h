#pragma once

#include <string>
#include <string_view>

#include "onnx/model.h"

namespace fovea::onnx {

// A TensorAnnotation, encoded: what a value is quantised by, as pairs of "SCALE_TENSOR" or
// "ZERO_POINT_TENSOR" and the name of a tensor.
std::string annotation(std::string_view value, const StringPairs& parameters);

}  // namespace fovea::onnx
