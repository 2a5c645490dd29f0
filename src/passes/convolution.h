#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"

// What the passes that work on convolutions ask of the graph.
namespace fovea {

// A Conv or ConvTranspose of ONNX whose weights are float constants:
// [channels][inputs / groups][kernel...], or transposed [inputs][channels / groups][kernel...].
struct Convolution {
  const Tensor* weight;
  bool transposed;
  int64_t groups;
  int64_t channels;  // of the result

  // Axes of the data and of the result.
  int rank() const { return weight->shape().rank(); }
  // The channel of the result that weight[row][column] contributes to.
  int64_t channel_of(int64_t row, int64_t column) const;
};

// nullopt where `node` is none, or has weights that do not fit its groups.
std::optional<Convolution> convolution_of(const Graph& graph, const Node& node);

// The elements of a float constant that has one for each channel of a tensor [N, channels, ...] of
// `rank` axes, or one for all, which is repeated. nullopt where it is none, or broadcasts
// otherwise.
std::optional<std::vector<float>> channel_values(const Graph& graph, ValueId id, int64_t channels,
                                                 int rank);

}  // namespace fovea
