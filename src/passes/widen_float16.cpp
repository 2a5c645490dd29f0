#include <algorithm>
#include <array>

#include "passes/pass.h"

namespace fovea {
namespace {

constexpr int kCastOpset = 13;

bool is_narrow(DType dtype) { return dtype == DType::Float16 || dtype == DType::BFloat16; }

bool is_narrow(int64_t onnx_data_type) {
  return onnx_data_type == static_cast<int64_t>(DType::Float16) ||
         onnx_data_type == static_cast<int64_t>(DType::BFloat16);
}

Tensor widened(const Tensor& tensor) {
  const std::vector<float> values = to_floats(tensor);
  return Tensor::of<float>(tensor.shape(), values);
}

Node make_cast(std::string name, ValueId from, ValueId to, DType dtype) {
  Node cast;
  cast.op_type = "Cast";
  cast.opset = kCastOpset;
  cast.name = std::move(name);
  cast.inputs = {from};
  cast.outputs = {to};
  cast.attributes.set("to", static_cast<int64_t>(dtype));
  return cast;
}

// Element types that attributes ask for: Cast's `to`, the `dtype` of makers, Constant's `value`.
void widen_attributes(Node& node);

void widen_inside(Graph& graph) {
  for (Value& value : graph.values) {
    if (value.constant && is_narrow(value.constant->dtype())) {
      value.constant = widened(*value.constant);
    }
  }
  for (Node& node : graph.nodes) widen_attributes(node);
}

void widen_attributes(Node& node) {
  // Values are replaced under their names, which leaves the loop alone.
  for (const auto& [name, value] : node.attributes.all()) {
    if (const auto* tensor = std::get_if<Tensor>(&value); tensor && is_narrow(tensor->dtype())) {
      node.attributes.set(name, widened(*tensor));
    } else if (const auto* number = std::get_if<int64_t>(&value);
               number && (name == "to" || name == "dtype") && is_narrow(*number)) {
      node.attributes.set(name, static_cast<int64_t>(DType::Float));
    } else if (const auto* subgraph = std::get_if<std::shared_ptr<Graph>>(&value)) {
      widen_inside(**subgraph);
    }
  }
}

// The caller still feeds 16-bit elements: a Cast follows the input, and the rest reads its result.
void widen_inputs(Graph& graph) {
  std::vector<Node> casts;
  for (const ValueId input : graph.inputs) {
    const DType dtype = graph.value(input).dtype;
    if (!is_narrow(dtype)) continue;
    Value wide = graph.value(input);
    wide.name += "/float32";
    wide.dtype = DType::Float;
    const ValueId id = graph.add_value(std::move(wide));
    replace_value(graph, input, id);
    casts.push_back(make_cast(graph.value(id).name, input, id, DType::Float));
  }
  graph.nodes.insert(graph.nodes.begin(), std::make_move_iterator(casts.begin()),
                     std::make_move_iterator(casts.end()));
}

void narrow_outputs(Graph& graph, const std::vector<DType>& declared) {
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    if (!is_narrow(declared[i])) continue;
    const ValueId wide = graph.outputs[i];
    Value narrow = graph.value(wide);
    narrow.constant.reset();
    narrow.dtype = declared[i];
    graph.value(wide).name += "/float32";
    graph.value(wide).dtype = DType::Float;
    const std::string name = narrow.name + "/narrow";
    const ValueId id = graph.add_value(std::move(narrow));
    graph.nodes.push_back(make_cast(name, wide, id, declared[i]));
    graph.outputs[i] = id;
  }
}

}  // namespace

// Computes graphs of float16 or bfloat16 in float32: WebAssembly has no 16-bit arithmetic, and
// wider sums are closer to what the model means. Feeds and outputs keep their declared types.
void widen_float16(Graph& graph, const PassContext&) {
  std::vector<DType> declared;
  for (const ValueId output : graph.outputs) declared.push_back(graph.value(output).dtype);
  widen_inside(graph);
  widen_inputs(graph);
  narrow_outputs(graph, declared);
}

}  // namespace fovea
