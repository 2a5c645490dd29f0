#pragma once

#include <string>

#include "onnx/model.h"

// The inverse of decode(): the bytes of one message of onnx.proto. What a field would read as if it
// were absent is not written, but for what the ONNX checker asks for. Tensors are written as they
// are held: in raw_data, in a typed field, or as a reference to an external file.
namespace fovea::onnx {

std::string encode(const Tensor& tensor);
std::string encode(const ValueInfo& value);
std::string encode(const Node& node);
std::string encode(const Model& model);

}  // namespace fovea::onnx
