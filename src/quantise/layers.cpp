#include "quantise/layers.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace fovea::quantise {
namespace {

// Sums of fewer products take longer to become bytes than they save.
constexpr int64_t kFewestProducts = 32;

bool is_standard(const onnx::Node& node) { return node.domain.empty() || node.domain == "ai.onnx"; }

std::optional<Layer> multiplication(const onnx::Node& node) {
  const bool known = node.op_type == "Conv" || node.op_type == "Gemm" || node.op_type == "MatMul";
  if (!known || !is_standard(node) || node.inputs.size() < 2 || node.outputs.empty()) {
    return std::nullopt;
  }
  Layer layer;
  layer.name = name_of(node);
  layer.op_type = node.op_type;
  layer.input = node.inputs[0];
  layer.weights = node.inputs[1];
  if (node.inputs.size() > 2) layer.bias = node.inputs[2];
  layer.output = node.outputs[0];
  layer.groups = attribute(node, "group", int64_t{1});
  layer.weights_by_column = node.op_type == "MatMul" ||
                            (node.op_type == "Gemm" && attribute(node, "transB", int64_t{0}) == 0);
  return layer;
}

bool is_scaled(const onnx::Node& gemm) {
  const auto is_one = [&](std::string_view name) {
    const auto found = std::ranges::find(gemm.attributes, name, &onnx::Attribute::name);
    return found == gemm.attributes.end() || found->f == 1.0f;
  };
  return !is_one("alpha") || !is_one("beta") || attribute(gemm, "transA", int64_t{0}) != 0;
}

// Why a multiplication is no layer; empty: it is one.
std::string why_not(const Network& network, const Layer& layer, const Options& options) {
  const onnx::Node& node = network.node(layer.node);
  if (network.constant(layer.input)) return "its input is constant";
  const auto weights = network.constant(layer.weights);
  if (!weights) return "its weights are no constants of the model's own file";
  const int rank = layer.is_convolution() ? 4 : 2;
  if (weights->shape.rank() != rank) {
    return text("its weights have ", weights->shape.rank(), " axes, not ", rank);
  }
  if (weights->shape.elements() == 0) return "it has no weights";
  if (layer.groups < 1 || weights->shape[0] % layer.groups != 0) return "its groups do not fit";
  if (node.op_type == "Gemm" && is_scaled(node))
    return "it scales or transposes what it multiplies";
  if (!layer.bias.empty()) {
    const auto bias = network.constant(layer.bias);
    const int64_t outputs = weights->shape[layer.weights_by_column ? 1 : 0];
    if (!bias || bias->shape != Shape{outputs}) return "its bias is no constant for each output";
  }
  const int64_t products =
      weights->shape.elements() / weights->shape[layer.weights_by_column ? 1 : 0];
  if (options.placement == Placement::Fused && products < kFewestProducts) {
    return text("each result is a sum of only ", products, " products");
  }
  return {};
}

std::pair<int64_t, int64_t> pads_of(const onnx::Node& node, int axis, int64_t size, int64_t reach,
                                    int64_t stride) {
  const std::string_view automatic = attribute(node, "auto_pad", std::string_view("NOTSET"));
  const auto pads = attribute(node, "pads", std::vector<int64_t>(4, 0));
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    const int64_t all =
        std::max<int64_t>(((size + stride - 1) / stride - 1) * stride + reach - size, 0);
    const int64_t less = all / 2;
    return automatic == "SAME_UPPER" ? std::pair(less, all - less) : std::pair(all - less, less);
  }
  if (automatic == "VALID") return {0, 0};
  return {pads[static_cast<size_t>(axis)], pads[static_cast<size_t>(axis + 2)]};
}

}  // namespace

Layers find_layers(const Network& network, const Options& options) {
  Layers out;
  for (size_t i = 0; i < network.nodes().size(); ++i) {
    auto layer = multiplication(network.node(i));
    if (!layer) continue;
    layer->node = i;
    if (std::string reason = why_not(network, *layer, options); !reason.empty()) {
      out.skipped.push_back({i, layer->name, layer->op_type, std::move(reason)});
      continue;
    }
    layer->weights_shape = network.constant(layer->weights)->shape;
    out.layers.push_back(std::move(*layer));
  }
  return out;
}

bool wants_folding(const Network& network) {
  const onnx::Model& model = network.model();
  const auto is_norm = [](const onnx::Node& node) {
    return is_standard(node) && node.op_type == "BatchNormalization";
  };
  const auto is_external = [](const onnx::Tensor& tensor) {
    return tensor.data_location == onnx::Tensor::kExternal;
  };
  return !model.functions.empty() || std::ranges::any_of(model.graph.nodes, is_norm) ||
         std::ranges::any_of(model.graph.initializers, is_external);
}

