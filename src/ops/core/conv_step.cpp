#include "ops/core/conv_step.h"

#include <algorithm>
#include <limits>

namespace fovea {
namespace {

using kernels::Activation;
using kernels::Epilogue;

Activation activation_of(const NodeContext& context) {
  struct Named {
    std::string_view name;
    Activation activation;
  };
  static constexpr Named kAll[] = {
      {"", Activation::None},
      {"Relu", Activation::Relu},
      {"LeakyRelu", Activation::LeakyRelu},
      {"PRelu", Activation::PRelu},
      {"Clip", Activation::Clip},
      {"Sigmoid", Activation::Sigmoid},
      {"Tanh", Activation::Tanh},
      {"HardSigmoid", Activation::HardSigmoid},
      {"HardSwish", Activation::HardSwish},
  };
  const std::string name = context.attributes().get_string("activation", "");
  for (const auto& [known, activation] : kAll) {
    if (known == name) return activation;
  }
  throw Error(ErrorCode::UnsupportedAttribute,
              text(context.node().op_type, " does not know the activation ", name))
      .with("attribute", "activation");
}

// All but the slopes, which have an address only when the kernel runs.
Epilogue epilogue_of(const NodeContext& context) {
  Epilogue epilogue;
  epilogue.activation = activation_of(context);
  const auto parameters = context.attributes().get_floats("activation_params");
  const auto parameter = [&](size_t i, float fallback) {
    return i < parameters.size() ? parameters[i] : fallback;
  };
  if (epilogue.activation == Activation::Clip) {
    epilogue.low = parameter(0, std::numeric_limits<float>::lowest());
    epilogue.high = parameter(1, std::numeric_limits<float>::max());
  } else {
    epilogue.alpha = parameter(0, 0.0f);
    epilogue.beta = parameter(1, 0.0f);
  }
  return epilogue;
}

// Hands out parts of the scratch memory, all in floats.
class ScratchPlan {
 public:
  int64_t take(int64_t floats) {
    const int64_t at = size_;
    size_ += kernels::round_up(floats, 16);
    return at;
  }
  size_t bytes() const { return static_cast<size_t>(size_) * sizeof(float); }

 private:
  int64_t size_ = 0;
};

class ConvStep {
 public:
  ConvStep(PlanContext& context, ConvImplementation implementation);
  void operator()(RunContext& run) const;

 private:
  // Converts input `index` to channels-last at `scratch` if it is plain.
  const float* channels_last(const RunContext& run, int index, int64_t channels, int64_t h,
                             int64_t w, float* scratch) const;

