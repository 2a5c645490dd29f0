#include "plan/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace fovea {
namespace {

TEST(Arena, BlocksThatLiveTogetherDoNotOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Block> blocks;
    uint64_t sum = 0;
    for (int i = 0; i < 30; ++i) {
      const int first = static_cast<int>(random() % 20);
      const int last = first + static_cast<int>(random() % 6);
      blocks.push_back({random() % 1000, first, last, 0});
      sum += blocks.back().bytes + 63;
    }
    const uint64_t total = assign_offsets(blocks);
    EXPECT_LE(total, sum);
    for (size_t a = 0; a < blocks.size(); ++a) {
      EXPECT_EQ(blocks[a].offset % 64, 0u);
      EXPECT_LE(blocks[a].offset + blocks[a].bytes, total);
      for (size_t b = 0; b < a; ++b) {
        const bool together =
            blocks[a].first <= blocks[b].last && blocks[b].first <= blocks[a].last;
        const bool apart = blocks[a].offset + blocks[a].bytes <= blocks[b].offset ||
                           blocks[b].offset + blocks[b].bytes <= blocks[a].offset;
        EXPECT_TRUE(!together || apart || blocks[a].bytes == 0 || blocks[b].bytes == 0);
      }
    }
  }
}

TEST(Arena, AChainNeedsTwoBuffers) {
  std::vector<Block> blocks;
  for (int step = 0; step < 10; ++step) blocks.push_back({640, step, step + 1, 0});
  EXPECT_EQ(assign_offsets(blocks), 1280u);
}

}  // namespace
}  // namespace fovea
