// Convolutions of quantised numbers: ConvInteger, QLinearConv.

#include "ops/core/dense_conv.h"
#include "ops/core/function_steps.h"

namespace fovea {
namespace {

// The operator that both are made of: ConvInteger of int32 whose zero points are taken off.
constexpr std::string_view kExact = "ConvInteger";

void infer_exact(InferContext& context) {
  const Conv conv(context);
  as_three(context, conv.axes);
  context.set_output(0, DType::Int32, conv.result);
}

// Sums wrap, as those of onnxruntime do: unsigned numbers may.
Kernel plan_exact(PlanContext& context) {
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
  const ValueId data = shifted(f, f.in(x.value), one_of(f, context, x.point));
  const ValueId point = channels_of(f, context, w.point, weights[0], weights.rank() - 1);
  const std::vector<ValueId> inputs = {data, shifted(f, f.in(w.value), point), f.in(bias)};
  return f.ops_of(kInternalDomain, kExact, inputs, 1, std::move(attributes))[0];
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
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_all_inputs({DType::Int32})},
                 .infer = infer_exact,
                 .macs = macs_conv},
     .cpu = {.plan = plan_exact}},
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
