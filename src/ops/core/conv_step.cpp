#include "ops/core/conv_step.h"

#include <algorithm>

#include "kernels/movement/strided_copy.h"
#include "ops/core/channels.h"

namespace fovea {
namespace {

using kernels::Activation;
using kernels::ConvPart;
using kernels::Epilogue;

// Hands out parts of the scratch memory, all in floats.
class ScratchPlan {
 public:
  int64_t take(int64_t floats) {
    const int64_t at = size_;
    size_ += kernels::round_up(floats, 16);
    return at;
  }
  uint64_t bytes() const { return static_cast<uint64_t>(size_) * sizeof(float); }

 private:
  int64_t size_ = 0;
};

class ConvStep {
 public:
  ConvStep(PlanContext& context, ConvImplementation implementation, const ConvOperands& operands);
  void operator()(RunContext& run) const;

 private:
  // Plain input `index` as channels-last at `scratch`.
  const float* channels_last(const RunContext& run, int index, int64_t channels, int64_t h,
                             int64_t w, float* scratch) const;
  std::vector<ConvPart> parts(const RunContext& run, float* memory) const;
  RowRange wanted_rows(RowRange rows) const;
  // The output rows [begin, end).
  void run_rows(std::span<const ConvPart> input, const float* packed,
                const kernels::ConvOutput& output, const Epilogue& epilogue, float* scratch,
                int64_t begin, int64_t end) const;
  kernels::Epilogue epilogue_with_slopes(const RunContext& run, float* memory) const;

