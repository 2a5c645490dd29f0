#include "passes/known_shapes.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "ops/meaning.h"
#include "passes/convolution.h"
#include "passes/element_types.h"

namespace fovea {
namespace {

// Operators whose result has the shape of input 0.
constexpr std::array<std::string_view, 26> kKeepShape = {"Abs",
                                                         "BatchNormalization",
                                                         "Cast",
                                                         "Clip",
                                                         "DequantizeLinear",
                                                         "Dropout",
                                                         "Elu",
                                                         "Erf",
                                                         "Exp",
                                                         "Gelu",
                                                         "HardSigmoid",
                                                         "HardSwish",
                                                         "Identity",
                                                         "InstanceNormalization",
                                                         "LayerNormalization",
                                                         "LeakyRelu",
                                                         "Log",
                                                         "Neg",
                                                         "PRelu",
                                                         "QuantizeLinear",
                                                         "Relu",
                                                         "Sigmoid",
                                                         "Softmax",
                                                         "Softplus",
                                                         "Sqrt",
                                                         "Tanh"};

// Those whose results have as many axes as input 0.
constexpr std::array<std::string_view, 12> kKeepRank = {
    "AveragePool", "Concat", "DepthToSpace", "LpPool", "MaxPool", "Pad",
    "Resize",      "Slice",  "SpaceToDepth", "Split",  "Tile",    "Upsample"};

constexpr std::array<std::string_view, 3> kGlobalPools = {"GlobalAveragePool", "GlobalLpPool",
                                                          "GlobalMaxPool"};

// Operators whose operands broadcast.
constexpr std::array<std::string_view, 4> kBroadcast = {"Add", "Div", "Mul", "Sub"};

constexpr size_t kImageRank = 4;

template <size_t kCount>
bool is_one_of(const std::array<std::string_view, kCount>& names, const Node& node) {
  return node.domain.empty() && std::ranges::find(names, node.op_type) != names.end();
}

std::optional<int64_t> size_of(const Dim& dim) {
  const auto* size = std::get_if<int64_t>(&dim);
  return size ? std::optional(*size) : std::nullopt;
}

KnownDims dims_of(const Shape& shape) {
  KnownDims dims;
  for (int axis = 0; axis < shape.rank(); ++axis) dims.emplace_back(shape[axis]);
  return dims;
}

std::optional<Shape> complete(const std::optional<KnownDims>& dims) {
  if (!dims) return std::nullopt;
  Shape shape;
  for (const auto& dim : *dims) {
    if (!dim) return std::nullopt;
    shape.push_back(*dim);
  }
  return shape;
}

bool keeps_size(const Node& node, const Convolution& convolution) {
  const Attributes& attributes = node.attributes;
  if (convolution.transposed || attributes.get_string("auto_pad", "NOTSET") != "NOTSET") {
    return false;
  }
  const auto strides = attributes.get_ints("strides", {1, 1});
  const auto dilations = attributes.get_ints("dilations", {1, 1});
  const auto pads = attributes.get_ints("pads", {0, 0, 0, 0});
  if (strides != std::vector<int64_t>{1, 1} || dilations.size() != 2 || pads.size() != 4) {
    return false;
  }
  const Shape& weight = convolution.weight->shape();
  // With sizes that large, the sums could overflow.
  constexpr int64_t kMost = 1 << 20;
  const auto usual = [](int64_t value) { return value >= 0 && value <= kMost; };
  if (!std::ranges::all_of(dilations, usual) || !std::ranges::all_of(pads, usual)) return false;
  if (weight[2] > kMost || weight[3] > kMost) return false;
  return pads[0] + pads[2] == dilations[0] * (weight[2] - 1) &&
         pads[1] + pads[3] == dilations[1] * (weight[3] - 1);
}

}  // namespace

ShapeFinder::ShapeFinder(const Graph& graph)
    : graph_(graph), dtypes_(element_types(graph)), shapes_(graph.values.size()) {
  for (const ValueId input : graph.inputs) {
    const auto& declared = graph.value(input).shape;
    if (!declared) continue;
    KnownDims dims;
    for (const Dim& dim : *declared) dims.push_back(size_of(dim));
    shapes_[static_cast<size_t>(input)] = std::move(dims);
  }
  for (size_t id = 0; id < shapes_.size(); ++id) {
    if (graph.values[id].constant) add_constant(static_cast<ValueId>(id));
  }
}

void ShapeFinder::add_constant(ValueId id) {
  shapes_[static_cast<size_t>(id)] = dims_of(graph_.constant(id)->shape());
}

const std::optional<KnownDims>& ShapeFinder::shape(ValueId id) const {
  static const std::optional<KnownDims> kUnknown;
  return id == kNoValue ? kUnknown : shapes_[static_cast<size_t>(id)];
}

// By the operator's rule, where it can be asked: it may rely on the elements that OpDef names.
bool ShapeFinder::infer(const Node& node) {
  if (!node.def) return false;
  const auto has_content = [&](int index) {
    if (static_cast<size_t>(index) >= node.inputs.size()) return true;
    const ValueId id = node.inputs[static_cast<size_t>(index)];
    return id == kNoValue || graph_.constant(id);
  };
  if (!std::ranges::all_of(meaning_of(node).content_inputs, has_content)) return false;
  std::vector<ValueType> types(node.inputs.size());
  std::vector<const ValueType*> inputs(node.inputs.size(), nullptr);
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId id = node.inputs[i];
    if (id == kNoValue) continue;
    types[i].dtype = dtypes_[static_cast<size_t>(id)];
    types[i].shape = complete(shape(id));
    if (types[i].dtype == DType::Undefined || !types[i].shape) return false;
    if (const Tensor* constant = graph_.constant(id)) types[i].content = *constant;
    inputs[i] = &types[i];
  }
  try {
    const std::vector<ValueType> outputs = infer_node(node, inputs);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const auto& shape = outputs[i].shape;
      if (node.outputs[i] != kNoValue && shape) {
        shapes_[static_cast<size_t>(node.outputs[i])] = dims_of(*shape);
      }
    }
  } catch (const Error&) {
    return false;  // The planner will say so.
  }
  return true;
}

