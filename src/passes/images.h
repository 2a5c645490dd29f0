#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace fovea {

// What a graph says of a value [N, C, H, W] before anybody knows what will be fed; nullopt where a
// size is open.
struct Image {
  std::optional<int64_t> height;
  std::optional<int64_t> width;
};

inline constexpr int kImageRank = 4;

// For each value of a graph; nullopt where it may have another number of axes than four.
using Images = std::vector<std::optional<Image>>;

Images images_of(const Graph& graph);

}  // namespace fovea