Weights weights_of(const Network& network, const Layer& layer) {
  Constant stored = *network.constant(layer.weights);
  Weights out{layer.outputs(), layer.inputs(), std::move(stored.values), {}};
  const auto check = [&](std::span<const float> values, std::string_view name) {
    if (std::ranges::all_of(values, [](float x) { return std::isfinite(x); })) return;
    throw Error(
        ErrorCode::InvalidInput,
        text("The weights \"", name, "\" of node \"", layer.name,
             "\" are not all finite; quantising them would hide that. Mend the model first."))
        .with("tensor", std::string(name))
        .with("node", layer.name);
  };
  check(out.values, layer.weights);
  if (!layer.bias.empty()) {
    out.bias = network.constant(layer.bias)->values;
    check(out.bias, layer.bias);
  }
  if (layer.weights_by_column) {
    std::vector<float> rows(out.values.size());
    for (int64_t o = 0; o < out.outputs; ++o) {
      for (int64_t i = 0; i < out.inputs; ++i) {
        rows[static_cast<size_t>(o * out.inputs + i)] =
            out.values[static_cast<size_t>(i * out.outputs + o)];
      }
    }
    out.values = std::move(rows);
  }
  return out;
}

std::vector<int8_t> stored_order(const Layer& layer, const std::vector<int8_t>& rows) {
  if (!layer.weights_by_column) return rows;
  std::vector<int8_t> out(rows.size());
  const int64_t inputs = layer.inputs(), outputs = layer.outputs();
  for (int64_t o = 0; o < outputs; ++o) {
    for (int64_t i = 0; i < inputs; ++i) {
      out[static_cast<size_t>(i * outputs + o)] = rows[static_cast<size_t>(o * inputs + i)];
    }
  }
  return out;
}

Columns::Columns(const Network& network, const Layer& layer, const Shape& image,
                 const Shape& result)
    : layer_(layer) {
  if (!layer.is_convolution()) {
    places_ = result.elements() / layer.outputs();
    if (image.elements() != places_ * layer.inputs()) {
      fail(ErrorCode::InvalidInput, "Node \"", layer.name, "\" gives ", result, " of ", image,
           ", which are no rows of ", layer.inputs(), ".");
    }
    return;
  }
  const onnx::Node& node = network.node(layer.node);
  if (image.rank() != 4 || result.rank() != 4 ||
      image[1] != layer.weights_shape[1] * layer.groups) {
    fail(ErrorCode::InvalidInput, "Node \"", layer.name, "\" gives ", result, " of ", image,
         ", which are no images of ", layer.weights_shape[1] * layer.groups, " channels.");
  }
  channels_ = image[1];
  height_ = image[2];
  width_ = image[3];
  out_height_ = result[2];
  out_width_ = result[3];
  places_ = result[0] * out_height_ * out_width_;
  const auto strides = attribute(node, "strides", std::vector<int64_t>(2, 1));
  const auto dilations = attribute(node, "dilations", std::vector<int64_t>(2, 1));
  for (int axis = 0; axis < 2; ++axis) {
    kernel_[axis] = layer.weights_shape[axis + 2];
    strides_[axis] = strides[static_cast<size_t>(axis)];
    dilations_[axis] = dilations[static_cast<size_t>(axis)];
    const int64_t reach = (kernel_[axis] - 1) * dilations_[axis] + 1;
    pads_[axis] = pads_of(node, axis, image[axis + 2], reach, strides_[axis]).first;
  }
}

void Columns::read(const float* image, int64_t place, int64_t group, float* to) const {
  if (!layer_.is_convolution()) {
    std::copy_n(image + place * layer_.inputs(), layer_.inputs(), to);
    return;
  }
  const int64_t x = place % out_width_, y = place / out_width_ % out_height_;
  const int64_t n = place / (out_width_ * out_height_), channels = channels_ / layer_.groups;
  for (int64_t c = 0; c < channels; ++c) {
    const float* plane = image + ((n * layer_.groups + group) * channels + c) * height_ * width_;
    for (int64_t i = 0; i < kernel_[0]; ++i) {
      const int64_t row = y * strides_[0] - pads_[0] + i * dilations_[0];
      for (int64_t j = 0; j < kernel_[1]; ++j) {
        const int64_t column = x * strides_[1] - pads_[1] + j * dilations_[1];
        const bool inside = row >= 0 && row < height_ && column >= 0 && column < width_;
        *to++ = inside ? plane[row * width_ + column] : 0.0f;
      }
    }
  }
}

void Columns::results(const float* result, int64_t place, int64_t group, float* to) const {
  const int64_t outputs = layer_.outputs(), per_group = outputs / layer_.groups;
  if (!layer_.is_convolution()) {
    std::copy_n(result + place * outputs, outputs, to);
    return;
  }
  const int64_t plane = out_height_ * out_width_, n = place / plane;
  const float* from = result + (n * outputs + group * per_group) * plane + place % plane;
  for (int64_t o = 0; o < per_group; ++o) to[o] = from[o * plane];
}

}  // namespace fovea::quantise
