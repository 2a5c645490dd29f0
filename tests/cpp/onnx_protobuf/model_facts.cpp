#include <type_traits>

#include "onnx_protobuf/facts.h"

namespace fovea::test {
namespace {

using namespace onnx;

class Collector {
 public:
  Facts take() { return std::move(facts_); }

  // The fields of one message each; `at` is its path with the dot after it, "" for the model.
  void fields(const Model& model, const std::string& at) {
    scalar(at + "ir_version", model.ir_version);
    scalar(at + "producer_name", model.producer_name);
    scalar(at + "producer_version", model.producer_version);
    scalar(at + "domain", model.domain);
    scalar(at + "model_version", model.model_version);
    message(at + "graph", model.graph);
    repeated(at + "opset_import", model.opset_imports);
    repeated(at + "metadata_props", model.metadata_props);
    repeated(at + "functions", model.functions);
  }

 private:
  void fields(const Graph& graph, const std::string& at) {
    scalar(at + "name", graph.name);
    repeated(at + "node", graph.nodes);
    repeated(at + "initializer", graph.initializers);
    repeated(at + "sparse_initializer", graph.sparse_initializers);
    repeated(at + "input", graph.inputs);
    repeated(at + "output", graph.outputs);
    repeated(at + "value_info", graph.value_infos);
    repeated(at + "metadata_props", graph.metadata_props);
  }

  void fields(const Function& function, const std::string& at) {
    scalar(at + "name", function.name);
    scalar(at + "domain", function.domain);
    scalar(at + "overload", function.overload);
    repeated(at + "input", function.inputs);
    repeated(at + "output", function.outputs);
    repeated(at + "attribute", function.attributes);
    repeated(at + "attribute_proto", function.attribute_protos);
    repeated(at + "node", function.nodes);
    repeated(at + "opset_import", function.opset_imports);
    repeated(at + "value_info", function.value_infos);
    repeated(at + "metadata_props", function.metadata_props);
  }

  void fields(const Node& node, const std::string& at) {
    scalar(at + "name", node.name);
    scalar(at + "op_type", node.op_type);
    scalar(at + "domain", node.domain);
    scalar(at + "overload", node.overload);
    repeated(at + "input", node.inputs);
    repeated(at + "output", node.outputs);
    repeated(at + "attribute", node.attributes);
    repeated(at + "metadata_props", node.metadata_props);
  }

  void fields(const Attribute& attribute, const std::string& at) {
    scalar(at + "name", attribute.name);
    scalar(at + "ref_attr_name", attribute.ref_attr_name);
    enumeration(at + "type", static_cast<int32_t>(attribute.type), 14);
    scalar(at + "f", attribute.f);
    scalar(at + "i", attribute.i);
    scalar(at + "s", attribute.s);
    optional(at + "t", attribute.t);
    optional(at + "g", attribute.g);
    optional(at + "tp", attribute.tp);
    optional(at + "sparse_tensor", attribute.sparse_tensor);
    repeated(at + "floats", attribute.floats);
    repeated(at + "ints", attribute.ints);
    repeated(at + "strings", attribute.strings);
    repeated(at + "tensors", attribute.tensors);
    repeated(at + "graphs", attribute.graphs);
    repeated(at + "type_protos", attribute.type_protos);
    repeated(at + "sparse_tensors", attribute.sparse_tensors);
  }

  void fields(const Tensor& tensor, const std::string& at) {
    const auto raw = tensor.raw_data;
    repeated(at + "dims", tensor.dims);
    scalar(at + "data_type", int64_t{tensor.data_type});
    scalar(at + "name", tensor.name);
    scalar(at + "raw_data",
           std::string_view(reinterpret_cast<const char*>(raw.data()), raw.size()));
    packed(at + "float_data", tensor.float_data);
    packed(at + "double_data", tensor.double_data);
    packed(at + "int32_data", tensor.int32_data);
    packed(at + "int64_data", tensor.int64_data);
    packed(at + "uint64_data", tensor.uint64_data);
    repeated(at + "string_data", tensor.string_data);
    repeated(at + "external_data", tensor.external_data);
    enumeration(at + "data_location", tensor.data_location, 1);
    if (tensor.has_segment) facts_[at + "segment"];
  }

