#pragma once

#include "onnx/fields.h"
#include "onnx/model.h"

// One function for every message of onnx.proto: adds the fields in `in` to `out`.
namespace fovea::onnx {

using StringPair = StringPairs::value_type;  // StringStringEntryProto

void decode(Fields& in, StringPair& out);
void decode(Fields& in, Tensor& out);
void decode(Fields& in, SparseTensor& out);
void decode(Fields& in, Dim& out);
void decode(Fields& in, Type& out);
void decode(Fields& in, ValueInfo& out);
void decode(Fields& in, Attribute& out);
void decode(Fields& in, Node& out);
void decode(Fields& in, Graph& out);
void decode(Fields& in, OperatorSetId& out);
void decode(Fields& in, Function& out);
void decode(Fields& in, Model& out);

}  // namespace fovea::onnx