  ConvImplementation implementation_;
  Epilogue epilogue_;
  Tensor packed_;  // empty: packed in every run
  bool plain_;
  bool single_slope_ = false;
  int64_t packed_at_ = 0, slopes_at_ = 0, input_at_ = 0, addend_at_ = 0, output_at_ = 0;
  int64_t threads_at_ = 0;
};

ConvStep::ConvStep(PlanContext& context, ConvImplementation implementation)
    : implementation_(std::move(implementation)),
      epilogue_(epilogue_of(context)),
      plain_(context.output_layout(0) == Layout::Plain) {
  const kernels::ConvShape& shape = implementation_.shape;
  ScratchPlan scratch;
  const bool constant = context.constant(kConvWeights) &&
                        (!context.has_input(kConvBias) || context.constant(kConvBias));
  if (constant) {
    packed_ = context.prepacked(implementation_.key, [&] {
      Tensor packed = Tensor::allocate(DType::Float, {implementation_.packed_floats});
      const Tensor* bias = context.constant(kConvBias);
      implementation_.pack(context.constant(kConvWeights)->as<float>().data(),
                           bias ? bias->as<float>().data() : nullptr,
                           packed.mutable_as<float>().data());
      return packed;
    });
  } else {
    packed_at_ = scratch.take(implementation_.packed_floats);
  }
  if (epilogue_.activation == Activation::PRelu) {
    single_slope_ = context.shape(kConvSlopes).elements() == 1;
    slopes_at_ = scratch.take(kernels::padded_channels(shape.out_channels));
  }
  const int64_t out_size = shape.batch * kernels::dense_output(shape, nullptr).image_step;
  if (plain_) {
    const int64_t in_pixels = shape.batch * shape.in_h * shape.in_w;
    input_at_ = scratch.take(in_pixels * kernels::padded_channels(shape.in_channels));
    output_at_ = scratch.take(out_size);
    if (context.has_input(kConvAddend)) addend_at_ = scratch.take(out_size);
  }
  threads_at_ = scratch.take(context.threads() * implementation_.scratch_floats);
  context.reserve_scratch(scratch.bytes());
}

const float* ConvStep::channels_last(const RunContext& run, int index, int64_t channels, int64_t h,
                                     int64_t w, float* scratch) const {
  const float* from = run.in<float>(index);
  if (!plain_ || from == nullptr) return from;
  kernels::to_channels_last(from, scratch, implementation_.shape.batch, channels, h, w, run.pool());
  return scratch;
}

void ConvStep::operator()(RunContext& run) const {
  const kernels::ConvShape& shape = implementation_.shape;
  auto* memory = reinterpret_cast<float*>(run.scratch());
  const float* packed = reinterpret_cast<const float*>(packed_.data());
  if (packed == nullptr) {
    implementation_.pack(run.in<float>(kConvWeights), run.in<float>(kConvBias),
                         memory + packed_at_);
    packed = memory + packed_at_;
  }
  Epilogue epilogue = epilogue_;
  if (epilogue.activation == Activation::PRelu) {
    const float* slopes = run.in<float>(kConvSlopes);
    float* copy = memory + slopes_at_;
    std::fill_n(copy, kernels::padded_channels(shape.out_channels), slopes[0]);
    if (!single_slope_) std::copy_n(slopes, shape.out_channels, copy);
    epilogue.slopes = copy;
  }
  const float* input =
      channels_last(run, kConvData, shape.in_channels, shape.in_h, shape.in_w, memory + input_at_);
  const float* addend = channels_last(run, kConvAddend, shape.out_channels, shape.out_h,
                                      shape.out_w, memory + addend_at_);
  float* output = plain_ ? memory + output_at_ : run.out<float>(0);

  const int64_t rows = shape.batch * shape.out_h;
  const kernels::ConvOutput to = kernels::dense_output(shape, output, addend);
  const int64_t unit = implementation_.rows_at_once, units = (rows + unit - 1) / unit;
  run.pool().parallel_for(units, rows_per_chunk(units, implementation_.macs),
                          [&](int64_t begin, int64_t end, int worker) {
                            float* scratch =
                                memory + threads_at_ + worker * implementation_.scratch_floats;
                            implementation_.run(input, packed, to, epilogue, scratch, begin * unit,
                                                std::min(end * unit, rows));
                          });
  if (plain_) {
    kernels::to_plain(output, run.out<float>(0), shape.batch, shape.out_channels, shape.out_h,
                      shape.out_w, run.pool());
  }
}

[[noreturn]] void throw_misfit(const NodeContext& context, int index, const std::string& wanted) {
  throw Error(ErrorCode::InvalidInput,
              text("input ", index, " of ", context.node().op_type, " has shape ",
                   context.shape(index).to_string(), ", but ", wanted));
}

}  // namespace

void require_channels(const NodeContext& context, int64_t channels, int64_t outputs) {
  const Shape& data = context.shape(kConvData);
  const Shape& weights = context.shape(kConvWeights);
  if (data.rank() != weights.rank()) {
    throw_misfit(context, kConvData, text("the weights have ", weights.rank(), " axes"));
  }
  if (data[1] != channels) {
    throw_misfit(context, kConvData, text("the weights ask for ", channels, " channels"));
  }
  if (context.has_input(kConvBias) && context.shape(kConvBias) != Shape{outputs}) {
    throw_misfit(context, kConvBias, text("there are ", outputs, " output channels"));
  }
  for (int i = 0; i < context.input_count(); ++i) {
    if (context.has_input(i) && context.dtype(i) != context.dtype(kConvData)) {
      throw Error(ErrorCode::InvalidInput,
                  text("input ", i, " of ", context.node().op_type, " is ",
                       name_of(context.dtype(i)), ", input 0 ", name_of(context.dtype(kConvData))));
    }
  }
}

kernels::ConvShape conv_shape(const NodeContext& context, int64_t outputs,
                              const std::vector<SpatialAxis>& axes) {
  const SpatialAxis y = axes.size() > 1 ? axes.front() : SpatialAxis{};
  const SpatialAxis& x = axes.back();
  return {.batch = context.shape(kConvData)[0],
          .in_channels = context.shape(kConvData)[1],
          .in_h = y.in,
          .in_w = x.in,
          .out_channels = outputs,
          .out_h = y.out,
          .out_w = x.out,
          .kernel_h = y.kernel,
          .kernel_w = x.kernel,
          .stride_h = y.stride,
          .stride_w = x.stride,
          .dilation_h = y.dilation,
          .dilation_w = x.dilation,
          .pad_top = y.pad_begin,
          .pad_left = x.pad_begin,
          .groups = context.attributes().get_int("group", 1)};
}

Kernel plan_convolution(PlanContext& context, ConvImplementation implementation) {
  return ConvStep(context, std::move(implementation));
}

void layout_convolution(LayoutContext& context) {
  if (!context.input_can_be_channels_last(kConvData)) return;
  context.accept(kConvData, Layout::ChannelsLast);
  if (context.has_input(kConvAddend)) context.accept(kConvAddend, Layout::ChannelsLast);
  context.produce(0, Layout::ChannelsLast);
}

kernels::Conv3dShape conv_3d_shape(const NodeContext& context, int64_t outputs,
                                   const std::vector<SpatialAxis>& axes) {
  const Shape& data = context.shape(kConvData);
  kernels::Conv3dShape shape = {
      data[0], data[1], outputs, context.attributes().get_int("group", 1), {}};
  std::ranges::transform(as_three(context, axes), shape.axes.begin(), [](const SpatialAxis& axis) {
    return kernels::ConvAxis{axis.in,     axis.out,      axis.kernel,
                             axis.stride, axis.dilation, axis.pad_begin};
  });
  return shape;
}

int64_t rows_per_chunk(int64_t rows, int64_t macs) {
  constexpr int64_t kMacsPerChunk = 200'000;
  return rows > 0 ? kMacsPerChunk / (macs / rows + 1) + 1 : 1;
}

}  // namespace fovea