  ConvImplementation implementation_;
  ConvOperands operands_;
  Epilogue epilogue_;  // without the slopes, which have an address only when the kernel runs
  Tensor packed_;      // empty: packed in every run
  // The data: by input, its channels.
  std::vector<std::pair<int, int64_t>> data_;
  bool joins_ = false;
  bool plain_input_;
  bool plain_addend_;
  bool plain_result_;  // to be made from a channels-last one
  bool single_slope_ = false;
  // What takes more than an instruction or two is done to rows that were just written, which are in
  // the cache then, by loops that keep constants in registers. None: nothing is.
  kernels::ActivationSpec afterwards_ = {};
  bool clears_padding_ = false;  // which it would make other than 0
  int64_t packed_at_ = 0, slopes_at_ = 0, input_at_ = 0, addend_at_ = 0, output_at_ = 0;
  int64_t joined_at_ = 0;
  int64_t threads_at_ = 0;
};

ConvStep::ConvStep(PlanContext& context, ConvImplementation implementation,
                   const ConvOperands& operands)
    : implementation_(std::move(implementation)),
      operands_(operands),
      epilogue_{operands.epilogue.activation},
      plain_input_(context.layout(operands.data[0]) == Layout::Plain),
      plain_addend_(context.has_input(operands.epilogue.addend) &&
                    context.layout(operands.epilogue.addend) == Layout::Plain),
      plain_result_(context.output_layout(0) == Layout::Plain && !implementation_.plain_output) {
  const kernels::ConvShape& shape = implementation_.shape;
  ScratchPlan scratch;
  const Tensor* weights = context.constant(operands.weights);
  const Tensor* bias = context.constant(operands.bias);
  const bool constant = weights && (bias || !context.has_input(operands.bias));
  if (constant) {
    packed_ = context.prepacked({operands.weights, operands.bias}, implementation_.key, [&] {
      Tensor packed = Tensor::allocate(DType::Float, {implementation_.packed_floats});
      implementation_.pack(weights->as<float>().data(), bias ? bias->as<float>().data() : nullptr,
                           packed.mutable_as<float>().data());
      return packed;
    });
  } else {
    packed_at_ = scratch.take(implementation_.packed_floats);
  }
  const bool simple = is_simple(epilogue_.activation.kind);
  const bool whole = implementation_.channels.empty() && !implementation_.plain_output;
  if (!simple && whole) std::swap(afterwards_, epilogue_.activation);
  const bool pads = shape.out_channels % kernels::kLanes != 0;
  clears_padding_ = pads && !keeps_zero(afterwards_);
  if (epilogue_.activation.kind == Activation::PRelu) {
    single_slope_ = context.shape(operands.epilogue.slopes).elements() == 1;
    const auto channels = static_cast<int64_t>(implementation_.channels.size());
    slopes_at_ = scratch.take(kernels::padded_channels(std::max(channels, shape.out_channels)));
  }
  const int64_t out_size = shape.batch * kernels::dense_output(shape, nullptr).image_step;
  const int64_t in_pixels = shape.batch * shape.in_h * shape.in_w;
  int64_t padded = 0;
  bool odd = false;
  for (const int index : operands.data) {
    const int64_t channels = context.shape(index)[1];
    data_.emplace_back(index, channels);
    padded += kernels::padded_channels(channels);
    odd |= channels % kernels::kLanes != 0;
  }
  using enum kernels::ConvParts;
  const bool takes_parts =
      implementation_.parts == Any || (implementation_.parts == WholeVectors && !odd);
  joins_ = data_.size() > 1 && !takes_parts;
  if (plain_input_) input_at_ = scratch.take(in_pixels * padded);
  if (joins_) {
    joined_at_ = scratch.take(in_pixels * kernels::padded_channels(shape.in_channels));
  }
  if (plain_result_) output_at_ = scratch.take(out_size);
  if (plain_addend_) addend_at_ = scratch.take(out_size);
  threads_at_ = scratch.take(context.threads() * implementation_.scratch_floats);
  context.reserve_scratch(scratch.bytes());
}

const float* ConvStep::channels_last(const RunContext& run, int index, int64_t channels, int64_t h,
                                     int64_t w, float* scratch) const {
  kernels::to_channels_last(run.in<float>(index), scratch, implementation_.shape.batch, channels, h,
                            w, run.pool());
  return scratch;
}

std::vector<ConvPart> ConvStep::parts(const RunContext& run, float* memory) const {
  const kernels::ConvShape& shape = implementation_.shape;
  float* scratch = memory + input_at_;
  std::vector<ConvPart> parts;
  for (const auto& [index, channels] : data_) {
    const float* data = run.in<float>(index);
    if (plain_input_) {
      data = channels_last(run, index, channels, shape.in_h, shape.in_w, scratch);
      scratch += shape.batch * shape.in_h * shape.in_w * kernels::padded_channels(channels);
    }
    parts.push_back({data, channels});
  }
  if (!joins_) return parts;
  float* joined = memory + joined_at_;
  std::vector<ChannelsOf> images;
  for (const auto& [data, channels] : parts) images.push_back({data, channels});
  join_channels(images, joined, shape.batch * shape.in_h * shape.in_w, run.pool());
  return {{joined, shape.in_channels}};
}

Epilogue ConvStep::epilogue_with_slopes(const RunContext& run, float* memory) const {
  Epilogue epilogue = epilogue_;
  if (epilogue.activation.kind != Activation::PRelu) return epilogue;
  const float* slopes = run.in<float>(operands_.epilogue.slopes);
  float* copy = memory + slopes_at_;
  const std::vector<int64_t>& channels = implementation_.channels;
  const int64_t count =
      channels.empty() ? implementation_.shape.out_channels : static_cast<int64_t>(channels.size());
  for (int64_t c = 0; c < count; ++c) {
    const int64_t channel = channels.empty() ? c : channels[static_cast<size_t>(c)];
    copy[c] = slopes[single_slope_ ? 0 : channel];
  }
  epilogue.slopes = copy;
  return epilogue;
}

// In the implementation's rows; part of them only for a single image.
RowRange ConvStep::wanted_rows(RowRange rows) const {
  const int64_t all = implementation_.rows, out_h = implementation_.shape.out_h;
  const int64_t end = std::min(rows.end, out_h);
  if (rows.begin == 0 && end == out_h) return {0, all};
  return {rows.begin * all / out_h, (end * all + out_h - 1) / out_h};
}

void ConvStep::run_rows(std::span<const ConvPart> input, const float* packed,
                        const kernels::ConvOutput& output, const Epilogue& epilogue, float* scratch,
                        int64_t begin, int64_t end) const {
  if (afterwards_.kind == Activation::None) {
    implementation_.run(input, packed, output, epilogue, scratch, begin, end);
    return;
  }
  constexpr int64_t kCached = 1 << 14;  // floats
  const int64_t unit = implementation_.rows_at_once;
  const int64_t step = std::max(kCached / (output.row_step * unit + 1), int64_t{1}) * unit;
  for (int64_t row = begin; row < end;) {
    const int64_t next = std::min(row / step * step + step, end);
    implementation_.run(input, packed, output, epilogue, scratch, row, next);
    float* written = output.data + row * output.row_step;
    kernels::info_of(afterwards_.kind)
        .apply_row(afterwards_, written, written, (next - row) * output.row_step);
    if (clears_padding_) {
      const kernels::ConvShape& shape = implementation_.shape;
      kernels::clear_channel_padding(written, (next - row) * shape.out_w, shape.out_channels);
    }
    row = next;
  }
}

void ConvStep::operator()(RunContext& run) const {
  const kernels::ConvShape& shape = implementation_.shape;
  auto* memory = reinterpret_cast<float*>(run.scratch());
  const float* packed = reinterpret_cast<const float*>(packed_.data());
  if (packed == nullptr) {
    implementation_.pack(run.in<float>(operands_.weights), run.in<float>(operands_.bias),
                         memory + packed_at_);
    packed = memory + packed_at_;
  }
  const Epilogue epilogue = epilogue_with_slopes(run, memory);
  const std::vector<ConvPart> input = parts(run, memory);
  const int added = operands_.epilogue.addend;
  const float* addend = plain_addend_ ? channels_last(run, added, shape.out_channels, shape.out_h,
                                                      shape.out_w, memory + addend_at_)
                                      : run.in<float>(added);
  float* output = plain_result_ ? memory + output_at_ : run.out<float>(0);

  const auto [first, rows] = wanted_rows(run.rows());
  const kernels::ConvOutput to = kernels::dense_output(shape, output, addend);
  const int64_t unit = implementation_.rows_at_once, first_unit = first / unit;
  const int64_t units = (rows + unit - 1) / unit - first_unit;
  run.pool().parallel_for(
      units, rows_per_chunk(units, implementation_.macs),
      [&](int64_t begin, int64_t end, int worker) {
        float* scratch = memory + threads_at_ + worker * implementation_.scratch_floats;
        run_rows(input, packed, to, epilogue, scratch, std::max(first, (first_unit + begin) * unit),
                 std::min(rows, (first_unit + end) * unit));
      });
  if (plain_result_) {
    kernels::to_plain(output, run.out<float>(0), shape.batch, shape.out_channels, shape.out_h,
                      shape.out_w, run.pool());
  }
}

[[noreturn]] void throw_misfit(const NodeContext& context, int index, const std::string& wanted) {
  fail(ErrorCode::InvalidInput, "input ", index, " of ", context.node().op_type, " has shape ",
       context.shape(index), ", but ", wanted);
}

}  // namespace

void require_groups(const NodeContext& context, int64_t groups) {
  const Shape& weights = context.shape(kConvWeights);
  if (weights.rank() >= 3 && groups <= std::max<int64_t>(weights[0], 1) &&
      weights[0] % groups == 0) {
    return;
  }
  fail(ErrorCode::InvalidInput, context.node().op_type, " cannot have weights of shape ", weights,
       " in ", groups, " groups");
}

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
}

