#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "passes/pass.h"
#include "plan/plan.h"
#include "session/session.h"

namespace fovea {

// Packed weights by node and form, for as long as the compiled graph lives.
class SessionPacks : public PackCache {
 public:
  Tensor get(const Node& node, std::string_view key, const std::function<Tensor()>& pack) override;
  const std::map<std::string, Tensor, std::less<>>& tensors() const { return tensors_; }

 private:
  std::map<std::string, Tensor, std::less<>> tensors_;
};

// A graph optimised for one choice of outputs, with the plans made for it so far.
struct Compiled {
  Compiled(Graph optimised, const Operators& ops, ThreadPool& pool, BandLimits bands,
           const SessionOptions& options)
      : graph(std::move(optimised)),
        plans({graph, ops, packs, pool, bands, options.precision, options.limits, options.depot},
              options.plan_cache_size) {}
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  Graph graph;
  SessionPacks packs;
  PlanCache plans;
};

// What a run asks of a graph, besides the types of its feeds.
struct Selection {
  std::vector<std::string> fetches = {};     // in order; empty: the graph's own outputs
  std::vector<std::string> overridden = {};  // of graph.defaults, those that are fed
  bool operator==(const Selection&) const = default;
};

// A copy of `graph`, sharing nothing but constants, that computes what is selected and no more;
// its nodes know their operators.
// Throws Error(InvalidInput) for a fetch the model does not have.
Graph select(const Graph& graph, const Selection& selection, const Operators& operators);

// What select() gives, optimised, with the large constants of both put away. Throws as select() and
// check_runnable() do.
std::unique_ptr<Compiled> compile(const Graph& graph, const Selection& selection,
                                  const SessionOptions& options, ThreadPool& pool);

}  // namespace fovea
