#include "passes/convolution.h"

namespace fovea {

int64_t Convolution::channel_of(int64_t row, int64_t column) const {
  if (!transposed) return row;
  const int64_t group_rows = weight->shape()[0] / groups;
  return row / group_rows * weight->shape()[1] + column;
}

std::optional<Convolution> convolution_of(const Graph& graph, const Node& node) {
  const bool transposed = node.op_type == "ConvTranspose";
  if (!node.domain.empty() || (node.op_type != "Conv" && !transposed)) return std::nullopt;
  const Tensor* weight = graph.constant(node.inputs[1]);
  if (!weight || weight->dtype() != DType::Float || weight->shape().rank() < 3) return std::nullopt;
  const int64_t groups = node.attributes.get_int("group", 1);
  if (groups < 1 || weight->shape()[0] % groups != 0) return std::nullopt;
  const int64_t channels = transposed ? weight->shape()[1] * groups : weight->shape()[0];
  return Convolution{weight, transposed, groups, channels};
}

std::optional<std::vector<float>> channel_values(const Graph& graph, ValueId id, int64_t channels,
                                                 int rank) {
  const Tensor* tensor = graph.constant(id);
  if (!tensor || tensor->dtype() != DType::Float) return std::nullopt;
  const Shape& shape = tensor->shape();
  if (shape.rank() > rank) return std::nullopt;
  if (tensor->elements() == 1) {
    return std::vector<float>(static_cast<size_t>(channels), tensor->as<float>()[0]);
  }
  const int channel_axis = shape.rank() - rank + 1;
  const bool fits =
      channel_axis >= 0 && tensor->elements() == channels && shape[channel_axis] == channels;
  return fits ? std::optional(to_floats(*tensor)) : std::nullopt;
}

}  // namespace fovea