  void fields(const SparseTensor& sparse, const std::string& at) {
    fields(sparse.values, at + "values.");
    fields(sparse.indices, at + "indices.");
    repeated(at + "dims", sparse.dims);
  }

  void fields(const ValueInfo& value, const std::string& at) {
    scalar(at + "name", value.name);
    optional(at + "type", value.type);
    repeated(at + "metadata_props", value.metadata_props);
  }

  void fields(const Type& type, const std::string& at) {
    scalar(at + "denotation", type.denotation);
    switch (type.kind) {
      case Type::Kind::Tensor:
        tensor_type(at + "tensor_type", type);
        break;
      case Type::Kind::SparseTensor:
        tensor_type(at + "sparse_tensor_type", type);
        break;
      case Type::Kind::Sequence:
        container_type(at + "sequence_type", type);
        break;
      case Type::Kind::Optional:
        container_type(at + "optional_type", type);
        break;
      case Type::Kind::Map:
        facts_[at + "map_type"];
        scalar(at + "map_type.key_type", int64_t{type.key_type});
        optional(at + "map_type.value_type", type.element);
        break;
      case Type::Kind::Opaque:  // onnx-ml.proto's alone
      case Type::Kind::Unknown:
        break;
    }
  }

  void tensor_type(const std::string& path, const Type& type) {
    facts_[path];
    scalar(path + ".elem_type", int64_t{type.elem_type});
    if (!type.shape) return;
    facts_[path + ".shape"];
    repeated(path + ".shape.dim", *type.shape);
  }

  void container_type(const std::string& path, const Type& type) {
    facts_[path];
    optional(path + ".elem_type", type.element);
  }

  void fields(const Dim& dim, const std::string& at) {
    if (dim.value) facts_[at + "dim_value"] = text_of(*dim.value);
    scalar(at + "dim_param", dim.param);
    scalar(at + "denotation", dim.denotation);
  }

  void fields(const OperatorSetId& opset, const std::string& at) {
    scalar(at + "domain", opset.domain);
    scalar(at + "version", opset.version);
  }

  void fields(const StringPairs::value_type& pair, const std::string& at) {
    scalar(at + "key", pair.first);
    scalar(at + "value", pair.second);
  }

  template <class T>
  void scalar(const std::string& path, const T& value) {
    const std::string text = text_of(value);
    if (text != (std::is_arithmetic_v<T> ? "0" : "")) facts_[path] = text;
  }

  // libprotobuf files values it does not know under unknown fields.
  void enumeration(const std::string& path, int32_t value, int32_t last) {
    if (value >= 0 && value <= last) scalar(path, int64_t{value});
  }

  template <class T>
  void message(const std::string& path, const T& value) {
    facts_[path];
    fields(value, path + ".");
  }

  template <class Pointer>
  void optional(const std::string& path, const Pointer& value) {
    if (value) message(path, *value);
  }

  template <class T>
  void repeated(const std::string& path, const std::vector<T>& values) {
    for (size_t i = 0; i < values.size(); ++i) {
      const std::string element = path + "[" + std::to_string(i) + "]";
      if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string_view>) {
        facts_[element] = text_of(values[i]);
      } else {
        message(element, values[i]);
      }
    }
  }

  template <class T>
  void packed(const std::string& path, const Packed<T>& field) {
    using Wide = std::conditional_t<std::is_same_v<T, int32_t>, int64_t, T>;
    std::vector<Wide> values;
    field.for_each([&](T value) { values.push_back(value); });
    repeated(path, values);
  }

  Facts facts_;
};

}  // namespace

Facts facts_of(const Model& model) {
  Collector collector;
  collector.fields(model, "");
  return collector.take();
}

}  // namespace fovea::test
