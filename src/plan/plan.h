#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ops/core/custom.h"
#include "plan/planner.h"

namespace fovea {

// The plans of one graph: first segments by the types of the feeds, each with those that follow it
// by the answers that led to them. Least recently used ones go first.
class PlanCache {
 public:
  PlanCache(PlanEnvironment environment, size_t capacity)
      : environment_(environment), capacity_(capacity) {}

  // The plan's first segment, where it is known; null where it has to be planned.
  Segment* find(std::string_view key);
  // The segment that follows `before`, likewise.
  Segment* find(Segment& before, std::string_view key);
  // Keeps what was planned for the key.
  Segment& add(std::string key, std::unique_ptr<Segment> segment);
  Segment& add(Segment& before, std::string key, std::unique_ptr<Segment> segment);
  // Forgets all plans, those of subgraphs, too.
  void clear();

  const PlanEnvironment& environment() const { return environment_; }

  // What is kept of a subgraph of one of the graph's nodes.
  struct Inner;
  Inner& inner(const Graph& subgraph);

 private:
  PlanEnvironment environment_;
  size_t capacity_;
  std::list<Segment::Next> entries_;
  std::map<const Graph*, std::unique_ptr<Inner>> inner_;
};

// The memory runs work in, kept from one to the next: pages are touched for the first time once.
class Arenas {
 public:
  // At least `bytes` for the segment at that depth of a plan. Throws Error(OutOfMemory).
  std::byte* reserve(size_t depth, uint64_t bytes);
  void clear() { arenas_.clear(); }
  uint64_t bytes() const;

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

// What a step reads of what is computed or fed, in the order of its inputs: a view is whatever it
// is a view of.
struct StepSource {
  std::optional<size_t> step;  // that made it: an index into Execution::times()
  ValueId fed = kNoValue;      // otherwise
};

// One run of a graph: from feeds to the graph's outputs, a step at a time.
class Execution {
 public:
  // `feeds` in the order of fed_values(graph); of the last ones, `constant` are the same in every
  // run. All references must outlive the execution.
  Execution(PlanCache& plans, Arenas& arenas, std::vector<Tensor> feeds,
            const std::vector<bool>& constant = {});
  ~Execution();

  // Plans nodes and runs whole steps until the deadline, at least one, or until there is a
  // question; true when there are none left.
  bool advance(Clock::time_point deadline);
  // What must be answered before advance() goes on; null: nothing.
  const HostQuestion* question() const;
  // The outputs of the node that was asked for; those it leaves out may be anything. Throws
  // Error(InvalidInput) where they are not what was planned, or nothing was asked.
  void answer(std::vector<Tensor> outputs);

  // Views of the graph's outputs in order, valid while nothing else runs in the arenas.
  std::vector<Tensor> outputs() const;
  // The shapes of those as far as a plan can tell; nullopt where data will decide.
  std::vector<std::optional<Shape>> planned_shapes();
  const Graph& graph() const { return plans_.environment().graph; }
  // Per step so far, in the order they ran; the steps are those of the plans.
  const std::vector<StepTime>& times() const { return times_; }
  // The same steps' sources.
  std::vector<std::vector<StepSource>> sources() const;

 private:
  void begin_next();
  void plan_some(Clock::time_point deadline);
  void enter(Segment& segment);
  void bind_feeds();
  // Runs the next step, or a part of it; returns when that ended.
  Clock::time_point run_some(Clock::time_point start, Clock::time_point deadline);
  // What a node computed from whole tensors is given: its inputs, all contents known.
  class KnownInputs;
  void run_bands(const Step& step);
  void run_kernel(const Step& step);
  // Says at which step a kernel found elements that do not fit.
  [[noreturn]] void fail_at(const Step& step, Error& error) const;
  void compute(const Step& step);
  bool advance_routine(const Step& step, Clock::time_point deadline);
  // Whether the routine can go on; then with the results of what it asked for.
  bool take_results(std::vector<Tensor>& results, Clock::time_point deadline);
  std::unique_ptr<Execution> call(const Step& step, GraphCall call);
  std::vector<const std::byte*> inputs_of(const Step& step) const;
  std::vector<std::byte*> outputs_of(const Step& step);
  // Keeps what a step has made in memory of its own.
  void keep(SlotId id, Tensor tensor);
  const ValueType& type_of(SlotId id) const;
  Tensor tensor_of(ValueId id) const;

  PlanCache& plans_;
  Arenas& arenas_;
  std::vector<Tensor> feeds_;
  Segment* segment_ = nullptr;          // null until the first one is planned
  std::unique_ptr<Planning> planning_;  // of the segment that comes next, with what it is made for:
  std::vector<ValueType> feed_types_;
  std::vector<Tensor> answers_;
  std::string key_;
  size_t depth_ = 0;
  size_t next_step_ = 0;
  int64_t next_band_ = 0;  // of the step, where it has bands
  std::byte* arena_ = nullptr;
  std::vector<std::byte*> memory_;  // by slot
  std::vector<Tensor> made_;        // by slot: what has its own memory, see Slot::of_run
  std::vector<StepTime> times_;
  std::unique_ptr<Routine> routine_;  // of the step, where it has one and that has begun, and
  std::unique_ptr<Execution> inner_;  // the graph that it asked for, or
  std::optional<HostQuestion> question_;
  std::optional<std::vector<Tensor>> answer_;
  std::optional<Clock::time_point> asked_at_;  // of the question that advance() ended with
  uint64_t calls_ = 0;
};

// Weights of a subgraph's nodes, whose names may be those of nodes around it.
class InnerPacks final : public PackCache {
 public:
  InnerPacks(PackCache& outer, size_t number) : outer_(outer), number_(number) {}
  Tensor get(const Node& node, std::string_view key, const std::function<Tensor()>& pack) override;

 private:
  PackCache& outer_;
  size_t number_;
};

struct PlanCache::Inner {
  Inner(const PlanEnvironment& outer, const Graph& graph, size_t capacity, size_t number)
      : packs(outer.packs, number),
        plans({graph, outer.ops, packs, outer.pool, outer.bands, outer.precision, outer.limits,
               outer.depot},
              capacity) {}

  InnerPacks packs;
  PlanCache plans;
  Arenas arenas;
};

}  // namespace fovea
