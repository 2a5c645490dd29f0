#pragma once

#include <optional>
#include <vector>

#include "kernels/quantised/conv.h"
#include "ops/core/activation.h"
#include "ops/core/body.h"
#include "ops/core/byte_rows.h"
#include "ops/op.h"

// What fused nodes of quantised products say in their bodies.
namespace fovea {

// Bytes as a node of the body reads or makes them, all known but the bytes.
struct Quantised {
  int bytes = kNoInput;  // an input of the fused node
  const Tensor* scales = nullptr;
  const Tensor* points = nullptr;  // null: 0
  DType dtype = DType::Uint8;

  float scale(int64_t i = 0) const {
    const auto all = scales->as<float>();
    return all[all.size() == 1 ? 0 : static_cast<size_t>(i)];
  }
  uint8_t point(int64_t i = 0) const {
    return points ? bytes_of(points)[points->elements() == 1 ? 0 : i] : 0;
  }
  kernels::ByteCodes codes() const { return byte_codes(dtype); }
  // The point as a number.
  int point_number() const { return codes().number(point(), 0); }
  // Of numbers less the point.
  float low() const { return static_cast<float>(dtype == DType::Int8 ? -128 : 0) - shift(); }
  float high() const { return low() + 255.0f; }

 private:
  float shift() const { return static_cast<float>(point_number()); }
};

// A body, whose Conv, MatMul or Gemm has nodes before it that dequantise its inputs, and nodes
// behind it: [Add of a MatMul's bias], [QuantizeLinear, DequantizeLinear], [Add, [QuantizeLinear,
// DequantizeLinear]], [an activation], [QuantizeLinear]. What is added may be dequantised as well.
class QuantisedProduct {
 public:
  explicit QuantisedProduct(const NodeContext& context);
  QuantisedProduct(const QuantisedProduct&) = delete;
  QuantisedProduct& operator=(const QuantisedProduct&) = delete;

  NodeContext product() const { return {*node_, inputs_}; }
  // Of it in the body.
  size_t index() const { return static_cast<size_t>(node_ - body_.nodes().data()); }
  // Whether there are kernels for these types, and images where there are to be some.
  bool fits(bool images) const;
  // Whether the addend does not broadcast.
  bool can_be_added() const {
    return context_.shape(addend_) == *body_.result().shape &&
           (!addend_bytes_ || kBytes.contains(addend_bytes_->dtype));
  }
  int data() const { return data_.bytes; }
  const Quantised& image() const { return data_; }
  const Quantised& weights() const { return weights_; }
  int addend() const { return addend_; }
  // Whether it is bytes.
  bool adds_bytes() const { return addend_bytes_.has_value(); }
  const std::optional<Quantised>& result() const { return result_; }

  int64_t channels() const { return weights_shape()[channel_axis()]; }
  // That weights have a scale for each place along.
  int channel_axis() const;
  // All but what is there for each channel, see set_channels().
  kernels::Requantisation requantisation() const;
  // Biases, scales, shifts, slopes and factors of what is added, of all channels, one after the
  // other.
  Tensor channel_values() const;

 private:
  const Shape& weights_shape() const { return context_.shape(weights_.bytes); }
  void fill_channels(int64_t channel, int32_t* bias, float* scale, float* shift,
                     float* slope) const;
  const Node* maker(ValueId id) const {
    const int at = id - context_.input_count();
    return at < 0 ? nullptr : &body_.nodes()[static_cast<size_t>(at)];
  }
  const Tensor* constant(const Node& node, size_t input) const {
    if (input >= node.inputs.size() || node.inputs[input] == kNoValue) return nullptr;
    return context_.constant(node.inputs[input]);
  }
  Quantised dequantised(const Node& node) const;
  Quantised quantised(const Node& node) const;
  void take(const Node& node);
  bool is_moderate(std::span<const float> slopes) const;
  // Of all channels, unless there are slopes_.
  float slope() const {
    return activation_.kind == kernels::Activation::LeakyRelu ? activation_.alpha : 1.0f;
  }
  // What values are divided by, the addend's as sum_scale().
  float last_scale() const { return result_ ? result_->scale() : 1.0f; }
  float sum_scale() const { return rounded_sum_ ? rounded_sum_->scale() : last_scale(); }
  float first_scale() const { return rounded_ ? rounded_->scale() : sum_scale(); }

  const NodeContext& context_;
  Body body_;
  const Node* node_ = nullptr;
  std::vector<const ValueType*> inputs_;
  Quantised data_, weights_;
  const Tensor* bias_ = nullptr;
  std::optional<Quantised> bias_scale_;  // else it is of floats
  std::optional<Quantised> rounded_;     // before anything follows
  int addend_ = kNoInput;
  std::optional<Quantised> addend_bytes_;  // else it is floats
  kernels::ActivationSpec activation_;
  const Tensor* slopes_ = nullptr;
  std::optional<Quantised> rounded_sum_;  // with the addend
  std::optional<Quantised> result_;
  ValueId last_ = kNoValue;  // the result so far
};

// Has the values that channel_values() made, in memory, be those of the channels.
void set_channels(const Tensor& values, kernels::Requantisation& to);

// Weights less their zero points, in the order of their elements.
std::vector<int16_t> numbers_of(const Tensor& weights, const Quantised& of, int channel_axis);

}  // namespace fovea
