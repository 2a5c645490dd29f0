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
  void clear() { tensors_.clear(); }

 private:
  std::map<std::string, Tensor, std::less<>> tensors_;
};

// A graph optimised for one choice of outputs, with the plans made for it so far.
struct Compiled {
  Compiled(Graph optimised, const OpTable& ops, ThreadPool& pool, BandLimits bands,
           const SessionOptions& options)
      : graph(std::move(optimised)),
        plans({graph, ops, packs, pool, bands, options.precision}, options.plan_cache_size) {}
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  Graph graph;
  SessionPacks packs;
  PlanCache plans;
};

// `graph` with the values named by `fetches` as its outputs, optimised. Throws Error(InvalidInput)
// for a name the model does not have.
std::unique_ptr<Compiled> compile(const Graph& graph, const std::vector<std::string>& fetches,
                                  const SessionOptions& options, ThreadPool& pool);

}  // namespace fovea
