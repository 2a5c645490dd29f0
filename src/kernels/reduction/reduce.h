#pragma once

#include <cstddef>
#include <cstdint>

#include "base/dtype.h"
#include "kernels/loop_nest.h"
#include "threads/thread_pool.h"

namespace fovea::kernels {

// What is folded over the reduced elements. An empty fold gives its neutral element; for Max and
// Min that is the lowest and the highest value of the type.
enum class Fold : uint8_t { Sum, SumAbs, SumSquare, Product, Max, Min };

// What becomes of the folded value. Divide: by the count of reduced elements.
enum class Finish : uint8_t { None, Divide, SquareRoot, Logarithm };

// A folded value on its way: real for floating-point elements, natural for uint64 and whole for
// other integers, both wrapping.
union Folded {
  double real;
  int64_t whole;
  uint64_t natural;
};

// One fold for one element type. Floats are folded in blocks of at most kFoldBlock and the blocks
// in double, so that the rounding error does not grow with the number of elements.
struct Folder {
  Folded neutral;
  size_t element_bytes;
  // Folds `count` elements, `stride` apart, into *acc.
  void (*row)(const void* from, int64_t stride, int64_t count, Folded* acc) noexcept;
  // Folds `rows` rows of `width` neighbouring elements, rows `stride` apart, into acc[0..width).
  void (*columns)(const void* from, int64_t stride, int64_t rows, int width, Folded* acc) noexcept;
  // The same of rows of `count` neighbours each, `stride` apart, each row into one; may be null.
  void (*rows)(const void* from, int64_t stride, int64_t count, int width, Folded* acc) noexcept;
  // Turns `width` folded values of `count` elements each into elements.
  void (*finish)(const Folded* acc, int width, Finish finish, int64_t count, void* to) noexcept;
};

inline constexpr int64_t kFoldBlock = 256;

// For float, double, int32, uint32, int64 and uint64 elements, Max and Min also for int8, uint8 and
// bool; null for others.
const Folder* folder_of(DType dtype, Fold fold) noexcept;

// Which elements meet: both nests walk the input, `kept` over the output's elements in their order,
// `reduced` over those that are folded into each.
struct Reduction {
  LoopNest<1> kept;
  LoopNest<1> reduced;

  // Output elements that are worth a thread's while.
  int64_t grain() const { return 16384 / (reduced.iterations() + 1) + 1; }
};

void reduce(const Reduction& reduction, const Folder& folder, Finish finish, const std::byte* in,
            std::byte* out, ThreadPool& pool) noexcept;

// out = log(sum(exp(x))), computed in double around the largest x; integers truncate. For the types
// that folder_of knows a Sum of.
void log_sum_exp(const Reduction& reduction, DType dtype, const std::byte* in, std::byte* out,
                 ThreadPool& pool) noexcept;

}  // namespace fovea::kernels
