#include "ops/core/activation.h"

namespace fovea {

using kernels::Activation;

std::optional<Activation> activation_named(std::string_view op_type) {
  struct Named {
    std::string_view name;
    Activation activation;
  };
  static constexpr Named kAll[] = {
      {"Relu", Activation::Relu},
      {"LeakyRelu", Activation::LeakyRelu},
      {"PRelu", Activation::PRelu},
      {"Clip", Activation::Clip},
      {"Sigmoid", Activation::Sigmoid},
      {"Tanh", Activation::Tanh},
      {"HardSigmoid", Activation::HardSigmoid},
      {"HardSwish", Activation::HardSwish},
      {"Gelu", Activation::Gelu},
  };
  for (const auto& [name, activation] : kAll) {
    if (name == op_type) return activation;
  }
  return std::nullopt;
}

std::optional<Activation> activation_of(const Node& node) {
  if (node.attributes.get_string("approximate", "none") != "none") return std::nullopt;
  return activation_named(node.op_type);
}

}  // namespace fovea
