#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/dtype.h"
#include "base/shape.h"

// Messages of onnx.proto that a quantised model has and its float one has not, encoded.
namespace fovea::quantise {

struct IntAttribute {
  std::string_view name;
  int64_t value;
};

// A NodeProto of the default domain, named after its output.
std::string node_message(std::string_view op_type, const std::vector<std::string>& inputs,
                         const std::string& output,
                         const std::vector<IntAttribute>& attributes = {});

// A TensorProto of elements as they lie in memory.
std::string tensor_message(std::string_view name, DType dtype, const Shape& shape,
                           std::span<const std::byte> elements);

template <class T>
std::string tensor_message(std::string_view name, const Shape& shape, std::span<const T> elements) {
  return tensor_message(name, dtype_of<T>, shape, std::as_bytes(elements));
}

// A TensorAnnotation that says by which tensors a value is quantised.
std::string annotation_message(std::string_view value, std::string_view scale,
                               std::string_view zero_point);

}  // namespace fovea::quantise
