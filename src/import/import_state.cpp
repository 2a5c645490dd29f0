#include "import/import_state.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace fovea {
namespace {

// More than a node with its names, inputs and attributes takes in ordinary models.
constexpr uint64_t kNodeBytes = 1024;

}  // namespace

int assumed_opset(std::string_view domain, int64_t ir_version) {
  constexpr int64_t kFirstIr = 3;
  constexpr int kNewest[] = {8, 9, 10, 11, 14, 18, 20, 22, 23, 24, 26};  // docs/Versioning.md
  constexpr int kNewestOfAll = 28, kNewestOfMl = 5;
  if (domain == "ai.onnx.ml") return kNewestOfMl;
  if (!domain.empty()) return 1;
  const int64_t index = std::max<int64_t>(ir_version - kFirstIr, 0);
  return index < std::ssize(kNewest) ? kNewest[index] : kNewestOfAll;
}

std::string_view normalized_domain(std::string_view domain) {
  return domain == "ai.onnx" ? "" : domain;
}

Opsets read_opsets(const std::vector<onnx::OperatorSetId>& imports) {
  Opsets opsets;
  for (const onnx::OperatorSetId& import : imports) {
    const auto version =
        static_cast<int>(std::clamp<int64_t>(import.version, 0, std::numeric_limits<int>::max()));
    const auto [known, added] = opsets.emplace(normalized_domain(import.domain), version);
    if (known->second != version) {
      throw Error(ErrorCode::MalformedModel,
                  text("opsets ", known->second, " and ", version, " of domain '", import.domain,
                       "' are imported; there can be one"))
          .with("opset", text(version));
    }
  }
  return opsets;
}

Functions::Functions(const std::vector<onnx::Function>& functions) {
  for (const onnx::Function& function : functions) {
    const Key key{normalized_domain(function.domain), function.name, function.overload};
    if (functions_.emplace(key, &function).second) continue;
    throw Error(ErrorCode::MalformedModel, text("function '", function.name, "' of domain '",
                                                function.domain, "' is defined twice"))
        .with("op", std::string(function.name));
  }
}

const onnx::Function* Functions::find(const onnx::Node& node) const {
  const auto found =
      functions_.find(Key{normalized_domain(node.domain), node.op_type, node.overload});
  return found == functions_.end() ? nullptr : found->second;
}

std::string NodeNames::unique(std::string wanted) {
  const auto [known, is_free] = next_number_.emplace(wanted, 2);
  if (is_free) return wanted;
  int& next = known->second;
  for (;;) {
    std::string numbered = text(wanted, "_", next++);
    if (next_number_.emplace(numbered, 2).second) return numbered;
  }
}

ImportState::Nesting::Nesting(ImportState& state) : state_(state) {
  if (state.depth_ >= state.limits_.nesting) {
    fail_limit("limits.nesting", text("subgraphs and functions are nested more than ",
                                      state.limits_.nesting, " deep"));
  }
  ++state.depth_;
}

void ImportState::count_node() {
  if (++nodes_ <= limits_.nodes) return;
  fail_limit("limits.nodes", text("the model has more than ", limits_.nodes, " nodes"));
}

void ImportState::count_copied(uint64_t bytes) {
  if (!in_call()) return;
  copied_ += bytes;
  if (copied_ / kNodeBytes <= limits_.nodes) return;
  fail_limit("limits.nodes", text("the calls of the model's functions write out more than ",
                                  limits_.nodes, " nodes of usual size"));
}

}  // namespace fovea
