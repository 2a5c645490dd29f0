#include "plan/placement.h"

#include <algorithm>

#include "plan/arena.h"

namespace fovea {
namespace {

class Placement {
 public:
  Placement(Segment& segment, SlotId first, const std::vector<bool>& kept)
      : segment_(segment),
        first_(first),
        last_read_(segment.slots.size(), -1),
        buffer_of_(segment.slots.size(), -1) {
    find_reads(kept);
  }

  void run();

 private:
  const Slot& slot(SlotId id) const { return segment_.slots[static_cast<size_t>(id)]; }
  const ValueType& type(SlotId id) const {
    return segment_.types[static_cast<size_t>(slot(id).value)];
  }
  uint64_t bytes(SlotId id) const {
    return bytes_of(type(id).dtype, *type(id).shape, slot(id).form);
  }
  // The slot that owns the memory.
  SlotId owner(SlotId id) const { return slot(id).shares == kNoSlot ? id : slot(id).shares; }
  int& last_read(SlotId id) { return last_read_[static_cast<size_t>(owner(id))]; }
  int& buffer_of(SlotId id) { return buffer_of_[static_cast<size_t>(owner(id))]; }

  void find_reads(const std::vector<bool>& kept);
  void add_output(const Step& step, SlotId id, int at);
  bool may_overwrite(const Step& step, int index);
  int reusable_buffer(const Step& step, SlotId output, int at);

  Segment& segment_;
  SlotId first_;
  std::vector<int> last_read_;  // by owner: the last step that reads or writes it
  std::vector<int> buffer_of_;  // by owner
  std::vector<Block> buffers_;
};

void Placement::find_reads(const std::vector<bool>& kept) {
  const int end = static_cast<int>(segment_.steps.size());
  for (int at = 0; at < end; ++at) {
    const Step& step = segment_.steps[static_cast<size_t>(at)];
    for (const SlotId id : step.inputs) {
      if (id != kNoSlot) last_read(id) = at;
    }
    for (const SlotId id : step.outputs) {
      if (id != kNoSlot) last_read(id) = std::max(last_read(id), at);
    }
  }
  for (SlotId id = first_; id < static_cast<SlotId>(segment_.slots.size()); ++id) {
    if (kept[static_cast<size_t>(slot(id).value)]) last_read(id) = end;
  }
}

// Of input `overwrites` alone, only memory that the step does not read as another input, too.
bool Placement::may_overwrite(const Step& step, int index) {
  if (step.in_place) return true;
  const int buffer = buffer_of(step.inputs[static_cast<size_t>(index)]);
  const auto shares = [&](SlotId id) { return id != kNoSlot && buffer_of(id) == buffer; };
  return index == step.overwrites && std::ranges::count_if(step.inputs, shares) == 1;
}

// The buffer of an input of the same form that nobody reads later; -1 for none.
int Placement::reusable_buffer(const Step& step, SlotId output, int at) {
  for (int index = 0; index < static_cast<int>(step.inputs.size()); ++index) {
    const SlotId input = step.inputs[static_cast<size_t>(index)];
    if (input == kNoSlot || buffer_of(input) < 0 || !may_overwrite(step, index)) continue;
    const Block& block = buffers_[static_cast<size_t>(buffer_of(input))];
    const bool same_form = slot(input).form == slot(output).form &&
                           type(input).dtype == type(output).dtype &&
                           *type(input).shape == *type(output).shape;
    if (same_form && block.bytes == bytes(output) && block.last == at) return buffer_of(input);
  }
  return -1;
}

void Placement::add_output(const Step& step, SlotId id, int at) {
  const bool first = id == step.outputs[0];
  const int reused = first ? reusable_buffer(step, id, at) : -1;
  if (reused >= 0) {
    buffer_of(id) = reused;
    buffers_[static_cast<size_t>(reused)].last = last_read(id);
  } else {
    buffer_of(id) = static_cast<int>(buffers_.size());
    buffers_.push_back({bytes(id), at, last_read(id), 0});
  }
}

void Placement::run() {
  for (size_t at = 0; at < segment_.steps.size(); ++at) {
    const Step& step = segment_.steps[at];
    for (const SlotId id : step.outputs) {
      if (id != kNoSlot && !slot(id).of_run) add_output(step, id, static_cast<int>(at));
    }
  }
  std::vector<Block> blocks = buffers_;
  for (int at = 0; at < static_cast<int>(segment_.steps.size()); ++at) {
    blocks.push_back({segment_.steps[static_cast<size_t>(at)].scratch_bytes, at, at, 0});
  }
  segment_.arena_bytes = assign_offsets(blocks);
  for (SlotId id = first_; id < static_cast<SlotId>(segment_.slots.size()); ++id) {
    if (buffer_of(id) < 0) continue;
    segment_.placements.push_back({id, blocks[static_cast<size_t>(buffer_of(id))].offset});
  }
  for (size_t i = 0; i < segment_.steps.size(); ++i) {
    segment_.steps[i].scratch = blocks[buffers_.size() + i].offset;
  }
}

}  // namespace

void place(Segment& segment, SlotId first, const std::vector<bool>& kept) {
  Placement(segment, first, kept).run();
}

}  // namespace fovea
