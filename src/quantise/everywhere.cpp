#include "quantise/everywhere.h"

#include <algorithm>

#include "onnx/reading.h"

namespace fovea::quantise {
namespace {

constexpr std::string_view kArithmetic[] = {
    "Add", "AveragePool", "Concat", "GlobalAveragePool", "LeakyRelu", "Mul", "PRelu", "Sigmoid",
    "Sub", "Relu",        "Clip",
};
constexpr std::string_view kMoves[] = {
    "DepthToSpace", "Flatten",      "MaxPool", "Pad",     "Reshape",   "Resize",
    "Slice",        "SpaceToDepth", "Split",   "Squeeze", "Transpose", "Unsqueeze",
};
constexpr std::string_view kClamps[] = {"Relu", "Clip"};
// What gives no floats although it reads them.
constexpr std::string_view kNoFloats[] = {
    "ArgMax", "ArgMin", "Equal",       "Greater", "GreaterOrEqual", "IsInf",
    "IsNaN",  "Less",   "LessOrEqual", "NonZero", "Shape",          "Size",
};

bool is_one_of(const onnx::Node& node, std::span<const std::string_view> op_types) {
  return onnx::is_default_domain(node.domain) &&
         std::ranges::find(op_types, node.op_type) != op_types.end();
}

bool moves(const onnx::Node& node) {
  if (node.op_type == "Resize" && onnx::string_of(node, "mode", "nearest") != "nearest") {
    return false;
  }
  if (node.op_type == "Pad" && (node.inputs.size() > 2 && !node.inputs[2].empty())) return false;
  return is_one_of(node, kMoves);
}

class Finder {
 public:
  Finder(const Network& network, const std::vector<Layer>& layers)
      : network_(network), layers_(layers) {}

  std::vector<ByteValue> run();

 private:
  void find_floats();
  bool is_float(std::string_view value) const { return floats_.contains(value); }
  bool is_layer(size_t node) const {
    return std::ranges::find(layers_, node, &Layer::node) != layers_.end();
  }
  bool computes_bytes(size_t node) const;
  size_t data_inputs(const onnx::Node& node) const;
  bool is_fused(std::string_view value) const;
  ByteValue& value(std::string_view name);

  const Network& network_;
  const std::vector<Layer>& layers_;
  Numbers floats_;   // values that are floats
  Numbers readers_;  // of each value the last node that reads it
  std::vector<ByteValue> values_;
};

// By what is declared, and by what operators give: most give what they read first.
void Finder::find_floats() {
  const onnx::Graph& graph = network_.model().graph;
  const auto declared = [&](const std::vector<onnx::ValueInfo>& values) {
    for (const onnx::ValueInfo& info : values) {
      const bool is = info.type && info.type->kind == onnx::Type::Kind::Tensor &&
                      info.type->elem_type == static_cast<int32_t>(DType::Float);
      if (is && !network_.is_initializer(info.name)) floats_[info.name] = 1;
    }
  };
  declared(graph.inputs);
  declared(graph.value_infos);
  for (size_t i = 0; i < network_.nodes().size(); ++i) {
    const onnx::Node& node = network_.node(i);
    for (const std::string_view input : node.inputs) readers_[input] = i;
    if (node.inputs.empty() || is_one_of(node, kNoFloats)) continue;
    const bool gives =
        node.op_type == "Cast" ? onnx::int_of(node, "to", 0) == 1 : is_float(node.inputs[0]);
    if (!gives) continue;
    for (const std::string_view output : node.outputs) floats_[output] = 1;
  }
}

bool Finder::computes_bytes(size_t index) const {
  const onnx::Node& node = network_.node(index);
  if (is_layer(index)) return true;
  if (!is_one_of(node, kArithmetic) && !moves(node)) return false;
  const size_t count = data_inputs(node);
  return count > 0 && std::all_of(node.inputs.begin(), node.inputs.begin() + count,
                                  [&](std::string_view input) { return is_float(input); });
}

// How many of its inputs are what it computes with, and not constants.
size_t Finder::data_inputs(const onnx::Node& node) const {
  const bool all = node.op_type == "Add" || node.op_type == "Mul" || node.op_type == "Sub" ||
                   node.op_type == "Concat";
  return all ? node.inputs.size() : std::min<size_t>(node.inputs.size(), 1);
}

// Between a layer and the only node that reads it and only cuts it.
bool Finder::is_fused(std::string_view name) const {
  const auto maker = network_.producer(name);
  if (!maker || !is_layer(*maker) || network_.reads(name) != 1) return false;
  const auto reader = readers_.find(name);
  return reader != readers_.end() && is_one_of(network_.node(reader->second), kClamps);
}

ByteValue& Finder::value(std::string_view name) {
  const auto found = std::ranges::find(values_, name, &ByteValue::name);
  if (found != values_.end()) return *found;
  values_.emplace_back().name = name;
  return values_.back();
}

std::vector<ByteValue> Finder::run() {
  find_floats();
  for (size_t i = 0; i < network_.nodes().size(); ++i) {
    if (!computes_bytes(i)) continue;
    const onnx::Node& node = network_.node(i);
    for (size_t input = 0; input < data_inputs(node); ++input) {
      if (is_fused(node.inputs[input])) continue;
      value(node.inputs[input]).readers.push_back({i, input});
    }
    // MaxPool's second output are indices.
    const size_t outputs = node.op_type == "Split" ? node.outputs.size() : 1;
    for (size_t index = 0; index < outputs; ++index) {
      const std::string_view output = node.outputs[index];
      if (output.empty() || is_fused(output)) continue;
      ByteValue& made = value(output);
      if (moves(node)) made.like = node.inputs[0];
    }
  }
  return std::move(values_);
}

}  // namespace

std::vector<ByteValue> find_byte_values(const Network& network, const std::vector<Layer>& layers) {
  return Finder(network, layers).run();
}

}  // namespace fovea::quantise
