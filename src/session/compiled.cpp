#include "session/compiled.h"

#include <algorithm>

#include "base/error.h"

namespace fovea {

Tensor SessionPacks::get(const Node& node, std::string_view key,
                         const std::function<Tensor()>& pack) {
  std::string full_key = text(node.name, "\n", key);
  const auto known = tensors_.find(full_key);
  if (known != tensors_.end()) return known->second;
  return tensors_.emplace(std::move(full_key), pack()).first->second;
}

std::unique_ptr<Compiled> compile(const Graph& graph, const std::vector<std::string>& fetches,
                                  const SessionOptions& options, ThreadPool& pool) {
  Graph optimised = graph;
  optimised.outputs.clear();
  for (const std::string& name : fetches) {
    const ValueId id = optimised.find(name);
    if (id == kNoValue) {
      throw Error(ErrorCode::InvalidInput,
                  text("the model has no value named '", name, "' to fetch"))
          .with("output", name);
    }
    optimised.outputs.push_back(id);
  }
  optimise(optimised, {kOpTable, pool}, options.disabled_passes);
  const bool whole = std::ranges::any_of(options.disabled_passes, [](const std::string& name) {
    return name == "*" || name == "bands";
  });
  const BandLimits bands = whole ? BandLimits::none() : options.bands;
  return std::make_unique<Compiled>(std::move(optimised), kOpTable, pool, bands, options);
}

}  // namespace fovea
