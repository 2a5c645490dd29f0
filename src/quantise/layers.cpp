#include "quantise/layers.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "onnx/reading.h"

namespace fovea::quantise {
namespace {

// Sums of fewer products take longer to become bytes than they save.
constexpr int64_t kFewestProducts = 32;

std::optional<Layer> multiplication(const onnx::Node& node) {
  const bool known = node.op_type == "Conv" || node.op_type == "Gemm" || node.op_type == "MatMul";
  if (!known || !onnx::is_default_domain(node.domain) || node.inputs.size() < 2 ||
      node.outputs.empty()) {
    return std::nullopt;
  }
  Layer layer;
  layer.name = name_of(node);
  layer.op_type = node.op_type;
  layer.input = node.inputs[0];
  layer.weights = node.inputs[1];
  if (node.inputs.size() > 2) layer.bias = node.inputs[2];
  layer.output = node.outputs[0];
  layer.groups = onnx::int_of(node, "group", 1);
  layer.weights_by_column =
      node.op_type == "MatMul" || (node.op_type == "Gemm" && onnx::int_of(node, "transB", 0) == 0);
  return layer;
}

bool is_scaled(const onnx::Node& gemm) {
  const auto is_one = [&](std::string_view name) {
    const onnx::Attribute* found = onnx::find_attribute(gemm, name);
    return !found || found->f == 1.0f;
  };
  return !is_one("alpha") || !is_one("beta") || onnx::int_of(gemm, "transA", 0) != 0;
}

// Why a multiplication is no layer; empty: it is one, whose weights' shape is known then.
std::string why_not(const Network& network, Layer& layer, const Options& options) {
  const onnx::Node& node = network.node(layer.node);
  if (network.constant(layer.input)) return "its input is constant";
  const auto weights = network.constant(layer.weights);
  if (!weights) return "its weights are no constants of the model's own file";
  layer.weights_shape = weights->shape;
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
    if (!bias || bias->shape != Shape{layer.outputs()})
      return "its bias is no constant for each output";
  }
  if (options.placement == Placement::Fused && layer.inputs() < kFewestProducts) {
    return text("each result is a sum of only ", layer.inputs(), " products");
  }
  return {};
}

// Before the image.
int64_t pad_of(const onnx::Node& node, int axis, int64_t size, int64_t reach, int64_t stride) {
  const std::string_view automatic = onnx::string_of(node, "auto_pad", "NOTSET");
  const auto pads = onnx::ints_of(node, "pads", {0, 0, 0, 0});
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    const int64_t all =
        std::max<int64_t>(((size + stride - 1) / stride - 1) * stride + reach - size, 0);
    return automatic == "SAME_UPPER" ? all / 2 : all - all / 2;
  }
  return automatic == "VALID" ? 0 : pads[static_cast<size_t>(axis)];
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
    out.layers.push_back(std::move(*layer));
  }
  return out;
}

bool wants_folding(const Network& network) {
  const onnx::Model& model = network.model();
  const auto is_norm = [](const onnx::Node& node) {
    return onnx::is_default_domain(node.domain) && node.op_type == "BatchNormalization";
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
  const auto strides = onnx::ints_of(node, "strides", {1, 1});
  const auto dilations = onnx::ints_of(node, "dilations", {1, 1});
  for (int axis = 0; axis < 2; ++axis) {
    kernel_[axis] = layer.weights_shape[axis + 2];
    strides_[axis] = strides[static_cast<size_t>(axis)];
    dilations_[axis] = dilations[static_cast<size_t>(axis)];
    const int64_t reach = (kernel_[axis] - 1) * dilations_[axis] + 1;
    pads_[axis] = pad_of(node, axis, image[axis + 2], reach, strides_[axis]);
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
