#include "passes/permuted.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "ops/meaning.h"
#include "passes/match.h"

namespace fovea {
namespace {

using Ints = std::vector<int64_t>;
using Axes = std::optional<Ints>;

struct Subject {
  const Rewriter& graph;
  const Ranks& ranks;
  const Node& node;
  const Permutation& permutation;

  int64_t rank() const { return std::ssize(permutation); }
  const Tensor* constant(size_t input) const { return graph.constant(input_of(node, input)); }
  bool has_input(size_t input) const { return input_of(node, input) != kNoValue; }

  // An axis of the value, counted from the front; nullopt where it has none such.
  std::optional<int64_t> axis(int64_t written) const {
    if (written < -rank() || written >= rank()) return std::nullopt;
    return written < 0 ? written + rank() : written;
  }
  // Where that axis is in the permuted value.
  std::optional<int64_t> moved(int64_t written) const {
    const auto known = axis(written);
    return known ? std::optional(permutation[static_cast<size_t>(*known)]) : std::nullopt;
  }
  Axes moved(const Ints& written) const {
    Ints axes;
    for (const int64_t one : written) {
      const auto axis = moved(one);
      if (!axis) return std::nullopt;
      axes.push_back(*axis);
    }
    return axes;
  }

  // The node as it is, of which only input 0 is permuted, and all outputs are.
  Permuted same() const {
    Permuted same{node, std::vector<Permutation>(node.inputs.size()), {}, {}};
    same.inputs[0] = permutation;
    same.outputs.assign(node.outputs.size(), permutation);
    return same;
  }
};

using Rule = std::optional<Permuted> (*)(const Subject&);

Tensor ints(const Ints& values) {
  return Tensor::of<int64_t>({std::ssize(values)}, std::span<const int64_t>(values));
}

void set_parameter(Permuted& result, size_t input, Tensor tensor) {
  if (result.node.inputs.size() <= input) {
    result.node.inputs.resize(input + 1, kNoValue);
    result.inputs.resize(input + 1);
  }
  result.parameters.insert_or_assign(input, std::move(tensor));
}

// One value for each axis, in the order of the permuted value's.
template <class T>
std::vector<T> in_order(const Permutation& permutation, std::span<const T> values, size_t begin) {
  std::vector<T> moved(permutation.size());
  for (size_t i = 0; i < permutation.size(); ++i) {
    moved[static_cast<size_t>(permutation[i])] = values[begin + i];
  }
  return moved;
}

// What is left of the permutation when these axes of the value are gone.
Permutation without(const Permutation& permutation, const Ints& gone) {
  Permutation left;
  for (size_t i = 0; i < permutation.size(); ++i) {
    if (std::ranges::find(gone, static_cast<int64_t>(i)) == gone.end()) {
      left.push_back(permutation[i]);
    }
  }
  const Permutation kept = left;
  for (int64_t& axis : left) {
    axis = std::ranges::count_if(kept, [&](int64_t other) { return other < axis; });
  }
  return left;
}

// ---- Element by element ----

constexpr std::array<std::string_view, 46> kUnary = {"Abs",         "Acos",
                                                     "Acosh",       "Asin",
                                                     "Asinh",       "Atan",
                                                     "Atanh",       "BitwiseNot",
                                                     "Cast",        "CastLike",
                                                     "Ceil",        "Celu",
                                                     "Clip",        "Cos",
                                                     "Cosh",        "Elu",
                                                     "Erf",         "Exp",
                                                     "Floor",       "Gelu",
                                                     "HardSigmoid", "HardSwish",
                                                     "Identity",    "IsInf",
                                                     "IsNaN",       "LeakyRelu",
                                                     "Log",         "Mish",
                                                     "Neg",         "Not",
                                                     "Reciprocal",  "Relu",
                                                     "Round",       "Selu",
                                                     "Shrink",      "Sigmoid",
                                                     "Sign",        "Sin",
                                                     "Sinh",        "Softplus",
                                                     "Softsign",    "Sqrt",
                                                     "Swish",       "Tan",
                                                     "Tanh",        "ThresholdedRelu"};

constexpr std::array<std::string_view, 24> kBroadcast = {
    "Add",        "And",         "BitShift", "BitwiseAnd", "BitwiseOr",
    "BitwiseXor", "Div",         "Equal",    "Greater",    "GreaterOrEqual",
    "Less",       "LessOrEqual", "Max",      "Mean",       "Min",
    "Mod",        "Mul",         "Or",       "PRelu",      "Pow",
    "Sub",        "Sum",         "Where",    "Xor"};

std::optional<Permuted> broadcast(const Subject& subject) {
  // Before, shapes lined up in ways of their own.
  constexpr int kAllBroadcast = 8;
  const std::string_view name = subject.node.op_type;
  const bool variadic = name == "Max" || name == "Min" || name == "Sum" || name == "Mean";
  if (subject.node.opset < (variadic ? kAllBroadcast : kFirstNumpyOpset)) return std::nullopt;
  Permuted result = subject.same();
  for (size_t i = 0; i < subject.node.inputs.size(); ++i) {
    const ValueId id = subject.node.inputs[i];
    const auto rank = subject.ranks.rank(id);
    if (!rank || *rank > subject.rank()) return std::nullopt;
    const bool single = subject.ranks.is_single(id);
    const bool spreads = *rank == subject.rank() || subject.graph.constant(id);
    if (!single && !spreads) return std::nullopt;
    // A single one may give the result its rank.
    result.inputs[i] = single && (*rank < subject.rank() || subject.graph.constant(id))
                           ? Permutation()
                           : subject.permutation;
  }
  return result;
}

std::optional<Permuted> dropout(const Subject& subject) {
  // In training, what is dropped depends on the order of elements.
  const bool inference = subject.node.opset >= kFirstNumpyOpset && !subject.has_input(2);
  return inference ? std::optional(subject.same()) : std::nullopt;
}

std::optional<Permuted> dynamic_quantize(const Subject& subject) {
  Permuted result = subject.same();
  for (size_t i = 1; i < result.outputs.size(); ++i) result.outputs[i].clear();
  return result;
}

// QuantizeLinear, DequantizeLinear.
std::optional<Permuted> quantize(const Subject& subject) {
  if (subject.node.attributes.get_int("block_size", 0) != 0) return std::nullopt;
  const auto scales = subject.ranks.rank(subject.node.inputs[1]);
  if (!scales || *scales > 1) return std::nullopt;
  Permuted result = subject.same();
  const auto axis = subject.moved(subject.node.attributes.get_int("axis", 1));
  if (axis) result.node.attributes.set("axis", *axis);
  return axis || *scales == 0 ? std::optional(result) : std::nullopt;
}

// ---- Along an axis ----

template <int64_t kDefault>
std::optional<Permuted> along_axis(const Subject& subject) {
  const auto axis = subject.moved(subject.node.attributes.get_int("axis", kDefault));
  if (!axis) return std::nullopt;
  Permuted result = subject.same();
  result.node.attributes.set("axis", *axis);
  return result;
}

std::optional<Permuted> along_last_axis(const Subject& subject) {
  auto result = along_axis<-1>(subject);
  if (result) result->prefers_last_axis = true;
  return result;
}

std::optional<Permuted> concat(const Subject& subject) {
  auto result = along_axis<1>(subject);
  if (!result) return std::nullopt;
  for (size_t i = 0; i < subject.node.inputs.size(); ++i) {
    if (subject.ranks.rank(subject.node.inputs[i]) != subject.rank()) return std::nullopt;
    result->inputs[i] = subject.permutation;
  }
  return result;
}

// Before opset 13, all axes from one on are one.
std::optional<Permuted> softmax(const Subject& subject) {
  constexpr int kOneAxis = 13;
  if (subject.node.opset >= kOneAxis) return along_last_axis(subject);
  const auto axis = subject.axis(subject.node.attributes.get_int("axis", 1));
  if (axis != subject.rank() - 1) return std::nullopt;
  auto result = along_last_axis(subject);
  result->node.attributes.set("axis", *subject.moved(*axis));
  result->node.opset = kOneAxis;
  return result;
}

std::optional<Permuted> cumulate(const Subject& subject) {
  const auto written = constant_ints(subject.graph, input_of(subject.node, 1));
  const auto axis =
      written && written->size() == 1 ? subject.moved(written->front()) : std::nullopt;
  if (!axis) return std::nullopt;
  Permuted result = subject.same();
  set_parameter(result, 1, Tensor::of<int64_t>({}, {*axis}));
  result.prefers_last_axis = true;
  return result;
}

std::optional<Permuted> gather(const Subject& subject) {
  const auto axis = subject.axis(subject.node.attributes.get_int("axis", 0));
  const auto indices = subject.ranks.rank(subject.node.inputs[1]);
  if (!axis || !indices || *indices > 1) return std::nullopt;
  auto result = along_axis<0>(subject);
  if (*indices == 0) result->outputs[0] = without(subject.permutation, {*axis});
  return result;
}

std::optional<Permuted> arg_reduce(const Subject& subject) {
  const auto axis = subject.axis(subject.node.attributes.get_int("axis", 0));
  auto result = along_axis<0>(subject);
  if (!result) return std::nullopt;
  if (subject.node.attributes.get_int("keepdims", 1) == 0) {
    result->outputs[0] = without(subject.permutation, {*axis});
  }
  result->prefers_last_axis = true;
  return result;
}

// ---- Several axes ----

// The axes that a node has as attribute or, since later, as input 1; empty where it has neither,
// nullopt where only a run will tell.
Axes written_axes(const Subject& subject) {
  if (subject.node.attributes.has("axes")) return subject.node.attributes.get_ints("axes");
  if (!subject.has_input(1)) return Ints();
  return constant_ints(subject.graph, subject.node.inputs[1]);
}

// Gives the node these in their stead.
void write_axes(Permuted& result, const Ints& axes) {
  if (result.node.attributes.has("axes")) {
    result.node.attributes.set("axes", axes);
  } else {
    set_parameter(result, 1, ints(axes));
  }
}

Axes from_front(const Subject& subject, const Ints& written) {
  Ints axes;
  for (const int64_t one : written) {
    const auto axis = subject.axis(one);
    if (!axis) return std::nullopt;
    axes.push_back(*axis);
  }
  return axes;
}

std::optional<Permuted> reduce(const Subject& subject) {
  const Axes written = written_axes(subject);
  if (!written) return std::nullopt;
  const auto axes = from_front(subject, *written);
  if (!axes) return std::nullopt;
  Permuted result = subject.same();
  if (!axes->empty()) write_axes(result, *subject.moved(*axes));
  const bool nothing =
      axes->empty() && subject.node.attributes.get_int("noop_with_empty_axes", 0) != 0;
  if (!nothing && subject.node.attributes.get_int("keepdims", 1) == 0) {
    result.outputs[0] = axes->empty() ? Permutation() : without(subject.permutation, *axes);
  }
  return result;
}

std::optional<Permuted> squeeze(const Subject& subject) {
  const Axes written = written_axes(subject);
  // Without axes, all that turn out to be of size 1 go.
  if (!written || written->empty()) return std::nullopt;
  const auto axes = from_front(subject, *written);
  if (!axes) return std::nullopt;
  Permuted result = subject.same();
  write_axes(result, *subject.moved(*axes));
  result.outputs[0] = without(subject.permutation, *axes);
  return result;
}

// The new axes stay where they are, and the others are permuted around them.
std::optional<Permuted> unsqueeze(const Subject& subject) {
  const Axes written = written_axes(subject);
  if (!written || written->empty()) return std::nullopt;
  const int64_t rank = subject.rank() + std::ssize(*written);
  std::vector<bool> is_new(static_cast<size_t>(rank), false);
  for (const int64_t axis : *written) {
    if (axis < -rank || axis >= rank) return std::nullopt;
    is_new[static_cast<size_t>(axis < 0 ? axis + rank : axis)] = true;
  }
  Ints places;  // of the old axes
  for (int64_t axis = 0; axis < rank; ++axis) {
    if (!is_new[static_cast<size_t>(axis)]) places.push_back(axis);
  }
  if (std::ssize(places) != subject.rank()) return std::nullopt;
  Permutation out;
  size_t old = 0;
  for (int64_t axis = 0; axis < rank; ++axis) {
    const bool added = is_new[static_cast<size_t>(axis)];
    out.push_back(added ? axis : places[static_cast<size_t>(subject.permutation[old++])]);
  }
  Permuted result = subject.same();
  result.outputs[0] = out;
  return result;
}

// ---- A number for each axis ----

std::optional<Permuted> pad(const Subject& subject) {
  constexpr int kPadsAreInput = 11, kHasAxes = 18;
  Permuted result = subject.same();
  const auto both_ends = [&](const Ints& pads) {
    const std::span<const int64_t> all(pads);
    Ints moved = in_order(subject.permutation, all, 0);
    const Ints ends = in_order(subject.permutation, all, subject.permutation.size());
    moved.insert(moved.end(), ends.begin(), ends.end());
    return moved;
  };
  const size_t count = subject.permutation.size() * 2;
  if (subject.node.opset < kPadsAreInput) {
    const Ints pads = subject.node.attributes.get_ints("pads");
    if (pads.size() != count) return std::nullopt;
    result.node.attributes.set("pads", both_ends(pads));
    return result;
  }
  if (subject.has_input(3)) {
    const auto axes = constant_ints(subject.graph, subject.node.inputs[3]);
    const Axes moved = axes ? subject.moved(*axes) : std::nullopt;
    if (!moved) return std::nullopt;
    set_parameter(result, 3, ints(*moved));
  } else if (const auto pads = constant_ints(subject.graph, subject.node.inputs[1])) {
    if (pads->size() != count) return std::nullopt;
    set_parameter(result, 1, ints(both_ends(*pads)));
  } else {
    // The pads come in the order of the original axes.
    result.node.opset = std::max(result.node.opset, kHasAxes);
    set_parameter(result, 3, ints(subject.permutation));
  }
  return result;
}

std::optional<Permuted> slice(const Subject& subject) {
  constexpr int kRangesAreInputs = 10;
  const bool inputs = subject.node.opset >= kRangesAreInputs;
  Axes axes;
  if (inputs && subject.has_input(3)) {
    axes = constant_ints(subject.graph, subject.node.inputs[3]);
  } else if (!inputs && subject.node.attributes.has("axes")) {
    axes = subject.node.attributes.get_ints("axes");
  } else {
    const auto starts = inputs ? constant_ints(subject.graph, subject.node.inputs[1])
                               : std::optional(subject.node.attributes.get_ints("starts"));
    if (!starts) return std::nullopt;
    axes.emplace();
    for (int64_t axis = 0; axis < std::ssize(*starts); ++axis) axes->push_back(axis);
  }
  if (axes) axes = subject.moved(*axes);
  if (!axes) return std::nullopt;
  Permuted result = subject.same();
  if (inputs) {
    set_parameter(result, 3, ints(*axes));
  } else {
    result.node.attributes.set("axes", *axes);
  }
  return result;
}

// Puts what a Resize has for each axis in another order; false where it is no constant.
bool move_sizes(const Subject& subject, Permuted& result, size_t input) {
  const Tensor* tensor = subject.constant(input);
  const auto count = static_cast<int64_t>(subject.permutation.size());
  if (!tensor || (tensor->elements() != 0 && tensor->elements() != count)) return false;
  if (tensor->elements() == 0) return true;
  if (tensor->dtype() == DType::Float) {
    const auto moved = in_order(subject.permutation, tensor->as<float>(), 0);
    set_parameter(result, input, Tensor::of<float>({count}, std::span<const float>(moved)));
  } else {
    const Ints sizes = to_int64s(*tensor);
    set_parameter(result, input,
                  ints(in_order(subject.permutation, std::span<const int64_t>(sizes), 0)));
  }
  return true;
}

// Resize and Upsample.
std::optional<Permuted> resize(const Subject& subject) {
  constexpr int kScalesAreThird = 11, kNoOldModes = 13, kHasAxes = 18;
  const Attributes& attributes = subject.node.attributes;
  if (attributes.get_string("coordinate_transformation_mode", "") == "tf_crop_and_resize") {
    return std::nullopt;
  }
  Permuted result = subject.same();
  if (attributes.has("axes")) {
    const Axes axes = subject.moved(attributes.get_ints("axes"));
    if (axes) result.node.attributes.set("axes", *axes);
    return axes ? std::optional(result) : std::nullopt;
  }
  if (attributes.has("scales")) {
    const std::vector<float> scales = attributes.get_floats("scales");
    if (scales.size() != subject.permutation.size()) return std::nullopt;
    result.node.attributes.set("scales",
                               in_order(subject.permutation, std::span<const float>(scales), 0));
    return result;
  }
  const bool known = [&] {
    if (subject.node.opset < kScalesAreThird || subject.node.op_type == "Upsample") {
      return move_sizes(subject, result, 1);
    }
    return (!subject.has_input(2) || move_sizes(subject, result, 2)) &&
           (!subject.has_input(3) || move_sizes(subject, result, 3));
  }();
  if (known) return result;
  if (subject.node.opset < kNoOldModes) return std::nullopt;
  // Scales or sizes come in the order of the original axes.
  result = subject.same();
  result.node.opset = std::max(result.node.opset, kHasAxes);
  result.node.attributes.set("axes", subject.permutation);
  return result;
}

// Expand, Tile: a number for each axis in input 1; Expand may have fewer, which are the last.
std::optional<Permuted> repeat(const Subject& subject) {
  auto counts = constant_ints(subject.graph, input_of(subject.node, 1));
  if (!counts || std::ssize(*counts) > subject.rank()) return std::nullopt;
  const auto missing = static_cast<size_t>(subject.rank() - std::ssize(*counts));
  if (missing > 0 && subject.node.op_type != "Expand") return std::nullopt;
  counts->insert(counts->begin(), missing, 1);
  Permuted result = subject.same();
  set_parameter(result, 1,
                ints(in_order(subject.permutation, std::span<const int64_t>(*counts), 0)));
  return result;
}

struct NamedRule {
  std::string_view op_type;
  Rule rule;
};

constexpr NamedRule kRules[] = {
    {"Concat", concat},
    {"Split", along_axis<0>},
    {"TopK", along_last_axis},
    {"Softmax", softmax},
    {"LogSoftmax", softmax},
    {"Hardmax", softmax},
    {"LpNormalization", along_last_axis},
    {"CumSum", cumulate},
    {"Gather", gather},
    {"ArgMax", arg_reduce},
    {"ArgMin", arg_reduce},
    {"Squeeze", squeeze},
    {"Unsqueeze", unsqueeze},
    {"Pad", pad},
    {"Slice", slice},
    {"Resize", resize},
    {"Upsample", resize},
    {"Expand", repeat},
    {"Tile", repeat},
    {"Dropout", dropout},
    {"QuantizeLinear", quantize},
    {"DequantizeLinear", quantize},
    {"DynamicQuantizeLinear", dynamic_quantize},
};

constexpr std::array<std::string_view, 10> kReductions = {
    "L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"};

bool is_among(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Rule rule_for(const Node& node) {
  constexpr std::string_view kReduce = "Reduce";
  const std::string_view name = node.op_type;
  if (!node.domain.empty()) return nullptr;
  if (is_among(kUnary, name)) {
    return [](const Subject& subject) { return std::optional(subject.same()); };
  }
  if (is_among(kBroadcast, name)) return broadcast;
  if (name.starts_with(kReduce) && is_among(kReductions, name.substr(kReduce.size()))) {
    return reduce;
  }
  const auto found = std::ranges::find(kRules, name, &NamedRule::op_type);
  return found == std::end(kRules) ? nullptr : found->rule;
}

}  // namespace

Permutation inverse(const Permutation& permutation) {
  Permutation inverse(permutation.size());
  for (size_t i = 0; i < permutation.size(); ++i) {
    inverse[static_cast<size_t>(permutation[i])] = static_cast<int64_t>(i);
  }
  return inverse;
}

Permutation composed(const Permutation& first, const Permutation& second) {
  Permutation both;
  for (const int64_t axis : second) both.push_back(first[static_cast<size_t>(axis)]);
  return both;
}

bool is_identity(const Permutation& permutation) { return std::ranges::is_sorted(permutation); }

const std::optional<KnownDims>& Ranks::dims(ValueId id) const {
  static const std::optional<KnownDims> kUnknown;
  const bool known = id != kNoValue && static_cast<size_t>(id) < shapes_.size();
  return known ? shapes_[static_cast<size_t>(id)] : kUnknown;
}

std::optional<int64_t> Ranks::rank(ValueId id) const {
  const auto& known = dims(id);
  return known ? std::optional(std::ssize(*known)) : std::nullopt;
}

bool Ranks::is_single(ValueId id) const {
  const auto& known = dims(id);
  return known && std::ranges::all_of(*known, [](const auto& dim) { return dim == 1; });
}

void Ranks::set(ValueId id, std::optional<KnownDims> dims) {
  const auto at = static_cast<size_t>(id);
  if (shapes_.size() <= at) shapes_.resize(at + 1);
  shapes_[at] = std::move(dims);
}

std::optional<Permuted> permuted(const Rewriter& graph, const Ranks& ranks, const Node& node,
                                 const Permutation& permutation) {
  const Rule rule = rule_for(node);
  if (!rule || node.inputs.empty()) return std::nullopt;
  auto result = rule({graph, ranks, node, permutation});
  if (!result) return std::nullopt;
  // What stays in place needs no Transpose.
  const auto forget = [](Permutation& one) {
    if (is_identity(one)) one.clear();
  };
  std::ranges::for_each(result->inputs, forget);
  std::ranges::for_each(result->outputs, forget);
  return result;
}

std::optional<std::vector<int64_t>> axes_added_instead(const Rewriter& graph, const Node& unsqueeze,
                                                       const Permutation& permutation) {
  if (!is_op(unsqueeze, "Unsqueeze")) return std::nullopt;
  const auto axes = unsqueeze.attributes.has("axes")
                        ? std::optional(unsqueeze.attributes.get_ints("axes"))
                        : constant_ints(graph, input_of(unsqueeze, 1));
  if (!axes) return std::nullopt;
  Ints added;
  int64_t last = -1;
  for (size_t i = 0; i < permutation.size(); ++i) {
    const int64_t axis = permutation[i], from_end = axis - std::ssize(permutation);
    const bool is_new = std::ranges::find(*axes, axis) != axes->end() ||
                        std::ranges::find(*axes, from_end) != axes->end();
    if (is_new) {
      added.push_back(static_cast<int64_t>(i));
    } else if (axis < last) {
      return std::nullopt;
    } else {
      last = axis;
    }
  }
  return added;
}

}  // namespace fovea
