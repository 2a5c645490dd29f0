#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "onnx/packed.h"

// The messages of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) as plain
// structs: the wire format is resolved, nothing is interpreted. Fields keep onnx.proto's names, in
// the plural when repeated; what an absent field would read as is its default here. Doc strings,
// tensors' metadata, quantisation annotations, training information and device configurations are
// left out. Strings are as in the file, which need not be valid UTF-8.
//
// Every string_view and span points into the bytes given to decode(), which must outlive the Model.
namespace fovea::onnx {

struct Graph;

using StringPairs = std::vector<std::pair<std::string_view, std::string_view>>;

// TensorProto. The elements are in exactly one of raw_data, the *_data fields and an external file;
// tensor_data.h reads them.
struct Tensor {
  std::string_view name;
  std::vector<int64_t> dims;
  int32_t data_type = 0;  // TensorProto.DataType as in the file; may be one DType does not know
  std::span<const std::byte> raw_data;
  Packed<float> float_data;
  Packed<double> double_data;
  Packed<int32_t> int32_data;
  Packed<int64_t> int64_data;
  Packed<uint64_t> uint64_data;
  std::vector<std::string_view> string_data;
  int32_t data_location = 0;  // kExternal: external_data says where
  StringPairs external_data;  // "location", "offset", "length", "checksum"
  bool has_segment = false;   // one chunk of a larger tensor, which nobody writes

  static constexpr int32_t kExternal = 1;
};

// SparseTensorProto: COO values with linear ([nnz]) or per-axis ([nnz, rank]) indices. The name of
// a sparse initializer is that of its values.
struct SparseTensor {
  Tensor values;
  Tensor indices;
  std::vector<int64_t> dims;
};

// TensorShapeProto.Dimension: a size, a named variable, or neither (unknown).
struct Dim {
  std::optional<int64_t> value;
  std::string_view param;
  std::string_view denotation;
};

// TypeProto, its alternatives in one struct.
struct Type {
  enum class Kind { Unknown, Tensor, SparseTensor, Sequence, Optional, Map, Opaque };

  Kind kind = Kind::Unknown;
  int32_t elem_type = 0;  // Tensor, SparseTensor: TensorProto.DataType
  int32_t key_type = 0;   // Map: TensorProto.DataType
  std::optional<std::vector<Dim>>
      shape;                      // Tensor, SparseTensor; absent: not even the rank is known
  std::unique_ptr<Type> element;  // Sequence, Optional: the element; Map: the value
  std::string_view denotation;
};

// ValueInfoProto.
struct ValueInfo {
  std::string_view name;
  std::optional<Type> type;
  StringPairs metadata_props;
};

// AttributeProto.AttributeType.
enum class AttributeType : int32_t {
  Undefined = 0,
  Float = 1,
  Int = 2,
  String = 3,
  Tensor = 4,
  Graph = 5,
  Floats = 6,
  Ints = 7,
  Strings = 8,
  Tensors = 9,
  Graphs = 10,
  SparseTensor = 11,
  SparseTensors = 12,
  TypeProto = 13,
  TypeProtos = 14,
};

// AttributeProto; `type` says which field holds the value. Inside a Function a non-empty
// ref_attr_name stands for the value of that attribute of the calling node.
struct Attribute {
  std::string_view name;
  std::string_view ref_attr_name;
  AttributeType type = AttributeType::Undefined;  // as in the file; may be none of the above
  float f = 0;
  int64_t i = 0;
  std::string_view s;
  std::unique_ptr<Tensor> t;
  std::unique_ptr<Graph> g;
  std::unique_ptr<SparseTensor> sparse_tensor;
  std::unique_ptr<Type> tp;
  std::vector<float> floats;
  std::vector<int64_t> ints;
  std::vector<std::string_view> strings;
  std::vector<Tensor> tensors;
  std::vector<Graph> graphs;
  std::vector<SparseTensor> sparse_tensors;
  std::vector<Type> type_protos;
};

// NodeProto. An empty name among the inputs or outputs is an optional one left out.
struct Node {
  std::string_view name;
  std::string_view op_type;
  std::string_view domain;
  std::string_view overload;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::vector<Attribute> attributes;
  StringPairs metadata_props;
};

// GraphProto.
struct Graph {
  std::string_view name;
  std::vector<Node> nodes;
  std::vector<Tensor> initializers;
  std::vector<SparseTensor> sparse_initializers;
  std::vector<ValueInfo> inputs;
  std::vector<ValueInfo> outputs;
  std::vector<ValueInfo> value_infos;
  StringPairs metadata_props;
};

// OperatorSetIdProto. The default domain is "", also written "ai.onnx".
struct OperatorSetId {
  std::string_view domain;
  int64_t version = 0;
};

// FunctionProto: an operator defined by a subgraph.
struct Function {
  std::string_view name;
  std::string_view domain;
  std::string_view overload;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::vector<std::string_view> attributes;  // names without a default
  std::vector<Attribute> attribute_protos;   // those with one
  std::vector<Node> nodes;
  std::vector<OperatorSetId> opset_imports;
  std::vector<ValueInfo> value_infos;
  StringPairs metadata_props;
};

// ModelProto.
struct Model {
  int64_t ir_version = 0;
  std::string_view producer_name;
  std::string_view producer_version;
  std::string_view domain;
  int64_t model_version = 0;
  std::vector<OperatorSetId> opset_imports;
  StringPairs metadata_props;
  Graph graph;
  std::vector<Function> functions;
};

// Reads a ModelProto of IR version 3 or later without copying weights: the Model refers to `bytes`,
// which must outlive it. Follows libprotobuf where the wire format leaves room: unknown fields are
// skipped, the last of a singular scalar wins, a singular message given twice is merged, repeated
// scalars may be packed or not, and messages nest at most 100 deep.
//
// Throws Error(MalformedModel) for anything else and for a model without a graph, with the field
// "path" (like "graph.node[12].attribute[0].t") of the message that does not parse and "offset",
// its first byte in the file; Error(OutOfMemory) when a hostile file asks for more than there is.
Model decode(std::span<const std::byte> bytes);

// Reads a TensorProto by itself, as the .pb files beside the official test models hold. Throws as
// decode() does.
Tensor decode_tensor(std::span<const std::byte> bytes);

}  // namespace fovea::onnx
