#pragma once

#include <cstdint>
#include <vector>

namespace fovea {

// A piece of memory that is needed from step `first` to step `last`, both included.
struct Block {
  uint64_t bytes = 0;
  int first = 0;
  int last = 0;
  uint64_t offset = 0;  // the result
};

// Gives blocks whose steps overlap disjoint 64-byte aligned ranges and returns the bytes needed for
// all: largest first, each at the lowest offset that is free (greedy by size, as in "Efficient
// Memory Management for Deep Neural Net Inference", Pisarchyk and Lee, 2020). That takes time in
// the square of their number; thousands of blocks go in the order of their steps instead, each to
// the smallest piece that is free by then.
uint64_t assign_offsets(std::vector<Block>& blocks);

}  // namespace fovea
