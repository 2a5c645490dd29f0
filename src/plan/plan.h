#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plan/planner.h"

namespace fovea {

// The plans of one graph, by the types of its feeds. Least recently used ones go first.
class PlanCache {
 public:
  PlanCache(PlanEnvironment environment, size_t capacity)
      : environment_(environment), capacity_(capacity) {}

  Segment& first(std::span<const ValueType> feeds);
  Segment& next(Segment& before, std::span<const Tensor> answers);
  void clear() { entries_.clear(); }

  const PlanEnvironment& environment() const { return environment_; }

 private:
  PlanEnvironment environment_;
  size_t capacity_;
  std::list<Segment::Next> entries_;
};

// The memory runs work in, kept from one to the next: pages are touched for the first time once.
class Arenas {
 public:
  // At least `bytes` for the segment at that depth of a plan. Throws Error(OutOfMemory).
  std::byte* reserve(size_t depth, uint64_t bytes);
  void clear() { arenas_.clear(); }

 private:
  struct Arena {
    std::shared_ptr<std::byte> memory;
    uint64_t bytes = 0;
  };
  std::vector<Arena> arenas_;
};

struct StepTime {
  const Step* step;
  double milliseconds;
};

// One run of a graph: from feeds to the graph's outputs, a step at a time.
class Execution {
 public:
  using Clock = std::chrono::steady_clock;

  // `feeds` in the order of graph.inputs. All references must outlive the execution.
  Execution(PlanCache& plans, Arenas& arenas, std::vector<Tensor> feeds);

  // Runs whole steps until the deadline, at least one; true when there are none left.
  bool advance(Clock::time_point deadline);

  // Views of the graph's outputs in order, valid while nothing else runs in the arenas.
  std::vector<Tensor> outputs() const;
  // The shapes of those as far as they are known yet; nullopt where data will decide.
  std::vector<std::optional<Shape>> planned_shapes() const;
  // Per step so far, in the order they ran; the steps are those of the plans.
  const std::vector<StepTime>& times() const { return times_; }

 private:
  void enter(Segment& segment);
  void enter_next();
  // Runs the next step, or a band of it; returns when that ended.
  Clock::time_point run_some(Clock::time_point start);
  void run_bands(const Step& step, RunContext& context);
  Tensor tensor_of(ValueId id) const;

  PlanCache& plans_;
  Arenas& arenas_;
  std::vector<Tensor> feeds_;
  Segment* segment_ = nullptr;
  size_t depth_ = 0;
  size_t next_step_ = 0;
  int64_t next_band_ = 0;  // of the step, where it has bands
  std::byte* arena_ = nullptr;
  std::vector<std::byte*> memory_;  // by slot
  std::vector<Tensor> dynamic_;     // by slot: outputs whose shape depended on data
  std::vector<StepTime> times_;
};

}  // namespace fovea
