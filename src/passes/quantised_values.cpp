#include <algorithm>
#include <cmath>
#include <optional>

#include "ops/core/evaluate.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// How bytes stand for numbers: by constants, one for all of a tensor.
struct Scaling {
  DType dtype = DType::Uint8;
  float scale = 0;
  int64_t point = 0;

  bool operator==(const Scaling&) const = default;
};

// Of a QuantizeLinear or DequantizeLinear. Bytes without a zero point are of type `fallback`.
std::optional<Scaling> scaling_of(const Rewriter& graph, const Node& node, DType fallback) {
  const Tensor* scale = graph.constant(input_of(node, 1));
  const Tensor* point = graph.constant(input_of(node, 2));
  if (!scale || scale->dtype() != DType::Float || scale->elements() != 1) return std::nullopt;
  if ((!point && input_of(node, 2) != kNoValue) || (point && point->elements() != 1) ||
      node.attributes.has("output_dtype") || node.attributes.has("block_size")) {
    return std::nullopt;
  }
  if (!kBytes.contains(point ? point->dtype() : fallback)) return std::nullopt;
  const Scaling scaling = {point ? point->dtype() : fallback, scale->as<float>()[0],
                           point ? to_int64s(*point)[0] : 0};
  if (!std::isfinite(scaling.scale) || scaling.scale <= 0) return std::nullopt;
  return scaling;
}

std::optional<Scaling> scaling_of(const Rewriter& graph, const Node& dequantize) {
  return scaling_of(graph, dequantize, graph.graph().value(dequantize.inputs[0]).dtype);
}

// ---- Elements by themselves: what a byte becomes is in a table ----

// Whether a value of bytes has the axes of an image, as far as those who make it tell.
bool is_image(const Rewriter& graph, ValueId id) {
  constexpr std::string_view kAlike[] = {"QuantizeLinear", "QLinearAdd", "QLinearMul",
                                         "ByteTable",      "MaxPool",    "PRelu",
                                         "Relu",           "LeakyRelu",  "DepthToSpace"};
  constexpr std::string_view kOfImages[] = {"FusedQLinearConv", "DepthToSpace", "SpaceToDepth"};
  constexpr int kFarthest = 8;
  for (int i = 0; i < kFarthest && graph.producer(id) != kNoNode; ++i) {
    const Node& node = graph.node(graph.producer(id));
    if (std::ranges::find(kOfImages, node.op_type) != std::end(kOfImages)) return true;
    if (std::ranges::find(kAlike, node.op_type) == std::end(kAlike)) return false;
    id = node.inputs[0];
  }
  return false;
}

// The channels of a constant [C, 1, 1] or [1, C, 1, 1]; 1 for a single element, 0 for others.
int64_t channels_of(const Tensor& tensor) {
  const Shape& shape = tensor.shape();
  if (tensor.elements() == 1 && shape.rank() <= 1) return 1;
  const int rank = shape.rank();
  const bool fits =
      (rank == 3 || (rank == 4 && shape[0] == 1)) && shape[rank - 1] == 1 && shape[rank - 2] == 1;
  return fits ? shape[rank - 3] : 0;
}

// Whether each element of the result is one of input 0's, by nothing but constants of one element,
// or of one for each of `channels` of an image; those become known by the first of them.
bool is_of_elements(const Rewriter& graph, const Node& node, int64_t& channels) {
  const auto& meaning = meaning_of(node);
  if (!can_be_known(node) || meaning.window != window_by_element || meaning.function ||
      node.outputs.size() != 1 || node.inputs.empty()) {
    return false;
  }
  return std::all_of(node.inputs.begin() + 1, node.inputs.end(), [&](ValueId id) {
    if (id == kNoValue) return true;
    const Tensor* tensor = graph.constant(id);
    const int64_t count = tensor ? channels_of(*tensor) : 0;
    if (count <= 1) return count == 1;
    if (channels == 1) channels = count;
    return channels == count;
  });
}

// All that there are, for each of the channels as of an image.
Tensor all_bytes(DType dtype, int64_t channels) {
  Tensor bytes = Tensor::allocate(dtype, channels == 1 ? Shape{256} : Shape{1, channels, 16, 16});
  for (int64_t i = 0; i < bytes.elements(); ++i)
    bytes.mutable_data()[i] = static_cast<std::byte>(i);
  return bytes;
}

// The nodes from one that dequantises bytes to `quantize`, first to last; none where there are
// none. `channels` are those that they tell apart.
std::vector<const Node*> chain_to(const Rewriter& graph, const Node& quantize, int64_t& channels) {
  constexpr size_t kLongest = 8;
  std::vector<const Node*> chain = {&quantize};
  while (chain.size() < kLongest) {
    const NodeId maker = graph.producer(chain.back()->inputs[0]);
    if (maker == kNoNode) return {};
    chain.push_back(&graph.node(maker));
    if (is_op(*chain.back(), "DequantizeLinear")) {
      std::ranges::reverse(chain);
      return chain;
    }
    if (!is_of_elements(graph, *chain.back(), channels)) return {};
  }
  return {};
}

