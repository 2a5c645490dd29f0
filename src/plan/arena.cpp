#include "plan/arena.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/order.h"

namespace fovea {
namespace {

constexpr uint64_t kAlignment = 64;

uint64_t aligned(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

bool overlap(const Block& a, const Block& b) { return a.first <= b.last && b.first <= a.last; }

constexpr size_t kMostBySize = 4096;

std::vector<int64_t> order_by(const std::vector<Block>& blocks, uint64_t (*key)(const Block&)) {
  const auto at = [&](int64_t index) { return key(blocks[static_cast<size_t>(index)]); };
  return order_of(blocks.size(), [&](int64_t a, int64_t b) { return at(a) < at(b); });
}

// Memory in pieces that are free or taken; it grows at its end.
class Pieces {
 public:
  uint64_t total() const { return total_; }

  // The smallest free piece that is large enough, or the end.
  uint64_t take(uint64_t bytes) {
    const auto found = by_size_.lower_bound({bytes, 0});
    if (found == by_size_.end()) return grow(bytes);
    const auto [size, offset] = *found;
    remove(offset, size);
    if (size > bytes) add(offset + bytes, size - bytes);
    return offset;
  }

  void give_back(uint64_t offset, uint64_t bytes) {
    auto next = by_offset_.lower_bound(offset);
    if (next != by_offset_.end() && next->first == offset + bytes) {
      bytes += next->second;
      remove(next->first, next->second);
    }
    next = by_offset_.lower_bound(offset);
    if (next != by_offset_.begin()) {
      const auto [before, size] = *std::prev(next);
      if (before + size == offset) {
        remove(before, size);
        offset = before;
        bytes += size;
      }
    }
    add(offset, bytes);
  }

 private:
  uint64_t grow(uint64_t bytes) {
    uint64_t offset = total_;
    if (!by_offset_.empty()) {
      const auto [last, size] = *by_offset_.rbegin();
      if (last + size == total_) {
        offset = last;
        remove(last, size);
      }
    }
    total_ = offset + bytes;
    return offset;
  }

  void add(uint64_t offset, uint64_t bytes) {
    by_offset_.emplace(offset, bytes);
    by_size_.emplace(bytes, offset);
  }
  void remove(uint64_t offset, uint64_t bytes) {
    by_offset_.erase(offset);
    by_size_.erase({bytes, offset});
  }

  std::map<uint64_t, uint64_t> by_offset_;           // free pieces and their bytes
  std::set<std::pair<uint64_t, uint64_t>> by_size_;  // the same, by bytes
  uint64_t total_ = 0;
};

uint64_t assign_by_step(std::vector<Block>& blocks) {
  const auto begins = order_by(blocks, [](const Block& block) -> uint64_t { return block.first; });
  const auto ends = order_by(blocks, [](const Block& block) -> uint64_t { return block.last; });
  Pieces pieces;
  auto ended = ends.begin();
  for (const auto index : begins) {
    Block& block = blocks[static_cast<size_t>(index)];
    for (; blocks[static_cast<size_t>(*ended)].last < block.first; ++ended) {
      const Block& done = blocks[static_cast<size_t>(*ended)];
      if (done.bytes > 0) pieces.give_back(done.offset, aligned(done.bytes));
    }
    if (block.bytes > 0) block.offset = pieces.take(aligned(block.bytes));
  }
  return pieces.total();
}

}  // namespace

uint64_t assign_offsets(std::vector<Block>& blocks) {
  if (blocks.size() > kMostBySize) return assign_by_step(blocks);
  const auto order =
      order_by(blocks, [](const Block& block) { return ~block.bytes; });  // largest first

  uint64_t total = 0;
  std::vector<const Block*> placed;  // by offset
  for (const auto index : order) {
    Block& block = blocks[static_cast<size_t>(index)];
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
