#pragma once

#include <cstdint>
#include <map>

#include "graph/graph.h"

namespace fovea {

// Memory by address: what several tensors share counts once.
class TensorMemory {
 public:
  void add(const Tensor& tensor);
  // All constants, those in subgraphs included.
  void add(const Graph& graph);
  // Without what is put away.
  uint64_t bytes() const { return bytes_; }

 private:
  std::map<const void*, uint64_t> known_;
  uint64_t bytes_ = 0;
};

// All large constants that no plan reads.
void put_away(const Graph& graph, const Depot& depot);

}  // namespace fovea