std::optional<Tensor> table_of(const Rewriter& graph, const std::vector<const Node*>& chain,
                               DType dtype, int64_t channels, ThreadPool& pool) {
  Tensor values = all_bytes(dtype, channels);
  for (const Node* node : chain) {
    std::vector<const Tensor*> inputs = {&values};
    for (size_t i = 1; i < node->inputs.size(); ++i) {
      inputs.push_back(graph.constant(node->inputs[i]));
    }
    Tensor result = std::move(evaluate(*node, inputs, pool)[0]);
    if (result.shape() != values.shape()) return std::nullopt;
    values = std::move(result);
  }
  return channels == 1 ? values : values.reshaped({channels, 256});
}

bool become_table(Rewriter& graph, NodeId id, const PassContext& context) {
  int64_t channels = 1;
  const auto chain = chain_to(graph, graph.node(id), channels);
  if (chain.empty()) return false;
  const Node& first = *chain.front();
  const auto from = scaling_of(graph, first), to = scaling_of(graph, graph.node(id), DType::Uint8);
  if (!from || !to || graph.constant(first.inputs[0])) return false;
  const ValueId bytes = first.inputs[0];
  if (channels > 1 && !is_image(graph, bytes)) return false;
  if (chain.size() == 2 && *from == *to && !graph.is_output(graph.node(id).outputs[0])) {
    graph.replace_value(graph.node(id).outputs[0], bytes);
    return true;
  }
  auto table = table_of(graph, chain, from->dtype, channels, context.pool);
  if (!table) return false;
  Node node = graph.node(id);
  node.become("ByteTable", kInternalDomain, node.opset);
  node.attributes = {};
  node.inputs = {bytes, graph.add_constant(node.name + " table", std::move(*table))};
  graph.replace(id, std::move(node));
  return true;
}

// ---- What only moves elements moves bytes ----

bool moves(const Node& node) {
  constexpr std::string_view kMoves[] = {
      "DepthToSpace", "SpaceToDepth", "Transpose", "Reshape", "Flatten", "Squeeze",
      "Unsqueeze",    "Slice",        "Expand",    "Tile",    "Concat",
  };
  if (!node.domain.empty() || node.outputs.size() != 1) return false;
  if (node.op_type == "MaxPool") return node.opset >= 12;
  if (node.op_type == "Resize") {
    return node.opset >= 11 && node.attributes.get_string("mode", "nearest") == "nearest" &&
           node.attributes.get_string("coordinate_transformation_mode", "") != "tf_crop_and_resize";
  }
  if (node.op_type == "Pad") return node.opset >= 13;
  return std::ranges::find(kMoves, node.op_type) != std::end(kMoves);
}

// Makes a Pad's zeros zero points; false where it pads with something else.
bool pad_with_point(Rewriter& graph, Node& pad, const Scaling& scaling) {
  if (pad.attributes.get_string("mode", "constant") != "constant") return true;
  const ValueId value = input_of(pad, 2);
  if (value != kNoValue && number(graph, value) != 0.0f) return false;
  Tensor point = Tensor::allocate(scaling.dtype, Shape{});
  point.mutable_data()[0] = static_cast<std::byte>(scaling.point);
  pad.inputs.resize(std::max<size_t>(pad.inputs.size(), 3), kNoValue);
  pad.inputs[2] = graph.add_constant(pad.name + " value", std::move(point));
  return true;
}

bool become_move(Rewriter& graph, NodeId id) {
  const NodeId mover = graph.producer(graph.node(id).inputs[0]);
  if (mover == kNoNode || !moves(graph.node(mover))) return false;
  const auto to = scaling_of(graph, graph.node(id), DType::Uint8);
  if (!to || graph.only_reader(graph.node(id).inputs[0]) != id) return false;
  Node node = graph.node(mover);
  const size_t images = node.op_type == "Concat" ? node.inputs.size() : 1;
  for (size_t i = 0; i < images; ++i) {
    const Node* from = made_by(graph, node.inputs[i], "DequantizeLinear");
    if (!from || scaling_of(graph, *from) != to) return false;
    node.inputs[i] = from->inputs[0];
  }
  if (node.op_type == "Pad" && !pad_with_point(graph, node, *to)) return false;
  node.outputs = graph.node(id).outputs;
  graph.replace(id, std::move(node));
  return true;
}

