#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "onnx/edit.h"
#include "onnx/raw_fields.h"

// Parts of which other models are made of a model: encoded messages, and what becomes of nodes.
namespace fovea::onnx {

using Strings = std::vector<std::string>;

// AttributeProtos.
std::string attribute(std::string_view name, int64_t value);
std::string attribute(std::string_view name, std::string_view value);
std::string attribute(std::string_view name, const std::vector<int64_t>& values);
std::string tensor_attribute(std::string_view name, std::string_view tensor);  // a TensorProto

// TensorProtos: a list of numbers, and a scalar. `data_type` is float32, float16, bfloat16 or
// double.
std::string tensor(std::string_view name, const std::vector<int64_t>& values);
std::string tensor(std::string_view name, const std::vector<float>& values);
std::string scalar(std::string_view name, float value, int32_t data_type);

// A NodeProto of the default domain without a name.
std::string node(std::string_view op_type, const Strings& inputs, const Strings& outputs,
                 const Strings& attributes = {});

// What becomes of a node's own fields; all others are copied.
struct NodeRewrite {
  std::optional<std::string> op_type;
  std::optional<Strings> inputs;
  std::optional<Strings> outputs;
  std::set<std::string, std::less<>> removed_attributes;
  Strings attributes;  // AttributeProtos that are added
};
std::string rewrite(std::string_view node, const NodeRewrite& rewrite);

// A GraphProto after an edit.
std::string edit_graph(const RawFields& graph, const GraphEdit& edit);

// The node with a GraphProto in the stead of each of its subgraphs; nothing where it has none.
using RewriteGraph = std::function<std::string(const Graph&, const RawFields&)>;
std::optional<std::string> rewrite_subgraphs(const Node& node, std::string_view bytes,
                                             const RewriteGraph& rewrite);

// The NodeProtos of a graph, in their order.
std::vector<std::string_view> node_contents(const RawFields& graph);

// Names that nothing in a model has.
class FreshNames {
 public:
  explicit FreshNames(const Model& model);

  // `base`, with a number behind it where that is taken.
  std::string make(std::string_view base);

 private:
  void take(const Graph& graph);
  void take(std::string_view name) { taken_.insert(std::string(name)); }

  std::set<std::string, std::less<>> taken_;
};

}  // namespace fovea::onnx