std::optional<KnownDims> ShapeFinder::follow(const Node& node) const {
  if (const auto convolution = convolution_of(graph_, node)) {
    return follow_convolution(node, *convolution);
  }
  if (is_one_of(kKeepShape, node)) return shape(node.inputs[0]);
  const auto& data = shape(node.inputs[0]);
  if (data && is_one_of(kKeepRank, node)) return KnownDims(data->size());
  if (node.domain.empty() && node.op_type == "Transpose") return follow_transpose(node);
  if (data && data->size() > 2 && is_one_of(kGlobalPools, node)) {
    KnownDims dims(data->size(), 1);
    std::copy_n(data->begin(), 2, dims.begin());
    return dims;
  }
  if (data && node.domain.empty()) {
    if (const auto rank = follow_axes(node, std::ssize(*data))) {
      return KnownDims(static_cast<size_t>(*rank));
    }
  }
  return is_one_of(kBroadcast, node) ? follow_broadcast(node) : std::nullopt;
}

// How many axes are left or are there where a node takes some away or adds some.
std::optional<int64_t> ShapeFinder::follow_axes(const Node& node, int64_t rank) const {
  const bool reduces = node.op_type.starts_with("Reduce");
  if (!reduces && node.op_type != "Squeeze" && node.op_type != "Unsqueeze") return std::nullopt;
  if (reduces && node.attributes.get_int("keepdims", 1) != 0) return rank;
  const auto attribute = node.attributes.get_ints("axes");
  const Tensor* input = node.inputs.size() > 1 ? graph_.constant(node.inputs[1]) : nullptr;
  const int64_t count = input ? input->elements() : std::ssize(attribute);
  if (count == 0) return std::nullopt;
  const int64_t after = node.op_type == "Unsqueeze" ? rank + count : rank - count;
  return after >= 0 && after <= kMaxRank ? std::optional(after) : std::nullopt;
}

// Whatever is transposed has as many axes as the permutation.
std::optional<KnownDims> ShapeFinder::follow_transpose(const Node& node) const {
  const auto& data = shape(node.inputs[0]);
  const auto order = node.attributes.get_ints("perm");
  if (order.empty()) return data ? std::optional(KnownDims(data->size())) : std::nullopt;
  KnownDims dims(order.size());
  if (!data || data->size() != order.size()) return dims;
  for (size_t i = 0; i < order.size(); ++i) {
    const int64_t axis = order[i];
    if (axis >= 0 && axis < std::ssize(order)) dims[i] = (*data)[static_cast<size_t>(axis)];
  }
  return dims;
}

std::optional<KnownDims> ShapeFinder::follow_convolution(const Node& node,
                                                         const Convolution& conv) const {
  KnownDims dims(static_cast<size_t>(conv.rank()));
  const auto& data = shape(node.inputs[0]);
  if (data && data->size() == dims.size()) {
    if (dims.size() == kImageRank && keeps_size(node, conv)) dims = *data;
    dims[0] = data->front();
  }
  dims[1] = conv.channels;
  return dims;
}

std::optional<KnownDims> ShapeFinder::follow_broadcast(const Node& node) const {
  if (node.opset < kFirstNumpyOpset) return std::nullopt;
  const auto &a = shape(node.inputs[0]), &b = shape(node.inputs[1]);
  if (!a || !b) return std::nullopt;
  KnownDims dims(std::max(a->size(), b->size()));
  for (size_t back = 1; back <= dims.size(); ++back) {
    const auto size = [&](const KnownDims& of) {
      return back > of.size() ? std::optional<int64_t>(1) : of[of.size() - back];
    };
    const auto first = size(*a), second = size(*b);
    auto& dim = dims[dims.size() - back];
    // A known size other than 1 stands whatever the open one turns out to be.
    if (first && (*first != 1 || second)) dim = *first != 1 ? first : second;
    if (second && *second != 1) dim = second;
  }
  return dims;
}

void ShapeFinder::visit(const Node& node) {
  if (infer(node) || node.inputs.empty()) return;
  const auto followed = follow(node);
  const size_t alike = node.op_type == "Split" ? node.outputs.size() : 1;
  for (size_t i = 0; i < std::min(alike, node.outputs.size()); ++i) {
    if (node.outputs[i] != kNoValue) shapes_[static_cast<size_t>(node.outputs[i])] = followed;
  }
}

KnownShapes known_shapes(const Graph& graph) {
  ShapeFinder finder(graph);
  for (const Node& node : graph.nodes) finder.visit(node);
  return std::move(finder).take();
}

}  // namespace fovea
