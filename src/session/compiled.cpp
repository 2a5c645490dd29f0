#include "session/compiled.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "session/check.h"
#include "session/tensor_memory.h"

namespace fovea {

Tensor SessionPacks::get(const Node& node, std::string_view key,
                         const std::function<Tensor()>& pack) {
  std::string full_key = text(node.name, "\n", key);
  const auto known = tensors_.find(full_key);
  if (known != tensors_.end()) return known->second;
  return tensors_.emplace(std::move(full_key), pack()).first->second;
}

Graph select(const Graph& graph, const Selection& selection, const Operators& operators) {
  Graph selected = graph.clone();
  std::map<std::string_view, ValueId> ids;
  for (size_t id = 0; id < graph.values.size(); ++id) {
    ids.emplace(graph.values[id].name, static_cast<ValueId>(id));
  }
  if (!selection.fetches.empty()) selected.outputs.clear();
  for (const std::string& name : selection.fetches) {
    const auto found = ids.find(name);
    if (found == ids.end()) {
      throw Error(ErrorCode::InvalidInput,
                  text("the model has no value named '", name, "' to fetch"))
          .with("output", name);
    }
    selected.outputs.push_back(found->second);
  }
  selected.defaults.clear();
  for (const std::string& name : selection.overridden) {
    const ValueId id = ids.at(name);
    selected.value(id).constant.reset();
    selected.inputs.push_back(id);
  }
  remove_dead_code(selected);
  resolve_operators(selected, operators);
  return selected;
}

std::unique_ptr<Compiled> compile(const Graph& graph, const Selection& selection,
                                  const SessionOptions& options, ThreadPool& pool) {
  const Operators& operators = *options.operators;
  Graph optimised = select(graph, selection, operators);
  write_out_branches(optimised, pool);
  check_runnable(optimised, operators);
  lower(optimised, operators);
  optimise(optimised, {operators, pool}, options.disabled_passes);
  const bool whole = std::ranges::any_of(options.disabled_passes, [](const std::string& name) {
    return name == "*" || name == "bands";
  });
  const BandLimits bands = whole ? BandLimits::none() : options.bands;
  put_away(graph, options.depot);
  put_away(optimised, options.depot);
  return std::make_unique<Compiled>(std::move(optimised), operators, pool, bands, options);
}

}  // namespace fovea
