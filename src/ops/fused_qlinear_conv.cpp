// FusedQLinearConv, which a pass makes of a Conv of dequantised images and weights and of what
// follows it. See passes/quantised_convolution.cpp.

#include <algorithm>
#include <cmath>
#include <optional>

#include "kernels/quantised/conv.h"
#include "ops/core/activation.h"
#include "ops/core/body.h"
#include "ops/core/byte_rows.h"
#include "ops/core/dense_conv.h"
#include "ops/core/outside.h"

namespace fovea {
namespace {

using kernels::Activation;
using kernels::ConvShape;
using kernels::QuantisedAlgorithm;
using kernels::Requantisation;

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

// The body, whose convolution has nodes before it that dequantise its inputs, and nodes behind it:
// [QuantizeLinear, DequantizeLinear], [Add], [an activation], [QuantizeLinear].
class QuantisedConvolution {
 public:
  explicit QuantisedConvolution(const NodeContext& context);
  QuantisedConvolution(const QuantisedConvolution&) = delete;
  QuantisedConvolution& operator=(const QuantisedConvolution&) = delete;

  NodeContext convolution() const { return {*node_, inputs_}; }
  // Of it in the body.
  size_t index() const { return static_cast<size_t>(node_ - body_.nodes().data()); }
  // Whether there is a kernel for these types and shapes.
  bool fits() const;
  int data() const { return data_.bytes; }
  const Quantised& image() const { return data_; }
  const Quantised& weights() const { return weights_; }
  int addend() const { return addend_; }
  const std::optional<Quantised>& result() const { return result_; }

  // All but what is there for each channel.
  Requantisation requantisation() const;
  void fill_channels(int64_t channel, int32_t* bias, float* scale, float* shift,
                     float* slope) const;

 private:
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
  // Of all channels, unless there are slopes_.
  float slope() const {
    return activation_.kind == Activation::LeakyRelu ? activation_.alpha : 1.0f;
  }
  // What values are divided by, that the addend is added to.
  float last_scale() const { return result_ ? result_->scale() : 1.0f; }
  float first_scale() const { return rounded_ ? rounded_->scale() : last_scale(); }

