#include "ops/core/named_activation.h"

#include <algorithm>
#include <array>

namespace fovea {
namespace {

struct NamedActivation {
  std::string_view name;
  std::array<std::string_view, 2> parameters = {};  // those it has
};

constexpr NamedActivation kActivations[] = {
    {"Relu"},
    {"LeakyRelu", {"alpha"}},
    {"Sigmoid"},
    {"Tanh"},
    {"Elu", {"alpha"}},
    {"HardSigmoid", {"alpha", "beta"}},
    {"HardSwish"},
    {"Selu", {"alpha", "gamma"}},
    {"Softplus"},
    {"Softsign"},
    {"ThresholdedRelu", {"alpha"}},
};

}  // namespace

ValueId activated(Function& f, const NodeContext& context, ValueId x, const std::string& name,
                  std::vector<Function::Attribute> parameters) {
  if (name.empty()) return x;
  const auto known = std::ranges::find(kActivations, name, &NamedActivation::name);
  if (known == std::end(kActivations)) {
    fail(ErrorCode::UnsupportedAttribute, context.node().op_type, " with the activation '", name,
         "' is not supported");
  }
  std::erase_if(parameters, [&](const Function::Attribute& parameter) {
    return std::ranges::count(known->parameters, parameter.first) == 0;
  });
  return f.op_with(name, {x}, std::move(parameters));
}

}  // namespace fovea
