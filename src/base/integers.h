#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace fovea {

// a / b rounded down, for b > 0.
constexpr int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

// The least multiple that is at least as large, of values >= 0.
constexpr int64_t round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// The product of factors >= 0, or the largest int64 where it is larger.
constexpr int64_t saturating_product(int64_t a, int64_t b) {
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
  return a > 0 && b > kLargest / a ? kLargest : a * b;
}

// The same of a sum of terms >= 0.
constexpr int64_t saturating_sum(int64_t a, int64_t b) {
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
  return a > kLargest - b ? kLargest : a + b;
}

// `bytes` as the size of one piece of memory. Throws Error(OutOfMemory) with the field "bytes" for
// more than PTRDIFF_MAX: in WebAssembly size_t has 32 bits, and a cast would wrap around silently.
size_t checked_size(uint64_t bytes);

// Throws Error(OutOfMemory) with the field "bytes".
[[noreturn]] void fail_out_of_memory(uint64_t bytes);

// x truncated toward zero, saturated where To cannot hold it; NaN becomes 0.
template <std::integral To, std::floating_point From>
[[gnu::always_inline]] inline To saturating_cast(From x) {
  // 2^digits, one above the largest To, is exact in every floating type; the largest To is not.
  constexpr From kEnd = static_cast<From>(std::numeric_limits<To>::max() / 2 + 1) * From{2};
  constexpr From kBegin = static_cast<From>(std::numeric_limits<To>::min());
  if (x >= kEnd) return std::numeric_limits<To>::max();
  if (x > kBegin) return static_cast<To>(x);
  return x <= kBegin ? std::numeric_limits<To>::min() : To{0};
}

}  // namespace fovea
