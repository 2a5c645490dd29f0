#include "base/bit_packing.h"

#include <gtest/gtest.h>

#include <vector>

namespace fovea {
namespace {

TEST(BitPacking, BitsFollowEachOtherFromTheLowestOn) {
  for (const int bits : {2, 4, 6, 8}) {
    for (const int64_t count : {0, 1, 2, 3, 4, 5, 7, 8, 9, 33}) {
      std::vector<uint8_t> codes;
      for (int64_t i = 0; i < count; ++i) codes.push_back(static_cast<uint8_t>(i * 37 + 11));
      const size_t bytes = static_cast<size_t>((count * bits + 7) / 8);
      std::vector<std::byte> packed(bytes, std::byte{0xff});
      pack_bits(codes.data(), bits, count, packed.data());
      for (int64_t bit = 0; bit < static_cast<int64_t>(bytes) * 8; ++bit) {
        const int64_t code = bit / bits;
        const int expected = code < count ? codes[static_cast<size_t>(code)] >> bit % bits & 1 : 0;
        const int given = static_cast<int>(packed[static_cast<size_t>(bit / 8)]) >> bit % 8 & 1;
        ASSERT_EQ(given, expected) << bits << " bits, bit " << bit << " of " << count;
      }
      std::vector<uint8_t> back(codes.size());
      unpack_bits(packed.data(), bits, count, back.data());
      for (size_t i = 0; i < codes.size(); ++i) ASSERT_EQ(back[i], codes[i] & ((1 << bits) - 1));
    }
  }
}

}  // namespace
}  // namespace fovea
