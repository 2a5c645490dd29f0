#include "base/bit_packing.h"

namespace fovea {

void unpack_bits(const std::byte* from, int bits, int64_t count, uint8_t* to) noexcept {
  const uint32_t mask = (uint32_t{1} << bits) - 1;
  uint32_t window = 0;
  int held = 0;  // bits in the window
  for (int64_t i = 0; i < count; ++i) {
    if (held < bits) {
      window |= static_cast<uint32_t>(*from++) << held;
      held += 8;
    }
    to[i] = static_cast<uint8_t>(window & mask);
    window >>= bits;
    held -= bits;
  }
}

void pack_bits(const uint8_t* from, int bits, int64_t count, std::byte* to) noexcept {
  const uint32_t mask = (uint32_t{1} << bits) - 1;
  uint32_t window = 0;
  int held = 0;
  for (int64_t i = 0; i < count; ++i) {
    window |= (from[i] & mask) << held;
    held += bits;
    if (held < 8) continue;
    *to++ = static_cast<std::byte>(window & 0xff);
    window >>= 8;
    held -= 8;
  }
  if (held > 0) *to = static_cast<std::byte>(window);
}

}  // namespace fovea
