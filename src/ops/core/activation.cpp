#include "ops/core/activation.h"

#include <array>

#include "base/error.h"
#include "ops/op.h"

namespace fovea {

using kernels::Activation;
using kernels::ActivationInfo;
using kernels::ActivationSpec;

namespace {

constexpr std::string_view kActivation = "activation";
constexpr std::string_view kParameters = "activation_params";
constexpr std::string_view kApproximate = "approximate";

// The last opset where Clip's bounds are attributes.
constexpr int kClipsByAttributes = 6;

const ActivationInfo* find(std::string_view op_type, std::string_view approximate) {
  for (const ActivationInfo& info : kernels::activations()) {
    const bool same = info.approximate.empty() || info.approximate == approximate;
    if (info.op_type == op_type && same) return &info;
  }
  return nullptr;
}

// Of a parameter that is input `index`; nullopt where it is not known to be a float.
std::optional<float> input_parameter(const Node& node, size_t index, const ConstantOf& constant) {
  const Tensor* value = constant(node.inputs[index]);
  if (!value || value->elements() != 1 || value->dtype() != DType::Float) return std::nullopt;
  return value->as<float>()[0];
}

}  // namespace

std::optional<ActivationSpec> activation_of(const Node& node, const ConstantOf& constant) {
  if (!node.domain.empty()) return std::nullopt;
  const Attributes& attributes = node.attributes;
  const ActivationInfo* info = find(node.op_type, attributes.get_string(kApproximate, "none"));
  if (!info) return std::nullopt;
  std::array<float, 2> values = {};
  for (size_t i = 0; i < values.size(); ++i) {
    const auto& [attribute, fallback] = info->parameters[i];
    if (attribute.empty()) continue;
    values[i] = attributes.get_float(attribute, fallback);
    // Of Clip alone.
    if (i + 1 >= node.inputs.size() || node.inputs[i + 1] == kNoValue) continue;
    const auto value = input_parameter(node, i + 1, constant);
    if (!value) return std::nullopt;
    values[i] = *value;
  }
  return ActivationSpec{info->kind, values[0], values[1]};
}

void set_activation(Attributes& attributes, const ActivationSpec& activation) {
  const ActivationInfo& info = kernels::info_of(activation.kind);
  attributes.set(std::string(kActivation), std::string(info.op_type));
  attributes.set(std::string(kParameters), std::vector<float>{activation.alpha, activation.beta});
  if (!info.approximate.empty()) {
    attributes.set(std::string(kApproximate), std::string(info.approximate));
  }
}

bool has_activation(const Attributes& attributes) { return attributes.has(kActivation); }

ActivationSpec fused_activation(const Attributes& attributes) {
  const std::string name = attributes.get_string(kActivation, "");
  if (name.empty()) return {};
  const ActivationInfo* info = find(name, attributes.get_string(kApproximate, "none"));
  if (!info) {
    throw Error(ErrorCode::UnsupportedAttribute, text("there is no activation ", name))
        .with("attribute", std::string(kActivation));
  }
  const auto values = attributes.get_floats(kParameters);
  const auto parameter = [&](size_t i) {
    return i < values.size() ? values[i] : info->parameters[i].fallback;
  };
  return {info->kind, parameter(0), parameter(1)};
}

Node activation_node(const ActivationSpec& activation) {
  const ActivationInfo& info = kernels::info_of(activation.kind);
  Node node;
  node.op_type = info.op_type;
  node.opset = activation.kind == Activation::Clip ? kClipsByAttributes : kLatestOpset;
  node.outputs = {0};
  const float values[] = {activation.alpha, activation.beta};
  for (size_t i = 0; i < info.parameters.size(); ++i) {
    const std::string_view attribute = info.parameters[i].attribute;
    if (!attribute.empty()) node.attributes.set(std::string(attribute), values[i]);
  }
  if (!info.approximate.empty()) {
    node.attributes.set(std::string(kApproximate), std::string(info.approximate));
  }
  return node;
}

}  // namespace fovea
