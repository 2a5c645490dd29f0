#pragma once

#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "plan/segment.h"

namespace fovea {

// When images are cut into bands, and how finely.
struct BandLimits {
  // Bytes of an image between two steps above which it is not made whole where bands of
  // `fewest_rows` stay in the second-level cache: smaller ones fit into that as they are.
  int64_t fast_whole = 1 << 20;
  // What a step reads and writes of a band that stays in that cache.
  int64_t cache_bytes = 560 * 1024;
  // The same as fast_whole where bands do not stay in that cache, and save nothing but memory.
  int64_t largest_whole = 12 << 20;
  // Of a band, for the rows that overlap from one to the next are copied and gathered again.
  int64_t fewest_rows = 8;

  static constexpr BandLimits none() {
    constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
    return {kNever, 0, kNever, 0};
  }
};

// What planning needs to know besides shapes.
struct PlanEnvironment {
  const Graph& graph;
  const Operators& ops;
  PackCache& packs;
  ThreadPool& pool;
  BandLimits bands = {};
  Precision precision = Precision::Default;
  Limits limits = {};
  // Where constants go from which all has been packed.
  Depot depot = {};
  // No kernels are chosen, and nothing is placed: a segment then tells types, shapes and the work
  // of each step as far as they can be known, and where sizes are refused, see Segment::refusal.
  // Nodes of unknown operators are not planned.
  bool types_only = false;

  Machine machine() const { return {pool.size(), precision, &packs}; }
};

// What a graph is fed: its inputs, then, in a subgraph, what it captures.
std::vector<ValueId> fed_values(const Graph& graph);

// The making of a segment, which can be left between any two nodes, to look for an abort. What it
// is given must outlive it.
class Planning {
 public:
  // The plan's first segment, for feeds of these types in the order of fed_values().
  Planning(const PlanEnvironment& environment, std::span<const ValueType> feeds);
  // The segment after `before`, once its awaited values are known: `answers` are their contents
  // (or, for those with data-dependent shape, tensors of the shape they turned out to have).
  Planning(const PlanEnvironment& environment, const Segment& before,
           std::span<const Tensor> answers);
  ~Planning();

  // Plans nodes until the deadline, at least one; gives the segment when all are planned, else
  // null. Throws Error with the fields "node", "op" and "inputs" when the shapes do not fit an
  // operator's rule, and when a tensor or all the planning exceeds the environment's limits.
  std::unique_ptr<Segment> advance(Clock::time_point deadline);

 private:
  class Planner;
  std::unique_ptr<Planner> planner_;
};

// The plan's first segment at once.
std::unique_ptr<Segment> plan_first(const PlanEnvironment& environment,
                                    std::span<const ValueType> feeds);

}  // namespace fovea