  const NodeContext& context_;
  Body body_;
  const Node* node_ = nullptr;
  std::vector<const ValueType*> inputs_;
  Quantised data_, weights_;
  const Tensor* bias_ = nullptr;
  std::optional<Quantised> bias_scale_;  // else it is of floats
  std::optional<Quantised> rounded_;     // before anything follows
  int addend_ = kNoInput;
  kernels::ActivationSpec activation_;
  const Tensor* slopes_ = nullptr;
  std::optional<Quantised> result_;
};

QuantisedConvolution::QuantisedConvolution(const NodeContext& context)
    : context_(context), body_(context) {
  for (const Node& node : body_.nodes()) {
    if (node_) take(node);
    if (node.op_type == "Conv") node_ = &node;
  }
  inputs_ = body_.inputs_of(*node_);
  data_ = dequantised(*maker(node_->inputs[kConvData]));
  weights_ = dequantised(*maker(node_->inputs[kConvWeights]));
  if (node_->inputs.size() <= kConvBias || node_->inputs[kConvBias] == kNoValue) return;
  const Node* bias = maker(node_->inputs[kConvBias]);
  bias_ = bias ? constant(*bias, 0) : constant(*node_, kConvBias);
  if (bias) bias_scale_ = dequantised(*bias);
}

Quantised QuantisedConvolution::dequantised(const Node& node) const {
  return {node.inputs[0], constant(node, 1), constant(node, 2), context_.dtype(node.inputs[0])};
}

Quantised QuantisedConvolution::quantised(const Node& node) const {
  return {kNoInput, constant(node, 1), constant(node, 2), body_.type(node.outputs[0]).dtype};
}

void QuantisedConvolution::take(const Node& node) {
  if (node.op_type == "QuantizeLinear") {
    result_ = quantised(node);
  } else if (node.op_type == "DequantizeLinear") {
    rounded_ = std::exchange(result_, std::nullopt);
  } else if (node.op_type == "Add") {
    addend_ = node.inputs[maker(node.inputs[0]) ? 1 : 0];
  } else {
    activation_ = *activation_of(node, [&](ValueId id) { return context_.constant(id); });
    if (activation_.kind == Activation::PRelu) slopes_ = constant(node, 1);
  }
}

bool QuantisedConvolution::fits() const {
  const auto is_image = [&](int input) { return context_.layout(input) == Layout::ChannelsLast; };
  const bool bytes = kBytes.contains(data_.dtype) && (!result_ || kBytes.contains(result_->dtype));
  const bool added = addend_ == kNoInput || is_image(addend_);
  return bytes && is_image(data_.bytes) && added && (!rounded_ || kBytes.contains(rounded_->dtype));
}

Requantisation QuantisedConvolution::requantisation() const {
  Requantisation to;
  if (rounded_) {
    to.rounds = true;
    to.first_low = rounded_->low();
    to.first_high = rounded_->high();
    to.factor = rounded_->scale() / last_scale();
  }
  to.addend_factor = 1.0f / last_scale();
  to.low = -INFINITY;
  to.high = INFINITY;
  if (activation_.kind == Activation::Relu) to.low = 0;
  if (activation_.kind == Activation::Clip) {
    to.low = activation_.alpha / last_scale();
    to.high = activation_.beta / last_scale();
  }
  to.shrinks = slopes_ ? std::ranges::all_of(slopes_->as<float>(), [](float x) { return x <= 1; })
                       : slope() <= 1;
  to.to_bytes = result_.has_value();
  if (!result_) return to;
  to.has_high = to.high < result_->high();
  to.low = std::clamp(to.low, result_->low(), result_->high());
  to.high = std::clamp(to.high, result_->low(), result_->high());
  to.point = result_->point_number();
  to.codes = result_->codes();
  return to;
}

// Biases that are quantised like the sums are added to these.
void QuantisedConvolution::fill_channels(int64_t channel, int32_t* bias, float* scale, float* shift,
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

// ---- The kernel ----

std::vector<int16_t> numbers_of(const Tensor& weights, const Quantised& of) {
  std::vector<int16_t> numbers(static_cast<size_t>(weights.elements()));
  const uint8_t* bytes = bytes_of(&weights);
  const int64_t size = weights.shape().elements(1, weights.shape().rank());
  for (int64_t i = 0; i < weights.elements(); ++i) {
    numbers[static_cast<size_t>(i)] = of.codes().number(bytes[i], of.point(i / size));
  }
  return numbers;
}

class QuantisedConvStep {
 public:
  QuantisedConvStep(PlanContext& context, const QuantisedConvolution& convolution);
  void operator()(RunContext& run) const;

 private:
  bool pack(const PlanContext& context, const QuantisedConvolution& convolution,
            const QuantisedAlgorithm& algorithm);

  ConvShape shape_;
  const QuantisedAlgorithm* algorithm_ = nullptr;
  Tensor packed_;
  Tensor channels_;  // bias, scale, shift and slope of all channels, one after the other
  int64_t channel_count_;
  bool has_shift_;
  Requantisation requantisation_;
  int data_, addend_;
  kernels::ByteCodes codes_;
  uint8_t point_;
  int64_t macs_;
};

bool QuantisedConvStep::pack(const PlanContext& context, const QuantisedConvolution& convolution,
                             const QuantisedAlgorithm& algorithm) {
  const Quantised& weights = convolution.weights();
  packed_ = context.prepacked(algorithm.name, [&] {
    Tensor packed = Tensor::allocate(DType::Int16, {algorithm.packed_size(shape_)});
    const int lowest = codes_.number(codes_.flip, point_);
    const auto numbers = numbers_of(*context.constant(weights.bytes), weights);
    const bool exact =
        algorithm.pack(shape_, lowest, numbers.data(), packed.mutable_as<int16_t>().data());
    return exact ? packed : Tensor();
  });
  algorithm_ = &algorithm;
  return packed_.elements() > 0;
}

// Tiles that reach far over the edges, and few channels, cost more than they save.
bool pays_for_winograd(const ConvShape& shape) {
  return kernels::is_for_winograd(shape) && shape.in_channels >= 8 && shape.out_channels >= 4 &&
         shape.out_h >= 4 && shape.out_w >= 4;
}

QuantisedConvStep::QuantisedConvStep(PlanContext& context, const QuantisedConvolution& convolution)
    : requantisation_(convolution.requantisation()),
      data_(convolution.data()),
      addend_(convolution.addend()),
      codes_(convolution.image().codes()),
      point_(convolution.image().point()) {
  const Conv conv(convolution.convolution());
  shape_ = conv_shape(convolution.convolution(), conv);
  macs_ = macs_conv(convolution.convolution(), conv.result);
  channel_count_ = kernels::round_up(shape_.out_channels, kernels::kQuantisedPanel);
  const bool packed =
      pays_for_winograd(shape_) && (pack(context, convolution, kernels::kQuantisedWinograd4) ||
                                    pack(context, convolution, kernels::kQuantisedWinograd2));
  if (!packed) pack(context, convolution, kernels::kQuantisedDirect);
  channels_ = context.prepacked("channels", [&] {
    Tensor channels = Tensor::allocate(DType::Float, {4 * channel_count_});
    std::ranges::fill(channels.mutable_as<float>(), 0.0f);
    float* to = channels.mutable_as<float>().data();
    for (int64_t o = 0; o < shape_.out_channels; ++o) {
      convolution.fill_channels(o, reinterpret_cast<int32_t*>(to + o), to + channel_count_ + o,
                                to + 2 * channel_count_ + o, to + 3 * channel_count_ + o);
    }
    return channels;
  });
  const auto shifts = channels_.as<float>().subspan(static_cast<size_t>(2 * channel_count_),
                                                    static_cast<size_t>(channel_count_));
  has_shift_ = std::ranges::any_of(shifts, [](float x) { return x != 0; });
  context.describe(algorithm_->name);
  context.reserve_scratch(static_cast<uint64_t>(context.threads()) *
                          static_cast<uint64_t>(algorithm_->scratch_size(shape_)) *
                          sizeof(int16_t));
}

void QuantisedConvStep::operator()(RunContext& run) const {
  Requantisation to = requantisation_;
  const float* channels = reinterpret_cast<const float*>(channels_.data());
  to.bias = reinterpret_cast<const int32_t*>(channels);
  to.scale = channels + channel_count_;
  if (has_shift_) to.shift = channels + 2 * channel_count_;
  to.slopes = channels + 3 * channel_count_;
  if (addend_ != kNoInput) to.addend = run.in<float>(addend_);
  auto* scratch = reinterpret_cast<int16_t*>(run.scratch());
  // Part of the rows only of a single image.
  const int64_t first = run.rows().begin, last = run.rows().end;
  const int64_t all = shape_.batch * shape_.out_h, unit = algorithm_->rows_at_once;
  const int64_t rows = last < shape_.out_h ? last : all, first_unit = first / unit;
  const int64_t units = (rows + unit - 1) / unit - first_unit;
  run.pool().parallel_for(
      units, rows_per_chunk(units, macs_), [&](int64_t begin, int64_t end, int worker) {
        algorithm_->run_rows(shape_, codes_, point_, run.in<uint8_t>(data_),
                             reinterpret_cast<const int16_t*>(packed_.data()), to,
                             run.out<std::byte>(0),
                             scratch + worker * algorithm_->scratch_size(shape_),
                             std::max(first, (first_unit + begin) * unit),
                             std::min(rows, (first_unit + end) * unit));
      });
}

Kernel plan_fused(PlanContext& context) {
  const QuantisedConvolution convolution(context);
  if (!convolution.fits() || context.output_layout(0) != Layout::ChannelsLast) return {};
  return QuantisedConvStep(context, convolution);
}

void layout_fused(LayoutContext& context) {
  const QuantisedConvolution convolution(context);
  const int addend = convolution.addend();
  // One that broadcasts is none to the kernel.
  if (addend != kNoInput && context.shape(addend) != context.output_shape(0)) return;
  context.accept(convolution.data(), Layout::ChannelsLast);
  if (addend != kNoInput) context.accept(addend, Layout::ChannelsLast);
  context.produce(0, Layout::ChannelsLast);
}

// Outside of the image is the zero point.
std::optional<BandRule> bands_fused(const NodeContext& context, const Shape&) {
  const QuantisedConvolution quantised(context);
  if (!quantised.fits()) return std::nullopt;
  const NodeContext convolution = quantised.convolution();
  ConvBand band = band_of(convolution, Conv(convolution));
  BandRule rule{{}, context.node()};
  rule.inputs.resize(static_cast<size_t>(context.input_count()));
  rule.inputs[static_cast<size_t>(quantised.data())] = band.data;
  if (context.has_input(quantised.addend())) {
    rule.inputs[static_cast<size_t>(quantised.addend())].whole = false;
  }
  auto body = std::make_shared<Graph>(body_of(context.node()).clone());
  body->nodes[quantised.index()].attributes = std::move(band.attributes);
  rule.node.attributes.set(std::string(kBodyAttribute), std::move(body));
  rule.node.attributes.set(std::string(kOutsideAttribute), int64_t{quantised.image().point()});
  return rule;
}

constexpr OpDef kOps[] = {
    {.op_type = "FusedQLinearConv",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .meaning = {.inputs = {4, kUnbounded}, .infer = infer_body, .macs = body_macs},
     .cpu = {.plan = plan_fused, .layout = layout_fused, .bands = bands_fused}},
};

}  // namespace

extern constinit const OpFamily fused_qlinear_conv_ops = kOps;

}  // namespace fovea
