#include "plan/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace fovea {
namespace {

std::vector<Block> random_blocks(int count, int steps, std::mt19937& random) {
  std::vector<Block> blocks;
  for (int i = 0; i < count; ++i) {
    const int first = static_cast<int>(random() % static_cast<unsigned>(steps));
    const int last = first + static_cast<int>(random() % 6);
    blocks.push_back({random() % 1000, first, last, 0});
  }
  return blocks;
}

void expect_disjoint(const std::vector<Block>& blocks, uint64_t total) {
  for (size_t a = 0; a < blocks.size(); ++a) {
    ASSERT_EQ(blocks[a].offset % 64, 0u);
    ASSERT_LE(blocks[a].offset + blocks[a].bytes, total);
    for (size_t b = 0; b < a; ++b) {
      const bool together = blocks[a].first <= blocks[b].last && blocks[b].first <= blocks[a].last;
      const bool apart = blocks[a].offset + blocks[a].bytes <= blocks[b].offset ||
                         blocks[b].offset + blocks[b].bytes <= blocks[a].offset;
      ASSERT_TRUE(!together || apart || blocks[a].bytes == 0 || blocks[b].bytes == 0);
    }
  }
}

TEST(Arena, BlocksThatLiveTogetherDoNotOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Block> blocks = random_blocks(30, 20, random);
    uint64_t sum = 0;
    for (const Block& block : blocks) sum += block.bytes + 63;
    const uint64_t total = assign_offsets(blocks);
    EXPECT_LE(total, sum);
    expect_disjoint(blocks, total);
  }
}

TEST(Arena, TakesTensOfThousandsOfBlocks) {
  std::mt19937 random(8);
  std::vector<Block> blocks = random_blocks(60'000, 20'000, random);
  const uint64_t total = assign_offsets(blocks);
  EXPECT_LT(total, 100'000u);  // about 10 live together, of up to 1000 bytes
  const auto early =
      std::ranges::partition(blocks, [](const Block& block) { return block.first < 300; });
  blocks.erase(early.begin(), early.end());
  expect_disjoint(blocks, total);
}

TEST(Arena, AChainNeedsTwoBuffers) {
  std::vector<Block> blocks;
  for (int step = 0; step < 10; ++step) blocks.push_back({640, step, step + 1, 0});
  EXPECT_EQ(assign_offsets(blocks), 1280u);
}

}  // namespace
}  // namespace fovea
