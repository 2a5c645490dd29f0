// Convolutions of quantised numbers: ConvInteger, QLinearConv.

#include "kernels/conv/byte_conv.h"
#include "ops/core/byte_rows.h"
#include "ops/core/dense_conv.h"
#include "ops/core/function_steps.h"

namespace fovea {
namespace {

// The operators that both are made of. One is of bytes and their zero points; the other, for more
// than two axes, of int32 whose zero points are taken off. Biases are int32.
constexpr std::string_view kOfBytes = "ConvOfBytes", kPlain = "ConvInteger";
constexpr int kWeightPoints = 3, kDataPoint = 4;

void infer_sums(InferContext& context) {
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

// A convolution of images of bytes as they are, by weights that are widened.
class ByteConvStep {
 public:
  explicit ByteConvStep(PlanContext& context);
  void operator()(RunContext& run) const;

 private:
  // Shorts of scratch, of all weights and of each thread's.
  int64_t weights_size() const { return conv_.shape.out_channels * weights_.step(); }
  int64_t thread_size() const { return kernels::round_up(conv_.scratch_size(), 32); }

  kernels::ByteConv conv_;
  int64_t macs_;
  ByteRows weights_;
  Tensor widened_;  // empty: in every run
};

ByteConvStep::ByteConvStep(PlanContext& context)
    : weights_(context, kConvWeights, kWeightPoints,
               context.shape(kConvWeights).elements(1, context.shape(kConvWeights).rank())) {
  const Conv conv(context);
  conv_.shape = conv_shape(context, conv);
  conv_.codes = byte_codes(context.dtype(kConvData));
  macs_ = macs_conv(context, conv.result);
  int64_t shorts = context.threads() * thread_size();
  if (are_constant(context, kConvWeights, kWeightPoints)) {
    widened_ = context.prepacked({kConvWeights, kWeightPoints}, "rows of shorts", [&] {
      Tensor rows = Tensor::allocate(DType::Int16, {weights_size()});
      weights_.widen(bytes_of(context.constant(kConvWeights)),
                     bytes_of(context.constant(kWeightPoints)), 0, conv_.shape.out_channels,
                     rows.mutable_as<int16_t>().data());
      return rows;
    });
  } else {
    shorts += weights_size();
  }
  context.describe("products of bytes");
  context.reserve_scratch(static_cast<uint64_t>(shorts) * sizeof(int16_t));
}

void ByteConvStep::operator()(RunContext& run) const {
  kernels::ByteConv conv = conv_;
  auto* scratch = reinterpret_cast<int16_t*>(run.scratch());
  conv.weights = reinterpret_cast<const int16_t*>(widened_.data());
  if (!conv.weights) {
    int16_t* rows = scratch + run.pool().size() * thread_size();
    weights_.widen(run.in<uint8_t>(kConvWeights), run.in<uint8_t>(kWeightPoints), 0,
                   conv.shape.out_channels, rows);
    conv.weights = rows;
  }
  const auto* point = run.in<uint8_t>(kDataPoint);
  conv.point = point ? *point : 0;
  conv.bias = run.in<int32_t>(kConvBias);
  run.pool().parallel_for(
      conv.rows(), rows_per_chunk(conv.rows(), macs_), [&](int64_t begin, int64_t end, int worker) {
        kernels::run_byte_conv(conv, run.in<uint8_t>(kConvData), run.out<int32_t>(0),
                               scratch + worker * thread_size(), begin, end);
      });
}

Kernel plan_bytes(PlanContext& context) { return ByteConvStep(context); }

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

ValueId sums_of(Function& f, const NodeContext& context, Operand x, Operand w, int bias) {
  const Shape& weights = context.shape(w.value);
  if (weights.rank() < 3) require_rank(context, w.value, 3);
  std::vector<Function::Attribute> attributes;
  for (const auto& [name, value] : context.attributes().all()) attributes.emplace_back(name, value);
  if (weights.rank() <= 4) {
    return f.ops_of(kInternalDomain, kOfBytes,
                    {f.in(x.value), f.in(w.value), f.in(bias),
                     channels_of(f, context, w.point, weights[0], 0), one_of(f, context, x.point)},
                    1, std::move(attributes))[0];
  }
  const ValueId data = shifted(f, f.in(x.value), one_of(f, context, x.point));
  const ValueId point = channels_of(f, context, w.point, weights[0], weights.rank() - 1);
  const std::vector<ValueId> inputs = {data, shifted(f, f.in(w.value), point), f.in(bias)};
  return f.ops_of(kInternalDomain, kPlain, inputs, 1, std::move(attributes))[0];
}

Graph conv_integer(const NodeContext& context) {
  Function f(context);
  return f.giving({sums_of(f, context, {0, 2}, {1, 3}, kNoInput)});
}

Graph qlinear_conv(const NodeContext& context) {
  constexpr int kX = 0, kXScale = 1, kXPoint = 2, kW = 3, kWScale = 4, kWPoint = 5, kYScale = 6,
                kYPoint = 7, kBias = 8;
  Function f(context);
  const ValueId sums = sums_of(f, context, {kX, kXPoint}, {kW, kWPoint}, kBias);
  const Shape& weights = context.shape(kW);
  const ValueId w_scale = channels_of(f, context, kWScale, weights[0], weights.rank() - 2);
  const ValueId scale = f.op("Mul", {one_of(f, context, kXScale), w_scale});
  const ValueId y = f.op("Mul", {cast(f, sums, DType::Float), scale});
  return f.giving(
      {f.op("QuantizeLinear", {y, one_of(f, context, kYScale), one_of(f, context, kYPoint)})});
}

constexpr OpDef kOps[] = {
    {.op_type = kOfBytes,
     .domain = kInternalDomain,
     .meaning = {.inputs = {2, 5},
                 .types = {type_of_both_inputs(kConvData, kDataPoint, kBytes),
                           type_of_both_inputs(kConvWeights, kWeightPoints, kBytes),
                           type_of_input(kConvBias, {DType::Int32})},
                 .infer = infer_sums,
                 .element_type = always<DType::Int32>,
                 .macs = macs_conv,
                 .window = window_conv},
     .cpu = {.plan = plan_bytes}},
    {.op_type = kPlain,
     .domain = kInternalDomain,
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_all_inputs({DType::Int32})},
                 .infer = infer_sums,
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