// A Split, each part of which is quantised as the whole was, becomes one of bytes.
bool become_split(Rewriter& graph, NodeId id) {
  const NodeId split = graph.producer(graph.node(id).inputs[0]);
  if (split == kNoNode || !is_op(graph.node(split), "Split")) return false;
  const auto to = scaling_of(graph, graph.node(id), DType::Uint8);
  const Node* from = made_by(graph, graph.node(split).inputs[0], "DequantizeLinear");
  if (!to || !from || scaling_of(graph, *from) != to) return false;
  std::vector<NodeId> readers;
  for (const ValueId part : graph.node(split).outputs) {
    readers.push_back(graph.only_reader(part));
    if (readers.back() == kNoNode) return false;
    const Node& reader = graph.node(readers.back());
    if (!is_op(reader, "QuantizeLinear") || reader.inputs[0] != part ||
        scaling_of(graph, reader, DType::Uint8) != to || graph.is_output(reader.outputs[0])) {
      return false;
    }
  }
  Node node = graph.node(split);
  node.inputs[0] = from->inputs[0];
  for (ValueId& part : node.outputs) part = graph.add_value(node.name + " part", to->dtype);
  const std::vector<ValueId> parts = node.outputs;
  graph.insert_before(split, std::move(node));
  for (size_t i = 0; i < parts.size(); ++i) {
    graph.replace_value(graph.node(readers[i]).outputs[0], parts[i]);
  }
  return true;
}

// ---- Sums and products of two values of bytes ----

// An operand's bytes, scale and zero point.
bool add_bytes(const Rewriter& graph, ValueId id, const Scaling& result,
               std::vector<ValueId>& inputs) {
  const Node* from = made_by(graph, id, "DequantizeLinear");
  const auto scaling = from ? scaling_of(graph, *from) : std::nullopt;
  if (!scaling || scaling->dtype != result.dtype) return false;
  inputs.insert(inputs.end(), {from->inputs[0], from->inputs[1], input_of(*from, 2)});
  return true;
}

bool become_binary(Rewriter& graph, NodeId id) {
  const Node& quantize = graph.node(id);
  const auto to = scaling_of(graph, quantize, DType::Uint8);
  const Node* binary = made_for_one(graph, quantize.inputs[0], "Add");
  if (!binary) binary = made_for_one(graph, quantize.inputs[0], "Mul");
  std::vector<ValueId> inputs;
  if (!to || !binary || !add_bytes(graph, binary->inputs[0], *to, inputs) ||
      !add_bytes(graph, binary->inputs[1], *to, inputs)) {
    return false;
  }
  inputs.insert(inputs.end(), {quantize.inputs[1], input_of(quantize, 2)});
  Node node = quantize;
  node.become(is_op(*binary, "Add") ? "QLinearAdd" : "QLinearMul", "com.microsoft", 1);
  node.attributes = {};
  node.inputs = std::move(inputs);
  graph.replace(id, std::move(node));
  return true;
}

// ---- Products of matrices ----

// The operand's bytes, scale and zero point, as QLinearMatMul has them.
bool add_operand(const Rewriter& graph, ValueId id, bool by_column, std::vector<ValueId>& inputs) {
  const Node* from = made_by(graph, id, "DequantizeLinear");
  if (!from || input_of(*from, 2) == kNoValue) return false;
  const Tensor* bytes = graph.constant(from->inputs[0]);
  const Tensor* scales = graph.constant(from->inputs[1]);
  const Tensor* points = graph.constant(from->inputs[2]);
  const bool simple = scaling_of(graph, *from).has_value();
  const bool columns =
      by_column && bytes && scales && points && bytes->shape().rank() == 2 &&
      kBytes.contains(bytes->dtype()) && scales->dtype() == DType::Float &&
      scales->shape() == Shape{bytes->shape()[1]} && points->shape() == scales->shape() &&
      from->attributes.get_int("axis", 1) == 1 && !from->attributes.has("block_size");
  if (simple || columns) inputs.insert(inputs.end(), from->inputs.begin(), from->inputs.end());
  return simple || columns;
}

bool become_product(Rewriter& graph, NodeId id) {
  const Node& quantize = graph.node(id);
  const Node* product = made_for_one(graph, quantize.inputs[0], "MatMul");
  if (!product || product->opset < 10 || input_of(quantize, 2) == kNoValue ||
      !scaling_of(graph, quantize, DType::Uint8)) {
    return false;
  }
  std::vector<ValueId> inputs;
  if (!add_operand(graph, product->inputs[0], false, inputs) ||
      !add_operand(graph, product->inputs[1], true, inputs)) {
    return false;
  }
  inputs.insert(inputs.end(), {quantize.inputs[1], quantize.inputs[2]});
  Node node = quantize;
  node.become("QLinearMatMul", kOnnxDomain, product->opset);
  node.attributes = {};
  node.inputs = std::move(inputs);
  graph.replace(id, std::move(node));
  return true;
}

}  // namespace

// Leaves values bytes where what is between DequantizeLinear and QuantizeLinear can be done to
// them.
void keep_quantised_values(Rewriter& graph, const PassContext& context) {
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    if (!is_op(graph.node(id), "QuantizeLinear")) continue;
    become_table(graph, id, context) || become_move(graph, id) || become_split(graph, id) ||
        become_binary(graph, id) || become_product(graph, id);
  }
}

}  // namespace fovea
