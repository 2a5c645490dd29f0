#pragma once

#include "onnx/model.h"
#include "onnx/writer.h"

// One function for every message of onnx.proto: writes its fields.
namespace fovea::onnx {

void encode(Writer& out, const StringPairs::value_type& pair);
void encode(Writer& out, const Tensor& tensor);
void encode(Writer& out, const SparseTensor& tensor);
void encode(Writer& out, const Dim& dim);
void encode(Writer& out, const Type& type);
void encode(Writer& out, const ValueInfo& value);
void encode(Writer& out, const Attribute& attribute);
void encode(Writer& out, const Node& node);
void encode(Writer& out, const Graph& graph);
void encode(Writer& out, const OperatorSetId& opset);
void encode(Writer& out, const Function& function);
void encode(Writer& out, const Model& model);

}  // namespace fovea::onnx
