#include "ops/core/activation.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace fovea {

using kernels::Activation;
using kernels::ActivationInfo;
using kernels::ActivationSpec;

namespace {

constexpr std::string_view kApproximate = "approximate";

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

bool has_finite_slopes(const ActivationSpec& activation, const Tensor* slopes) {
  const auto finite = [](float x) { return std::isfinite(x); };
  if (activation.kind == Activation::LeakyRelu) return finite(activation.alpha);
  if (activation.kind != Activation::PRelu) return true;
  return slopes && slopes->dtype() == DType::Float &&
         std::ranges::all_of(slopes->as<float>(), finite);
}

}  // namespace fovea
