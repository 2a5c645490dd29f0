// Convolutions of quantised numbers: ConvInteger, QLinearConv.

#include <algorithm>
#include <utility>

#include "ops/core/dense_conv.h"
#include "ops/core/function_steps.h"
#include "ops/core/whole_products.h"

namespace fovea {
namespace {

// The operators that both are made of. One is of floats that are whole numbers, and of bytes and
// their zero points; the other, for what that does not take, of int32 whose zero points are taken
// off. Biases are int32.
constexpr std::string_view kExact = "ConvOfBytes", kPlain = "ConvInteger";
constexpr int kPoints = 3;

void infer_exact(InferContext& context) {
  const Conv conv(context);
  as_three(context, conv.axes);
  context.set_output(0, DType::Int32, conv.result);
}

// Sums wrap, as those of onnxruntime do: unsigned numbers may.
Kernel plan_plain(PlanContext& context) {
  const Conv conv(context);
  const kernels::Conv3dShape shape = conv_3d_shape(context, conv);
  const int64_t grain = rows_per_chunk(shape.rows(), macs_conv(context, conv.result));
  context.describe("plain loops");
  return [=](RunContext& run) {
    run.pool().parallel_for(shape.rows(), grain, [&](int64_t begin, int64_t end) {
      kernels::conv_3d(shape, run.in<uint32_t>(kConvData), run.in<uint32_t>(kConvWeights),
                       run.in<uint32_t>(kConvBias), run.out<uint32_t>(0), begin, end);
    });
  };
}

// Channels whose products a float adds up exactly; none where those of one are too many already.
int64_t exact_channels(const Shape& weights) {
  const int64_t taps = std::max<int64_t>(weights.elements(2, weights.rank()), 1);
  const int64_t channels = kExactDepth / taps;
  return channels < kernels::kLanes ? channels : channels / kernels::kLanes * kernels::kLanes;
}

// A convolution as the sum of some over a few channels each, which algorithms for floats compute
// exactly: those that add up the products as they are.
class ExactConv {
 public:
  explicit ExactConv(PlanContext& context);
  void operator()(RunContext& run) const;

 private:
  struct Part {
    int64_t channel;  // the first
    kernels::ConvShape shape;
    const kernels::ConvAlgorithm* algorithm;
    int64_t packed_at;
  };

  int64_t out_pixels() const { return shape_.out_h * shape_.out_w; }
  void pack(const std::byte* weights, const std::byte* zeros, float* shifted, float* packed) const;
  void run_part(RunContext& run, const Part& part, const float* image, const float* packed,
                float* memory, float* sums) const;

