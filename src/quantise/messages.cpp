#include "quantise/messages.h"

#include "onnx/annotation.h"
#include "onnx/encode.h"

namespace fovea::quantise {

std::string node_message(std::string_view op_type, const std::vector<std::string>& inputs,
                         const std::string& output, const std::vector<IntAttribute>& attributes) {
  onnx::Node node;
  node.name = output;
  node.op_type = op_type;
  node.inputs.assign(inputs.begin(), inputs.end());
  node.outputs = {output};
  for (const auto& [name, value] : attributes) {
    onnx::Attribute& attribute = node.attributes.emplace_back();
    attribute.name = name;
    attribute.type = onnx::AttributeType::Int;
    attribute.i = value;
  }
  return onnx::encode(node);
}

std::string tensor_message(std::string_view name, DType dtype, const Shape& shape,
                           std::span<const std::byte> elements) {
  onnx::Tensor tensor;
  tensor.name = name;
  tensor.dims = shape.dims();
  tensor.data_type = static_cast<int32_t>(dtype);
  tensor.raw_data = elements;
  return onnx::encode(tensor);
}

std::string annotation_message(std::string_view value, std::string_view scale,
                               std::string_view zero_point) {
  return onnx::annotation(value, {{"SCALE_TENSOR", scale}, {"ZERO_POINT_TENSOR", zero_point}});
}

}  // namespace fovea::quantise
