#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "ops/op.h"

namespace fovea {

// Index into the table of pointers a run works on: one value in one layout.
using SlotId = int;
inline constexpr SlotId kNoSlot = -1;

struct Slot {
  ValueId value = kNoValue;
  Layout layout = Layout::Plain;
  std::optional<Tensor> constant;  // elements known while planning: nothing computes them
  SlotId shares = kNoSlot;         // whose memory it is a view of; kNoSlot: it has its own
};

// What a step computes and moves, for profiles.
struct StepWork {
  int64_t macs = 0;       // multiply-accumulates by the operator's definition (OpDef::macs)
  uint64_t bytes = 0;     // of all inputs, weights included, and outputs, as they lie in memory
  std::string algorithm;  // see PlanContext::describe
  std::optional<Shape> output;  // shape of output 0; nullopt: it depends on data
};

struct BandProgram;

// One node, ready to run, or several that go through an image in bands.
struct Step {
  const Node* node = nullptr;  // null for `bands`
  Kernel kernel;
  std::vector<SlotId> inputs;  // kNoSlot where left out
  std::vector<SlotId> outputs;
  StepWork work = {};
  bool in_place = false;       // output 0 may overwrite an input of the same form
  int overwrites = kAnyInput;  // see OpDef::overwrites
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

  std::vector<Slot> slots;                     // all so far, those of earlier segments first
  std::vector<ValueType> types;                // by ValueId; no shape: not computed yet
  std::vector<std::array<SlotId, 2>> slot_of;  // by ValueId and Layout
  std::vector<bool> done;                      // by node
  std::vector<ValueId> awaited;
  std::list<Next> next;  // most recently used first
  // Nodes that the planner made (layout conversions) and steps refer to.
  std::vector<std::unique_ptr<Node>> own_nodes;
};

}  // namespace fovea