  kernels::ConvShape shape_;  // of one image
  int64_t batch_;
  int64_t taps_;
  int64_t macs_;
  DType dtype_;  // of the weights
  int64_t points_;
  std::vector<Part> parts_;
  int64_t packed_size_ = 0;
  int64_t input_size_ = 0;   // of a part, channels last
  int64_t thread_size_ = 0;  // scratch
  Tensor packed_;            // empty: packed in every run
};

ExactConv::ExactConv(PlanContext& context)
    : dtype_(context.dtype(kConvWeights)),
      points_(context.has_input(kPoints) ? context.shape(kPoints).elements() : 1) {
  const Conv conv(context);
  shape_ = conv_shape(context, conv);
  batch_ = std::exchange(shape_.batch, 1);
  taps_ = shape_.kernel_h * shape_.kernel_w;
  macs_ = macs_conv(context, conv.result) / std::max<int64_t>(batch_, 1);
  // Groups are not cut.
  const int64_t step =
      shape_.groups > 1 ? shape_.in_channels : exact_channels(context.shape(kConvWeights));
  for (int64_t channel = 0; channel < shape_.in_channels; channel += step) {
    Part part = {channel, shape_, nullptr, packed_size_};
    part.shape.in_channels = std::min(step, shape_.in_channels - channel);
    part.algorithm = &kernels::choose_plain_algorithm(part.shape);
    packed_size_ += part.algorithm->packed_size(part.shape);
    input_size_ = std::max(
        input_size_, shape_.in_h * shape_.in_w * kernels::padded_channels(part.shape.in_channels));
    thread_size_ = std::max(thread_size_, part.algorithm->scratch_size(part.shape));
    parts_.push_back(part);
  }
  const Shape& w = context.shape(kConvWeights);
  const int64_t outputs = out_pixels() * kernels::padded_channels(shape_.out_channels);
  uint64_t floats = static_cast<uint64_t>(input_size_ + 2 * outputs +
                                          context.threads() * kernels::round_up(thread_size_, 16));
  const Tensor* weights = context.constant(kConvWeights);
  const Tensor* points = context.constant(kPoints);
  if (weights && (points || !context.has_input(kPoints))) {
    std::string key = "conv of bytes";
    for (const Part& part : parts_) key += text(", ", part.algorithm->name);
    packed_ = context.prepacked(key, [&] {
      Tensor packed = Tensor::allocate(DType::Float, {packed_size_});
      std::vector<float> shifted(static_cast<size_t>(w.elements()));
      pack(weights->data(), points ? points->data() : nullptr, shifted.data(),
           packed.mutable_as<float>().data());
      return packed;
    });
  } else {
    floats += static_cast<uint64_t>(packed_size_ + w.elements());
  }
  context.describe(parts_[0].algorithm->name);
  context.reserve_scratch(floats * sizeof(float));
}

void ExactConv::pack(const std::byte* weights, const std::byte* zeros, float* shifted,
                     float* packed) const {
  const int64_t of_output = shape_.group_inputs() * taps_;
  ShiftedBytes{shape_.out_channels, of_output, points_}.read(dtype_, weights, zeros, shifted);
  for (const Part& part : parts_) {
    kernels::StridedWeights strided =
        kernels::dense_weights(part.shape, shifted + part.channel * taps_, nullptr);
    strided.output_step = of_output;
    strided.group_step = shape_.group_outputs() * of_output;
    part.algorithm->pack_weights(part.shape, strided, packed + part.packed_at);
  }
}

// The sums of one part of an image's channels, plain, at `sums`.
void ExactConv::run_part(RunContext& run, const Part& part, const float* image, const float* packed,
                         float* memory, float* sums) const {
  const kernels::ConvShape& shape = part.shape;
  float* input = memory;
  float* output = input + input_size_;
  float* scratch = output + out_pixels() * kernels::padded_channels(shape.out_channels);
  const int64_t thread_size = kernels::round_up(thread_size_, 16);
  kernels::to_channels_last(image + part.channel * shape.in_h * shape.in_w, input, 1,
                            shape.in_channels, shape.in_h, shape.in_w, run.pool());
  const kernels::ConvPart data = {input, shape.in_channels};
  const kernels::Epilogue none;
  run.pool().parallel_for(shape.out_h, rows_per_chunk(shape.out_h, macs_),
                          [&](int64_t begin, int64_t end, int worker) {
                            part.algorithm->run_rows(shape, {&data, 1}, packed + part.packed_at,
                                                     kernels::dense_output(shape, output), none,
                                                     scratch + worker * thread_size, begin, end);
                          });
  kernels::to_plain(output, sums, 1, shape.out_channels, shape.out_h, shape.out_w, run.pool());
}

void ExactConv::operator()(RunContext& run) const {
  auto* memory = reinterpret_cast<float*>(run.scratch());
  const auto* packed = reinterpret_cast<const float*>(packed_.data());
  if (!packed) {
    pack(run.in<std::byte>(kConvWeights), run.in<std::byte>(kPoints), memory + packed_size_,
         memory);
    packed = memory;
    memory += packed_size_ + shape_.out_channels * shape_.group_inputs() * taps_;
  }
  float* sums = memory;
  memory += out_pixels() * kernels::padded_channels(shape_.out_channels);
  const auto* bias = run.in<uint32_t>(kConvBias);
  for (int64_t image = 0; image < batch_; ++image) {
    const float* from =
        run.in<float>(kConvData) + image * shape_.in_channels * shape_.in_h * shape_.in_w;
    uint32_t* out = run.out<uint32_t>(0) + image * shape_.out_channels * out_pixels();
    for (int64_t channel = 0; channel < shape_.out_channels; ++channel) {
      std::fill_n(out + channel * out_pixels(), out_pixels(), bias ? bias[channel] : 0);
    }
    for (const Part& part : parts_) {
      run_part(run, part, from, packed, memory, sums);
      kernels::add_whole(sums, out, shape_.out_channels * out_pixels(), false);
    }
  }
}

Kernel plan_exact(PlanContext& context) { return ExactConv(context); }

// A value that is the same for all of a tensor or one for each output channel, in a shape with so
// many axes behind.
ValueId channels_of(Function& f, const NodeContext& context, int input, int64_t channels,
                    int behind) {
  if (!context.has_input(input) || context.shape(input).elements() == 1) {
    return one_of(f, context, input);
  }
  require_shape(context, input, {channels});
  Shape shape = {channels};
  for (int i = 0; i < behind; ++i) shape.push_back(1);
  return reshaped(f, f.in(input), shape);
}

ValueId shifted(Function& f, ValueId value, ValueId point) {
  const ValueId wide = cast(f, value, DType::Int32);
  return point == kNoValue ? wide : f.op("Sub", {wide, cast(f, point, DType::Int32)});
}

struct Operand {
  int value;
  int point;
};

ValueId exact_conv(Function& f, const NodeContext& context, Operand x, Operand w, int bias) {
  const Shape& weights = context.shape(w.value);
  if (weights.rank() < 3) require_rank(context, w.value, 3);
  std::vector<Function::Attribute> attributes;
  for (const auto& [name, value] : context.attributes().all()) attributes.emplace_back(name, value);
  const int64_t groups = context.attributes_as<ConvAttributes>().groups;
  const int64_t channels = exact_channels(weights);
  if (weights.rank() <= 4 && weights.elements() > 0 && channels > 0 &&
      (groups == 1 || weights[1] <= channels)) {
    const ValueId data = f.op("DequantizeLinear", {f.in(x.value), f.scalar(DType::Float, 1),
                                                   one_of(f, context, x.point)});
    const ValueId points = channels_of(f, context, w.point, weights[0], 0);
    return f.ops_of(kInternalDomain, kExact, {data, f.in(w.value), f.in(bias), points}, 1,
                    std::move(attributes))[0];
  }
  const ValueId data = shifted(f, f.in(x.value), one_of(f, context, x.point));
  const ValueId point = channels_of(f, context, w.point, weights[0], weights.rank() - 1);
  const std::vector<ValueId> inputs = {data, shifted(f, f.in(w.value), point), f.in(bias)};
  return f.ops_of(kInternalDomain, kPlain, inputs, 1, std::move(attributes))[0];
}

Graph conv_integer(const NodeContext& context) {
  Function f(context);
  return f.giving({exact_conv(f, context, {0, 2}, {1, 3}, kNoInput)});
}

Graph qlinear_conv(const NodeContext& context) {
  constexpr int kX = 0, kXScale = 1, kXPoint = 2, kW = 3, kWScale = 4, kWPoint = 5, kYScale = 6,
                kYPoint = 7, kBias = 8;
  Function f(context);
  const ValueId sums = exact_conv(f, context, {kX, kXPoint}, {kW, kWPoint}, kBias);
  const Shape& weights = context.shape(kW);
  const ValueId w_scale = channels_of(f, context, kWScale, weights[0], weights.rank() - 2);
  const ValueId scale = f.op("Mul", {one_of(f, context, kXScale), w_scale});
  const ValueId y = f.op("Mul", {cast(f, sums, DType::Float), scale});
  return f.giving(
      {f.op("QuantizeLinear", {y, one_of(f, context, kYScale), one_of(f, context, kYPoint)})});
}

constexpr DTypeSet kBytes = {DType::Int8, DType::Uint8};

constexpr OpDef kOps[] = {
    {.op_type = kExact,
     .domain = kInternalDomain,
     .meaning = {.inputs = {2, 4},
                 .types = {type_of_input(kConvData, kFloat32),
                           type_of_both_inputs(kConvWeights, kPoints, kBytes),
                           type_of_input(kConvBias, {DType::Int32})},
                 .infer = infer_exact,
                 .element_type = always<DType::Int32>,
                 .macs = macs_conv,
                 .window = window_conv},
     .cpu = {.plan = plan_exact}},
    {.op_type = kPlain,
     .domain = kInternalDomain,
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_all_inputs({DType::Int32})},
                 .infer = infer_exact,
                 .macs = macs_conv,
                 .window = window_conv},
     .cpu = {.plan = plan_plain}},
    {.op_type = "ConvInteger",
     .since = 10,
     .meaning = {.inputs = {2, 4},
                 .types = {type_of_both_inputs(0, 2, kBytes), type_of_both_inputs(1, 3, kBytes)},
                 .element_type = always<DType::Int32>,
                 .function = conv_integer}},
    {.op_type = "QLinearConv",
     .since = 10,
     .meaning = {.inputs = {8, 9},
                 .types = {type_of_both_inputs(0, 2, kBytes), type_of_both_inputs(3, 5, kBytes),
                           type_of_input(7, kBytes), type_of_input(8, {DType::Int32})},
                 .element_type = like_input<7>,
                 .function = qlinear_conv}},
};

}  // namespace

extern constinit const OpFamily quantize_conv_ops = kOps;

}  // namespace fovea
