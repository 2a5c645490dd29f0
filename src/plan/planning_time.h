#pragma once

#include "base/clock.h"
#include "base/limits.h"

namespace fovea {

// The time that a plan has taken so far, in all slices of its making. A file of a few kilobytes can
// ask for plans that take hours.
class PlanningTime {
 public:
  explicit PlanningTime(const Limits& limits) : left_(duration_of(limits.planning_milliseconds)) {}

  void begin_slice() { last_ = Clock::now(); }

  // Counts the time until now. Throws Error(LimitExceeded) when there is none left.
  Clock::time_point count() {
    const auto now = Clock::now();
    left_ -= now - last_;
    last_ = now;
    if (left_ <= Clock::duration::zero()) {
      fail_limit("limits.planningMilliseconds", "planning takes longer than it may");
    }
    return now;
  }

 private:
  Clock::duration left_;
  Clock::time_point last_;
};

}  // namespace fovea
