#pragma once

#include <deque>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "graph/graph.h"
#include "ops/core/compile.h"

namespace fovea {

// Index into the table of pointers a run works on: one value in one form.
using SlotId = int;
inline constexpr SlotId kNoSlot = -1;

struct Slot {
  ValueId value = kNoValue;
  Form form;
  std::optional<Tensor> constant;  // elements known while planning: nothing computes them
  SlotId shares = kNoSlot;         // whose memory it is a view of; kNoSlot: it has its own
  bool of_run = false;             // each run makes its memory; it has no place in the arena
};

struct BandProgram;

// One node, ready to run, or several that go through an image in bands.
struct Step {
  const Node* node = nullptr;  // null for `bands`
  // Null where there is one of the next two. Shared with what goes through the image in bands.
  std::shared_ptr<const Kernel> kernel;
  ComputeRule compute = nullptr;
  RoutineRule routine = nullptr;
  std::vector<SlotId>
      inputs;  // kNoSlot where left out; behind them, what the node's graphs capture
  std::vector<SlotId> outputs;
  Work work = {};
  bool in_place = false;      // output 0 may overwrite any input of the same form
  int overwrites = kNoInput;  // or this one alone, see PlanContext::overwrite
  uint64_t scratch_bytes = 0;
  uint64_t scratch = 0;  // offset in the segment's arena
  std::shared_ptr<const BandProgram> bands = nullptr;
};

// A stretch of a plan that runs without a question: all its shapes are known. Where the model goes
// on with shapes that depend on data, `awaited` names what must be read first, and the segments
// planned for the answers seen so far follow.
struct Segment {
  struct Placement {
    SlotId slot;
    uint64_t offset;
  };
  struct Next {
    std::string answer;
    std::unique_ptr<Segment> segment;
  };

  std::vector<Step> steps;
  std::vector<Placement> placements;  // slots in this segment's arena
  uint64_t arena_bytes = 0;

  std::vector<Slot> slots;  // all so far, those of earlier segments first
  // By ValueId, and behind the graph's values those between the nodes of bodies. Without a shape:
  // not computed yet.
  std::deque<ValueType> types;
  std::vector<std::vector<SlotId>> slots_of;  // by ValueId: one for each form the value is there in
  std::vector<bool> done;                     // by node
  std::vector<ValueId> awaited;
  std::list<Next> next;  // most recently used first
  // What the first node said that does not take its inputs; only where nothing but types is
  // planned.
  std::optional<Error> refusal;
  // Nodes that the planner made (conversions, the nodes of bodies) and steps refer to.
  std::vector<std::unique_ptr<Node>> own_nodes;

  // Of a slot whose memory a run reads: a constant stays where it is.
  SlotId pinned(SlotId slot) const {
    if (slot == kNoSlot) return slot;
    const std::optional<Tensor>& constant = slots[static_cast<size_t>(slot)].constant;
    if (constant) constant->pin();
    return slot;
  }

  // The value's slot in a form; kNoSlot where it is not there in that.
  SlotId slot(ValueId id, Form form) const {
    for (const SlotId slot : slots_of[static_cast<size_t>(id)]) {
      if (slots[static_cast<size_t>(slot)].form == form) return slot;
    }
    return kNoSlot;
  }
};

}  // namespace fovea
