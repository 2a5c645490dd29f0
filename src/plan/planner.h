#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plan/segment.h"

namespace fovea {

// What planning needs to know besides shapes.
struct PlanEnvironment {
  const Graph& graph;
  const OpTable& ops;
  PackCache& packs;
  ThreadPool& pool;
};

// The plan's first segment, for feeds of these types in the order of graph.inputs. Throws Error
// with the fields "node", "op" and "inputs" when the shapes do not fit an operator's rule.
std::unique_ptr<Segment> plan_first(const PlanEnvironment& environment,
                                    std::span<const ValueType> feeds);

// The segment after `before`, once its awaited values are known: `answers` are their contents (or,
// for those with data-dependent shape, tensors of the shape they turned out to have).
std::unique_ptr<Segment> plan_next(const PlanEnvironment& environment, const Segment& before,
                                   std::span<const Tensor> answers);

}  // namespace fovea
