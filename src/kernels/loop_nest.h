#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/error.h"
#include "threads/thread_pool.h"

// The one way over N-dimensional arrays: a nest of loops whose neighbouring axes are merged where
// memory allows, walked row by row, so that kernels see only "count elements with these strides".

namespace fovea::kernels {

// Axes left after merging: more than any tensor met in practice has.
inline constexpr int kMaxLoopAxes = 16;

// `Operands` arrays walked together, each with its own strides in elements (0 repeats an element,
// negative walks backwards).
template <int Operands>
class LoopNest {
 public:
  using Offsets = std::array<int64_t, Operands>;
  struct Axis {
    int64_t size = 1;
    Offsets strides = {};
  };

  // Adds the next inner axis. Throws Error(UnsupportedAttribute) past kMaxLoopAxes.
  void add_axis(int64_t size, const Offsets& strides) {
    iterations_ *= size;
    if (size == 1) return;
    Axis& outer = axes_[static_cast<size_t>(count_ - 1)];
    if (outer.size == 1) {
      outer = {size, strides};
    } else if (continues(outer, size, strides)) {
      outer = {outer.size * size, strides};
    } else if (count_ == kMaxLoopAxes) {
      fail(ErrorCode::UnsupportedAttribute, "more than ", kMaxLoopAxes,
           " axes of different strides are not supported");
    } else {
      axes_[static_cast<size_t>(count_++)] = {size, strides};
    }
  }

  // Visits of the innermost body.
  int64_t iterations() const { return iterations_; }
  // Axes after merging, at least 1; axis(count() - 1) is the innermost.
  int count() const { return count_; }
  const Axis& axis(int index) const { return axes_[static_cast<size_t>(index)]; }
  const Axis& inner() const { return axis(count_ - 1); }

 private:
  static bool continues(const Axis& outer, int64_t size, const Offsets& strides) {
    for (size_t i = 0; i < Operands; ++i) {
      if (outer.strides[i] != strides[i] * size) return false;
    }
    return true;
  }

  std::array<Axis, kMaxLoopAxes> axes_ = {};
  int count_ = 1;
  int64_t iterations_ = 1;
};

// Walks iterations [begin, end) of a nest as rows along its innermost axis; the first and the last
// row may be partial:
//   for (RowCursor row(nest, begin, end); row; row.next()) use(row.offset(0), row.count());
template <int Operands>
class RowCursor {
 public:
  RowCursor(const LoopNest<Operands>& nest, int64_t begin, int64_t end) noexcept
      : nest_(nest), left_(std::max<int64_t>(end - begin, 0)) {
    if (left_ == 0) return;
    for (int axis = nest.count() - 1; axis >= 0; --axis) {
      const int64_t index = begin % nest.axis(axis).size;
      begin /= nest.axis(axis).size;
      index_[static_cast<size_t>(axis)] = index;
      advance(axis, index);
    }
    column_ = index_[static_cast<size_t>(nest.count() - 1)];
    count_ = std::min(left_, nest.inner().size - column_);
  }

  explicit operator bool() const { return left_ > 0; }
  // Elements of this row; where each operand's begin and how far apart they are.
  int64_t count() const { return count_; }
  int64_t offset(int operand) const { return offsets_[static_cast<size_t>(operand)]; }
  int64_t stride(int operand) const { return nest_.inner().strides[static_cast<size_t>(operand)]; }

  void next() noexcept {
    left_ -= count_;
    if (left_ == 0) return;
    advance(nest_.count() - 1, -column_);
    column_ = 0;
    for (int axis = nest_.count() - 2; axis >= 0; --axis) {
      advance(axis, 1);
      int64_t& index = index_[static_cast<size_t>(axis)];
      if (++index < nest_.axis(axis).size) break;
      advance(axis, -index);
      index = 0;
    }
    count_ = std::min(left_, nest_.inner().size);
  }

 private:
  void advance(int axis, int64_t steps) noexcept {
    for (size_t i = 0; i < Operands; ++i) offsets_[i] += steps * nest_.axis(axis).strides[i];
  }

  const LoopNest<Operands>& nest_;
  std::array<int64_t, Operands> offsets_ = {};
  std::array<int64_t, kMaxLoopAxes> index_ = {};
  int64_t left_;
  int64_t count_ = 0;
  int64_t column_ = 0;
};

// Calls fn(const RowCursor&) for every row of the nest, chunks of at least `grain` iterations on
// the threads of the pool.
template <int Operands, class Fn>
void parallel_rows(const LoopNest<Operands>& nest, int64_t grain, ThreadPool& pool, Fn&& fn) {
  pool.parallel_for(nest.iterations(), grain, [&](int64_t begin, int64_t end) {
    for (RowCursor<Operands> row(nest, begin, end); row; row.next()) fn(row);
  });
}

}  // namespace fovea::kernels
