#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "onnx/model.h"

// What a model in float16 is made of: tensors, types and what operators take.
namespace fovea::onnx {

// Weights that float16 has not, for warnings.
struct HalfLosses {
  size_t clamped = 0;                        // beyond +-65504
  size_t vanished = 0;                       // not zero, and became zero
  std::vector<std::string> clamped_tensors;  // by name
};

// The TensorProto `bytes`, which is `tensor` of float32, in float16. Throws
// Error(UnsupportedAttribute) for an external one.
std::string half_tensor(const Tensor& tensor, std::string_view bytes, HalfLosses& losses);
std::string half_tensor(std::string_view name, const std::vector<float>& values, bool is_scalar,
                        HalfLosses& losses);

// The ValueInfoProto `bytes`, which is `value`, with float16 for float32 at any depth of its type.
std::string half_value_info(const ValueInfo& value, std::string_view bytes);

// Whether ONNX has a float16 form of the operator in this opset of its domain, and one that keeps
// enough: what quantises stays in float32.
bool takes_half(const Node& node, int64_t opset);

// Whether the input is float32 by definition.
bool is_float_input(const Node& node, size_t index);
// Whether the output is float32 although the first input is float16.
bool is_float_output(const Node& node, size_t index);

// The attribute that says the output's type where it is float32; "" where none does.
std::string_view type_attribute(const Node& node);

}  // namespace fovea::onnx