kernels::ConvShape conv_shape(const NodeContext& context, const ConvSizes& sizes) {
  const auto& [groups, outputs, axes] = sizes;
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
          .groups = groups};
}

Kernel plan_convolution(PlanContext& context, ConvImplementation implementation,
                        const ConvOperands& operands) {
  // A kernel reads all its other inputs again after it has begun to write.
  context.overwrite(operands.epilogue.addend);
  return ConvStep(context, std::move(implementation), operands);
}

void layout_convolution(LayoutContext& context, const ConvOperands& operands) {
  if (!context.input_can_be_channels_last(operands.data[0])) return;
  for (const int index : operands.data) context.accept(index, Layout::ChannelsLast);
  const int addend = operands.epilogue.addend;
  if (context.has_input(addend)) context.accept(addend, Layout::ChannelsLast);
  context.produce(0, Layout::ChannelsLast);
}

void layout_shuffle(LayoutContext& context, const ConvOperands& operands) {
  layout_convolution(context, operands);
  if (context.output_shape(0)[1] < kernels::kLanes) context.produce(0, Layout::Plain);
}

Window window_of_convolution(const WindowContext& context,
                             Window (*window)(int axis, const SpatialAxis&),
                             std::span<const SpatialAxis> axes) {
  const int axis = context.axis();
  if (context.input() != kConvData || axis == 1) return {};
  if (axis == 0) return same_place(axis);
  return window(axis, axes[static_cast<size_t>(axis - kFirstSpatial)]);
}

