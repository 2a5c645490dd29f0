#include "ops/core/quantised_product.h"

#include <algorithm>
#include <cmath>

namespace fovea {

using kernels::Activation;
using kernels::Requantisation;

namespace {

// Inputs of a Conv and a Gemm; a MatMul has the first two.
enum : size_t { kData, kWeights, kBias };

kernels::Rounding rounding(const Quantised& to, float next_scale) {
  return {to.low(), to.high(), to.scale() / next_scale};
}

}  // namespace

QuantisedProduct::QuantisedProduct(const NodeContext& context) : context_(context), body_(context) {
  for (const Node& node : body_.nodes()) {
    if (node_) take(node);
    if (node.op_type != "Conv" && node.op_type != "MatMul" && node.op_type != "Gemm") continue;
    node_ = &node;
    last_ = node.outputs[0];
  }
  inputs_ = body_.inputs_of(*node_);
  data_ = dequantised(*maker(node_->inputs[kData]));
  weights_ = dequantised(*maker(node_->inputs[kWeights]));
  if (node_->inputs.size() <= kBias || node_->inputs[kBias] == kNoValue) return;
  const Node* bias = maker(node_->inputs[kBias]);
  bias_ = bias ? constant(*bias, 0) : constant(*node_, kBias);
  if (bias) bias_scale_ = dequantised(*bias);
}

Quantised QuantisedProduct::dequantised(const Node& node) const {
  return {node.inputs[0], constant(node, 1), constant(node, 2), context_.dtype(node.inputs[0])};
}

Quantised QuantisedProduct::quantised(const Node& node) const {
  return {kNoInput, constant(node, 1), constant(node, 2), body_.type(node.outputs[0]).dtype};
}

void QuantisedProduct::take(const Node& node) {
  // What the addend is made by is asked when it is added.
  if (std::ranges::find(node.inputs, last_) == node.inputs.end()) return;
  if (node.op_type == "QuantizeLinear") {
    result_ = quantised(node);
  } else if (node.op_type == "DequantizeLinear") {
    (addend_ == kNoInput ? rounded_ : rounded_sum_) = std::exchange(result_, std::nullopt);
  } else if (node.op_type == "Add") {
    addend_ = node.inputs[node.inputs[0] == last_ ? 1 : 0];
    if (const Node* bytes = maker(addend_)) {
      addend_bytes_ = dequantised(*bytes);
      addend_ = addend_bytes_->bytes;
    } else if (node_->op_type == "MatMul") {
      bias_ = context_.constant(addend_);
      addend_ = kNoInput;
    }
  } else {
    activation_ = *activation_of(node, [&](ValueId id) { return context_.constant(id); });
    if (activation_.kind == Activation::PRelu) slopes_ = constant(node, 1);
  }
  last_ = node.outputs[0];
}

bool QuantisedProduct::fits(bool images) const {
  const auto is_image = [&](int input) { return context_.layout(input) == Layout::ChannelsLast; };
  const bool bytes = kBytes.contains(data_.dtype) && (!result_ || kBytes.contains(result_->dtype));
  const bool added = addend_ == kNoInput || (images && is_image(addend_) && can_be_added());
  return bytes && (!images || is_image(data_.bytes)) && added &&
         (!rounded_ || kBytes.contains(rounded_->dtype)) &&
         (!rounded_sum_ || kBytes.contains(rounded_sum_->dtype));
}

int QuantisedProduct::channel_axis() const {
  const bool transposed = node_->op_type == "Gemm" && node_->attributes.get_int("transB", 0) != 0;
  return node_->op_type == "Conv" || transposed ? 0 : 1;
}

Requantisation QuantisedProduct::requantisation() const {
  Requantisation to;
  to.rounds = rounded_.has_value();
  if (rounded_) to.rounding = rounding(*rounded_, sum_scale());
  to.rounds_sum = rounded_sum_.has_value();
  if (rounded_sum_) to.sum_rounding = rounding(*rounded_sum_, last_scale());
  if (addend_bytes_) {
    to.addend_scale = addend_bytes_->scale();
    to.addend_point = addend_bytes_->codes().flip ^ addend_bytes_->point();
    to.addend_codes = addend_bytes_->codes();
  }
  to.low = -INFINITY;
  to.high = INFINITY;
  if (activation_.kind == Activation::Relu) to.low = 0;
  if (activation_.kind == Activation::Clip) {
    to.low = activation_.alpha / last_scale();
    to.high = activation_.beta / last_scale();
  }
  const float one_slope = slope();
  const std::span<const float> slopes = slopes_ ? slopes_->as<float>() : std::span(&one_slope, 1);
  to.bends = std::ranges::any_of(slopes, [](float x) { return x != 1; });
  to.shrinks = std::ranges::all_of(slopes, [](float x) { return x <= 1; });
  to.to_bytes = result_.has_value();
  if (!result_) return to;
  to.has_high = to.high < result_->high();
  to.has_low = to.low > result_->low() || addend_ != kNoInput || !is_moderate(slopes);
  to.low = std::clamp(to.low, result_->low(), result_->high());
  to.high = std::clamp(to.high, result_->low(), result_->high());
  to.point = result_->point_number();
  to.codes = result_->codes();
  return to;
}

// Whether no result is as low as -Requantisation::kLeast, whatever the image.
bool QuantisedProduct::is_moderate(std::span<const float> slopes) const {
  float steepest = 1;
  for (const float slope : slopes) steepest = std::max(steepest, std::abs(slope));
  const auto products = static_cast<float>(weights_shape().elements() / channels());
  constexpr float kLargest = 255 * 255;
  float most = 0;
  for (int64_t o = 0; o < channels(); ++o) {
    int32_t bias = 0;
    float scale = 0, shift = 0, slope = 0;
    fill_channels(o, &bias, &scale, &shift, &slope);
    const float sum = products * kLargest + std::abs(static_cast<float>(bias));
    most = std::max(most, sum * std::abs(scale) + std::abs(shift));
  }
  return most * steepest < Requantisation::kLeast;
}

// Biases that are quantised like the sums are added to these.
void QuantisedProduct::fill_channels(int64_t channel, int32_t* bias, float* scale, float* shift,
                                     float* slope) const {
  const float of_sums = data_.scale() * weights_.scale(channel);
  *scale = of_sums / first_scale();
  const auto at = static_cast<size_t>(channel);
  if (bias_ && bias_scale_) {
    const int32_t value = bias_->as<int32_t>()[at];
    const float of_bias = bias_scale_->scale(channel);
    const bool alike = std::abs(of_bias - of_sums) <= of_sums * 1e-6f;
    if (alike)
      *bias = value;
    else
      *shift = static_cast<float>(value) * of_bias / first_scale();
  } else if (bias_) {
    *shift = bias_->as<float>()[at] / first_scale();
  }
  *slope = slopes_ ? slopes_->as<float>()[slopes_->elements() == 1 ? 0 : at] : this->slope();
}

Tensor QuantisedProduct::channel_values() const {
  const int64_t count = kernels::round_up(channels(), kernels::kQuantisedPanel);
  Tensor values = Tensor::allocate(DType::Float, {5 * count});
  std::ranges::fill(values.mutable_as<float>(), 0.0f);
  float* to = values.mutable_as<float>().data();
  for (int64_t o = 0; o < channels(); ++o, ++to) {
    fill_channels(o, reinterpret_cast<int32_t*>(to), to + count, to + 2 * count, to + 3 * count);
    to[4 * count] = 1.0f / sum_scale();
  }
  return values;
}

void set_channels(const Tensor& values, Requantisation& to) {
  const int64_t count = values.elements() / 5;
  const float* all = values.as<float>().data();
  to.bias = reinterpret_cast<const int32_t*>(all);
  to.scale = all + count;
  to.shift = all + 2 * count;
  to.slopes = all + 3 * count;
  to.addend_factors = all + 4 * count;
}

std::vector<int16_t> numbers_of(const Tensor& weights, const Quantised& of, int channel_axis) {
  std::vector<int16_t> numbers(static_cast<size_t>(weights.elements()));
  const uint8_t* bytes = bytes_of(&weights);
  const Shape& shape = weights.shape();
  const int64_t inner = shape.elements(channel_axis + 1, shape.rank());
  for (int64_t i = 0; i < weights.elements(); ++i) {
    const int64_t channel = i / inner % shape[channel_axis];
    numbers[static_cast<size_t>(i)] = of.codes().number(bytes[i], of.point(channel));
  }
  return numbers;
}

}  // namespace fovea
