// FusedQLinearConv, which a pass makes of a Conv of dequantised images and weights and of what
// follows it. See passes/quantised_convolution.cpp.

#include <algorithm>

#include "ops/core/dense_conv.h"
#include "ops/core/merged_groups.h"
#include "ops/core/outside.h"
#include "ops/core/quantised_product.h"

namespace fovea {
namespace {

using kernels::ConvShape;
using kernels::QuantisedAlgorithm;
using kernels::Requantisation;

// Weights of groups of which `at_once` have become one: zeros where an output is not of an input.
std::vector<int16_t> merged(const std::vector<int16_t>& weights, const ConvShape& shape,
                            int64_t at_once) {
  const int64_t taps = shape.kernel_h * shape.kernel_w, size = shape.group_inputs() * taps;
  std::vector<int16_t> all(weights.size() * static_cast<size_t>(at_once));
  for (int64_t o = 0; o < shape.out_channels; ++o) {
    const int64_t place = o / shape.group_outputs() % at_once;
    std::copy_n(weights.begin() + o * size, size, all.begin() + (o * at_once + place) * size);
  }
  return all;
}

class QuantisedConvStep {
 public:
  QuantisedConvStep(PlanContext& context, const QuantisedProduct& convolution);
  void operator()(RunContext& run) const;

 private:
  // Of the algorithms, the first that is exact.
  void choose(PlanContext& context, const QuantisedProduct& convolution);
  bool pack(PlanContext& context, const QuantisedProduct& convolution,
            const QuantisedAlgorithm& algorithm);

  ConvShape shape_;
  int64_t groups_at_once_ = 1;
  const QuantisedAlgorithm* algorithm_ = nullptr;
  Tensor packed_;
  Tensor channels_;
  Requantisation requantisation_;
  int data_, addend_;
  bool adds_bytes_;
  kernels::ByteCodes codes_;
  uint8_t point_;
  int64_t macs_;
};

bool QuantisedConvStep::pack(PlanContext& context, const QuantisedProduct& convolution,
                             const QuantisedAlgorithm& algorithm) {
  const Quantised& weights = convolution.weights();
  packed_ = context.prepacked({weights.bytes}, algorithm.name, [&] {
    Tensor packed = Tensor::allocate(DType::Int16, {algorithm.packed_size(shape_)});
    const int lowest = codes_.number(codes_.flip, point_);
    auto numbers = numbers_of(*context.constant(weights.bytes), weights, 0);
    if (groups_at_once_ > 1) {
      ConvShape apart = shape_;
      apart.groups *= groups_at_once_;
      numbers = merged(numbers, apart, groups_at_once_);
    }
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

void QuantisedConvStep::choose(PlanContext& context, const QuantisedProduct& convolution) {
  if (kernels::is_depthwise(shape_)) {
    pack(context, convolution, kernels::kQuantisedDepthwise);
    return;
  }
  groups_at_once_ = groups_at_once(shape_.groups, shape_.out_channels);
  shape_.groups /= groups_at_once_;
  const bool packed =
      pays_for_winograd(shape_) && (pack(context, convolution, kernels::kQuantisedWinograd4) ||
                                    pack(context, convolution, kernels::kQuantisedWinograd2));
  if (!packed) pack(context, convolution, kernels::kQuantisedDirect);
}

QuantisedConvStep::QuantisedConvStep(PlanContext& context, const QuantisedProduct& convolution)
    : requantisation_(convolution.requantisation()),
      data_(convolution.data()),
      addend_(convolution.addend()),
      adds_bytes_(convolution.adds_bytes()),
      codes_(convolution.image().codes()),
      point_(convolution.image().point()) {
  const Conv conv(convolution.product());
  shape_ = conv_shape(convolution.product(), conv);
  macs_ = macs_conv(convolution.product(), conv.result);
  choose(context, convolution);
  channels_ = context.prepacked({}, "channels", [&] { return convolution.channel_values(); });
  context.describe(algorithm_->name);
  context.reserve_scratch(static_cast<uint64_t>(context.threads()) *
                          static_cast<uint64_t>(algorithm_->scratch_size(shape_)) *
                          sizeof(int16_t));
}

void QuantisedConvStep::operator()(RunContext& run) const {
  Requantisation to = requantisation_;
  set_channels(channels_, to);
  if (addend_ != kNoInput) {
    to.addend = adds_bytes_ ? nullptr : run.in<float>(addend_);
    to.addend_bytes = adds_bytes_ ? run.in<uint8_t>(addend_) : nullptr;
  }
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
  const QuantisedProduct convolution(context);
  if (!convolution.fits(true) || context.output_layout(0) != Layout::ChannelsLast) return {};
  return QuantisedConvStep(context, convolution);
}

void layout_fused(LayoutContext& context) {
  const QuantisedProduct convolution(context);
  const int addend = convolution.addend();
  if (addend != kNoInput && !convolution.can_be_added()) return;
  context.accept(convolution.data(), Layout::ChannelsLast);
  if (addend != kNoInput) context.accept(addend, Layout::ChannelsLast);
  context.produce(0, Layout::ChannelsLast);
}

// Outside of the image is the zero point.
std::optional<BandRule> bands_fused(const NodeContext& context, const Shape&) {
  const QuantisedProduct quantised(context);
  // Its own image, added, would be two windows of one input.
  if (!quantised.fits(true) || quantised.addend() == quantised.data()) return std::nullopt;
  const NodeContext convolution = quantised.product();
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
