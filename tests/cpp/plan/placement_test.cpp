#include "plan/placement.h"

#include <gtest/gtest.h>

namespace fovea {
namespace {

constexpr int kData = 0;
constexpr int kAddend = 1;

Step step(std::vector<SlotId> inputs, SlotId output) {
  Step step;
  step.inputs = std::move(inputs);
  step.outputs = {output};
  return step;
}

// Two values of the same form, each made by a step of its own, and a third made of both (or, with
// `alike`, twice of the second) in place of one of these, `overwrites` where it is one. Offsets by
// slot.
std::vector<uint64_t> offsets(int overwrites, bool alike) {
  Segment segment;
  for (ValueId id = 0; id < 3; ++id) {
    segment.slots.push_back({id, Layout::Plain, std::nullopt});
    segment.types.push_back({DType::Float, Shape{100}, Layout::Plain, std::nullopt});
  }
  segment.steps = {step({}, 0), step({}, 1), step({alike ? 1 : 0, 1}, 2)};
  segment.steps[2].in_place = overwrites == kNoInput;
  segment.steps[2].overwrites = overwrites;
  place(segment, 0, std::vector<bool>(3, false));
  std::vector<uint64_t> by_slot(3);
  for (const auto& [slot, offset] : segment.placements) {
    by_slot[static_cast<size_t>(slot)] = offset;
  }
  return by_slot;
}

TEST(Placement, AnyInputMayBeOverwrittenUnlessOneIsNamed) {
  const auto any = offsets(kNoInput, false);
  EXPECT_EQ(any[2], any[kData]);
  const auto addend = offsets(kAddend, false);
  EXPECT_EQ(addend[2], addend[kAddend]);
}

TEST(Placement, AnInputReadTwiceIsOverwrittenOnlyWhereAllMayBe) {
  const auto any = offsets(kNoInput, true);
  EXPECT_EQ(any[2], any[kAddend]);
  const auto addend = offsets(kAddend, true);
  EXPECT_NE(addend[2], addend[kAddend]);
}

}  // namespace
}  // namespace fovea
