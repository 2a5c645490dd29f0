// Convolutions and pooling as onnxruntime writes them (com.microsoft): FusedConv, NhwcConv,
// NhwcFusedConv, QLinearConv, NhwcMaxPool, ConvTransposeWithDynamicPads.

#include <algorithm>

#include "ops/core/function_steps.h"
#include "ops/core/named_activation.h"
#include "ops/op.h"

namespace fovea {
namespace {

// The node's attributes but some.
std::vector<Function::Attribute> attributes_without(
    const NodeContext& context, std::initializer_list<std::string_view> dropped) {
  std::vector<Function::Attribute> attributes;
  for (const auto& [name, value] : context.attributes().all()) {
    if (std::ranges::count(dropped, name) == 0) attributes.emplace_back(name, value);
  }
  return attributes;
}

// activation_params are those of the activation, in order.
ValueId activation_of(Function& f, const NodeContext& context, ValueId x) {
  const std::string name = context.attributes().get_string("activation", "");
  const std::vector<float> given = context.attributes().get_floats("activation_params");
  const auto require = [&](size_t count) {
    if (given.size() == count) return;
    fail(ErrorCode::MalformedModel, context.node().op_type, " with the activation ", name, " has ",
         given.size(), " activation_params, not ", count);
  };
  if (name == "Clip") {
    require(2);
    const auto limit = [&](size_t i) {
      return f.scalar(context.dtype(0), static_cast<double>(given[i]));
    };
    return f.op("Clip", {x, limit(0), limit(1)});
  }
  std::vector<Function::Attribute> parameters;
  if (name == "LeakyRelu") {
    require(1);
    parameters = {{"alpha", given[0]}};
  } else if (name == "HardSigmoid") {
    require(2);
    parameters = {{"alpha", given[0]}, {"beta", given[1]}};
  }
  return activated(f, context, x, name, std::move(parameters));
}

// Conv, another image added, an activation.
template <bool kChannelsLast>
Graph fused_conv(const NodeContext& context) {
  Function f(context);
  const int rank = context.shape(0).rank();
  const auto in = [&](int input) {
    const ValueId id = f.in(input);
    return kChannelsLast && id != kNoValue ? channels_to_second(f, id, rank) : id;
  };
  require_rank(context, 3, rank);
  ValueId y = f.op_with("Conv", {in(0), f.in(1), f.in(2)},
                        attributes_without(context, {"activation", "activation_params"}));
  if (context.has_input(3)) y = f.op("Add", {y, in(3)});
  y = activation_of(f, context, y);
  return f.giving({kChannelsLast ? channels_to_last(f, y, rank) : y});
}

Graph qlinear_conv(const NodeContext& context) {
  Function f(context);
  const bool last = context.attributes().get_int("channels_last", 0) != 0;
  const int rank = context.shape(0).rank();
  std::vector<ValueId> inputs;
  for (int i = 0; i < context.input_count(); ++i) inputs.push_back(f.in(i));
  if (last) inputs[0] = channels_to_second(f, inputs[0], rank);
  const ValueId y =
      f.op_with("QLinearConv", std::move(inputs), attributes_without(context, {"channels_last"}));
  return f.giving({last ? channels_to_last(f, y, rank) : y});
}

// Channels are one more axis, along which windows are one element, of images of one channel: so
// nothing is transposed. Where that is an axis too many for MaxPool, it is.
Graph nhwc_max_pool(const NodeContext& context) {
  constexpr int kMostAxes = 3;
  Function f(context);
  const Shape& in = context.shape(0);
  const int rank = in.rank();
  if (rank < 3 || rank - 1 > kMostAxes) {
    const ValueId y = f.op_with("MaxPool", {channels_to_second(f, f.in(0), rank)},
                                attributes_without(context, {}));
    return f.giving({channels_to_last(f, y, rank)});
  }
  std::vector<Function::Attribute> attributes =
      attributes_without(context, {"kernel_shape", "strides", "dilations", "pads"});
  for (const std::string_view name : {"kernel_shape", "strides", "dilations"}) {
    if (!context.attributes().has(name)) continue;
    std::vector<int64_t> values = context.attributes().get_ints(name);
    values.push_back(1);
    attributes.emplace_back(name, std::move(values));
  }
  if (context.attributes().has("pads")) {
    std::vector<int64_t> pads = context.attributes().get_ints("pads");
    pads.insert(pads.begin() + std::ssize(pads) / 2, 0);
    pads.push_back(0);
    attributes.emplace_back("pads", std::move(pads));
  }
  Shape image = {in[0], 1};
  for (int axis = 1; axis < rank; ++axis) image.push_back(in[axis]);
  const ValueId y = f.op_with("MaxPool", {reshaped(f, f.in(0), image)}, std::move(attributes));
  return f.giving({f.op("Squeeze", {y, f.ints({1})})});
}

Graph conv_transpose_with_dynamic_pads(const NodeContext& context) {
  Function f(context);
  std::vector<Function::Attribute> attributes = attributes_without(context, {"pads"});
  if (context.has_input(2)) attributes.emplace_back("pads", context.int64s(2));
  return f.giving({f.op_with("ConvTranspose", {f.in(0), f.in(1), f.in(3)}, std::move(attributes))});
}

constexpr OpDef microsoft(std::string_view op_type, const Meaning& meaning) {
  return {.op_type = op_type, .domain = kMicrosoftDomain, .meaning = meaning};
}

constexpr std::array<TypeVariable, 4> kFloatTypes = {type_of_all_inputs(kFloat32And64)};

constexpr OpDef kOps[] = {
    microsoft("FusedConv", {.inputs = {2, 4}, .types = kFloatTypes, .function = fused_conv<false>}),
    microsoft("NhwcConv", {.inputs = {2, 3}, .types = kFloatTypes, .function = fused_conv<true>}),
    microsoft("NhwcFusedConv",
              {.inputs = {2, 4}, .types = kFloatTypes, .function = fused_conv<true>}),
    microsoft("QLinearConv",
              {.inputs = {8, 9},
               .types = {type_of_both_inputs(0, 2, kBytes), type_of_both_inputs(3, 5, kBytes),
                         type_of_input(7, kBytes), type_of_input(8, {DType::Int32})},
               .element_type = like_input<7>,
               .function = qlinear_conv}),
    microsoft("NhwcMaxPool", {.types = {type_of_input(0, kBytes)}, .function = nhwc_max_pool}),
    microsoft("ConvTransposeWithDynamicPads", {.inputs = {2, 4},
                                               .types = {type_of_listed({0, 1, 3}, kFloat32And64),
                                                         type_of_input(2, {DType::Int64})},
                                               .function = conv_transpose_with_dynamic_pads,
                                               .content_inputs = {2}}),
};

}  // namespace

extern constinit const OpFamily microsoft_conv_ops = kOps;

}  // namespace fovea