BandRule band_rule(const NodeContext& context, ConvBand band) {
  BandRule rule{{}, context.node()};
  rule.inputs.resize(static_cast<size_t>(context.input_count()));
  rule.inputs[kConvData] = band.data;
  rule.node.attributes = std::move(band.attributes);
  return rule;
}

ConvImplementation implement_shuffle(const kernels::ConvShuffleShape& shape,
                                     const kernels::ConvAlgorithm& algorithm) {
  ConvImplementation implementation;
  implementation.shape = shape.conv;
  implementation.shape.out_channels = shape.channels;
  implementation.shape.out_h = shape.out_h;
  implementation.shape.out_w = shape.out_w;
  implementation.packed_floats = algorithm.packed_size(shape.conv);
  implementation.scratch_floats = kernels::shuffled_scratch_size(shape, algorithm);
  implementation.rows = shape.rows();
  implementation.rows_at_once = algorithm.rows_at_once();
  implementation.plain_output = shape.plain_output;
  for (int64_t o = 0; o < shape.conv.out_channels; ++o) {
    implementation.channels.push_back(kernels::block_channel(shape, o).channel);
  }
  implementation.run = [=, &algorithm](std::span<const kernels::ConvPart> parts,
                                       const float* packed, const kernels::ConvOutput& output,
                                       const Epilogue& epilogue, float* scratch, int64_t begin,
                                       int64_t end) {
    kernels::run_shuffled_rows(shape, algorithm, parts[0].data, packed, output.data, epilogue,
                               scratch, begin, end);
  };
  return implementation;
}

kernels::Conv3dShape conv_3d_shape(const NodeContext& context, const ConvSizes& sizes) {
  const Shape& data = context.shape(kConvData);
  kernels::Conv3dShape shape = {data[0], data[1], sizes.outputs, sizes.groups, {}};
  std::ranges::transform(as_three(context, sizes.axes), shape.axes.begin(),
                         [](const SpatialAxis& axis) {
                           return kernels::ConvAxis{axis.in,     axis.out,      axis.kernel,
                                                    axis.stride, axis.dilation, axis.pad_begin};
                         });
  return shape;
}

int64_t rows_per_chunk(int64_t rows, int64_t macs) {
  constexpr int64_t kMacsPerChunk = 200'000;
  return rows > 0 ? kMacsPerChunk / std::max<int64_t>(macs / rows, 1) + 1 : 1;
}

}  // namespace fovea
