#include "plan/arena.h"

#include <algorithm>
#include <numeric>

namespace fovea {
namespace {

constexpr uint64_t kAlignment = 64;

uint64_t aligned(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

bool overlap(const Block& a, const Block& b) { return a.first <= b.last && b.first <= a.last; }

}  // namespace

uint64_t assign_offsets(std::vector<Block>& blocks) {
  std::vector<size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order,
                           [&](size_t a, size_t b) { return blocks[a].bytes > blocks[b].bytes; });

  uint64_t total = 0;
  std::vector<const Block*> placed;  // by offset
  for (const size_t index : order) {
    Block& block = blocks[index];
    uint64_t offset = 0;
    for (const Block* other : placed) {
      if (!overlap(block, *other)) continue;
      if (offset + block.bytes <= other->offset) break;
      offset = std::max(offset, other->offset + aligned(other->bytes));
    }
    block.offset = offset;
    total = std::max(total, offset + aligned(block.bytes));
    const auto behind = std::ranges::upper_bound(placed, offset, {}, &Block::offset);
    placed.insert(behind, &block);
  }
  return total;
}

}  // namespace fovea
