#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace fovea::kernels {

// Numbers of any type as integers in the same order: the larger, the larger x is. Both zeros are
// alike, and so are all NaN, which are above every number.
template <class T>
uint64_t ascending_key(T x) {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  if constexpr (std::is_unsigned_v<T>) {
    return x;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<uint64_t>(static_cast<int64_t>(x)) ^ kSign;
  } else {
    if (x != x) return std::numeric_limits<uint64_t>::max();
    const auto bits = std::bit_cast<uint64_t>(static_cast<double>(x) + 0.0);  // -0 is 0
    return bits & kSign ? ~bits : bits | kSign;
  }
}

// keys[i] = ascending_key(from[i * stride]) for i < count, all bits flipped where `descending`. For
// float, double, int64_t and uint64_t.
template <class T>
void order_keys(const void* from, int64_t stride, int64_t count, bool descending,
                uint64_t* keys) noexcept;

}  // namespace fovea::kernels
