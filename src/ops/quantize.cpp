// Between numbers and their quantised form: QuantizeLinear, DequantizeLinear, and by them
// DynamicQuantizeLinear, QLinearMatMul, MatMulInteger.

#include <algorithm>
#include <cmath>

#include "base/integers.h"
#include "ops/core/function.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

constexpr DTypeSet kQuantized =
    kSmallIntegers | kMinifloats |
    DTypeSet{DType::Int8, DType::Uint8, DType::Int16, DType::Uint16, DType::Int32};
constexpr DTypeSet kScales = kFloats | DTypeSet{DType::Float8E8M0, DType::Int32};

// Which scale an element has (ONNX: QuantizeLinear, "quantization granularities").
struct Granularity {
  int64_t outer = 1;
  int64_t axis = 1;
  int64_t inner = 1;
  int64_t block = 1;        // elements along the axis that share a scale
  bool has_axis = false;    // else one scale for all
  bool has_blocks = false;  // else one for each element of the axis

  // The scale of the first of the `inner` elements at that place; from one to the next it moves by
  // stride().
  int64_t first(int64_t at_outer, int64_t at_axis) const {
    if (has_blocks) return (at_outer * ((axis + block - 1) / block) + at_axis / block) * inner;
    return has_axis ? at_axis : 0;
  }
  int64_t stride() const { return has_blocks ? 1 : 0; }
};

[[noreturn]] void reject_scale(const NodeContext& context) {
  fail(ErrorCode::InvalidInput, context.node().op_type, " of ", context.shape(0), " along axis ",
       context.attributes().get_int("axis", 1), " cannot have scales of shape ", context.shape(1));
}

Granularity granularity_of(const NodeContext& context) {
  const Shape &shape = context.shape(0), &scale = context.shape(1);
  const int64_t written_block = context.attributes().get_int("block_size", 0);
  Granularity result;
  result.has_blocks = written_block > 0;
  result.has_axis = !result.has_blocks && scale.elements() != 1;
  if (!result.has_blocks && !result.has_axis) {
    result.inner = shape.elements();
    return result;
  }
  const int axis = normalize_axis(context.attributes().get_int("axis", 1), shape.rank());
  result.outer = shape.elements(0, axis);
  result.axis = shape[axis];
  result.inner = shape.elements(axis + 1, shape.rank());
  Shape expected = {shape[axis]};
  if (result.has_blocks) {
    result.block = written_block;
    expected = shape;
    expected[axis] = (shape[axis] + written_block - 1) / written_block;
  }
  if (scale != expected) reject_scale(context);
  return result;
}

void check_quantization(const NodeContext& context) {
  granularity_of(context);
  const auto is_one = [&](int index) { return context.shape(index).elements() == 1; };
  if (context.has_input(2) && context.shape(2) != context.shape(1) && !(is_one(1) && is_one(2))) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " has scales of shape ", context.shape(1),
         ", but zero points of shape ", context.shape(2));
  }
}

DType named_type(const Node& node, std::string_view attribute, DType fallback) {
  const int64_t written = node.attributes.get_int(attribute, 0);
  return written == 0 ? fallback : info_of(written).dtype;
}

DType type_of_quantized(const Node& node, std::span<const DType> inputs, int) {
  return named_type(node, "output_dtype", inputs.size() > 2 ? inputs[2] : DType::Uint8);
}

DType type_of_dequantized(const Node& node, std::span<const DType> inputs, int) {
  return named_type(node, "output_dtype",
                    inputs[1] == DType::Float8E8M0 ? DType::Float : inputs[1]);
}

void infer_quantize(InferContext& context) {
  check_quantization(context);
  const DType point = context.has_input(2) ? context.dtype(2) : DType::Undefined;
  const DType dtype =
      named_type(context.node(), "output_dtype", point == DType::Undefined ? DType::Uint8 : point);
  if (!kQuantized.contains(dtype) || (point != DType::Undefined && point != dtype)) {
    fail(ErrorCode::MalformedModel, "QuantizeLinear to ", name_of(dtype), " with zero points of ",
         name_of(point));
  }
  context.set_output(0, dtype, context.shape(0));
}

void infer_dequantize(InferContext& context) {
  check_quantization(context);
  const DType types[] = {context.dtype(0), context.dtype(1)};
  context.set_output(0, type_of_dequantized(context.node(), types, 0), context.shape(0));
}

// What quantising and dequantising have in common: scales and zero points as floats, in scratch
// memory, and rows of elements that have them by a stride.
class QuantizationStep {
 public:
  explicit QuantizationStep(const PlanContext& context)
      : granularity_(granularity_of(context)),
        elements_(context.shape(0).elements()),
        scales_(context.shape(1).elements()),
        has_points_(context.has_input(2)),
        read_scales_(context.dtype(1), DType::Float),
        read_points_(has_points_ ? context.dtype(2) : DType::Float, DType::Float),
        read_(context.dtype(0), DType::Float) {}

  uint64_t scratch_bytes() const {
    return static_cast<uint64_t>(elements_ + 2 * scales_) * sizeof(float);
  }

  // Elements of input 0 become floats in scratch memory, and `row(values, count, scale, point,
  // stride)` is called for all rows of them.
  template <class Row>
  float* run(RunContext& run, Row row) const {
    auto* values = reinterpret_cast<float*>(run.scratch());
    float* scales = values + elements_;
    float* points = scales + scales_;
    read_.run(run.in<std::byte>(0), run.scratch(), elements_, run.pool());
    read_scales_.run(run.in<std::byte>(1), reinterpret_cast<std::byte*>(scales), scales_,
                     run.pool());
    std::fill_n(points, scales_, 0.0f);
    if (has_points_) {
      read_points_.run(run.in<std::byte>(2), reinterpret_cast<std::byte*>(points), scales_,
                       run.pool());
    }
    const Granularity& form = granularity_;
    constexpr int64_t kGrain = 4096;
    // One row of all elements is cut, too.
    const int64_t piece = form.stride() == 0 && form.outer * form.axis == 1 ? kGrain : form.inner;
    const int64_t pieces = (form.inner + piece - 1) / piece;
    run.pool().parallel_for(
        form.outer * form.axis * pieces, 1 + kGrain / piece, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            const int64_t at = i / pieces, from = i % pieces * piece;
            const int64_t scale = form.first(at / form.axis, at % form.axis);
            row(values + at * form.inner + from, std::min(piece, form.inner - from), scales + scale,
                points + scale, form.stride());
          }
        });
    return values;
  }

  int64_t elements() const { return elements_; }

 private:
  Granularity granularity_;
  int64_t elements_;
  int64_t scales_;
  bool has_points_;
  ElementConversion read_scales_;
  ElementConversion read_points_;
  ElementConversion read_;
};

struct Range {
  float low;
  float high;
  bool integers;  // rounded, to the nearest even
};

Range range_of(DType dtype) {
  const int bits = bits_of(dtype);
  if (kind_of(dtype) == DTypeKind::Float) return {-INFINITY, INFINITY, false};
  if (kind_of(dtype) == DTypeKind::Unsigned) return {0, std::ldexp(1.0f, bits) - 1, true};
  return {-std::ldexp(1.0f, bits - 1), std::ldexp(1.0f, bits - 1) - 1, true};
}

Kernel plan_quantize(PlanContext& context) {
  const QuantizationStep step(context);
  const DType to = context.output_dtype(0);
  const Range range = range_of(to);
  const bool saturate = context.attributes().get_int("saturate", 1) != 0;
  const ElementConversion write(DType::Float, to, {.saturate = saturate});
  context.reserve_scratch(step.scratch_bytes());
  return [=](RunContext& run) {
    const float* values = step.run(run, [&](float* row, int64_t count, const float* scale,
                                            const float* point, int64_t stride) {
      for (int64_t i = 0; i < count; ++i) {
        float value = row[i] / scale[i * stride];
        if (range.integers) value = std::nearbyint(value);
        value += point[i * stride];
        row[i] = std::isnan(value) ? value : std::clamp(value, range.low, range.high);
      }
    });
    write.run(reinterpret_cast<const std::byte*>(values), run.out<std::byte>(0), step.elements(),
              run.pool());
  };
}

Kernel plan_dequantize(PlanContext& context) {
  const QuantizationStep step(context);
  const ElementConversion write(DType::Float, context.output_dtype(0));
  context.reserve_scratch(step.scratch_bytes());
  return [=](RunContext& run) {
    const float* values = step.run(
        run, [](float* row, int64_t count, const float* scale, const float* point, int64_t stride) {
          for (int64_t i = 0; i < count; ++i)
            row[i] = (row[i] - point[i * stride]) * scale[i * stride];
        });
    write.run(reinterpret_cast<const std::byte*>(values), run.out<std::byte>(0), step.elements(),
              run.pool());
  };
}

Graph dynamic_quantize(const NodeContext& context) {
  Function f(context);
  const ValueId x = f.in(0), zero = f.scalar(DType::Float, 0), levels = f.scalar(DType::Float, 255);
  const auto extreme = [&](const char* reduce, const char* with_zero) {
    return f.op(with_zero, {f.op(reduce, {x}, {{"keepdims", int64_t{0}}}), zero});
  };
  const ValueId low = extreme("ReduceMin", "Min"), high = extreme("ReduceMax", "Max");
  const ValueId scale = f.op("Div", {f.op("Sub", {high, low}), levels});
  const ValueId point = f.op("Sub", {zero, f.op("Div", {low, scale})});
  const ValueId rounded = f.op("Round", {f.op("Clip", {point, zero, levels})});
  const ValueId bytes = f.op("Cast", {rounded}, {{"to", static_cast<int64_t>(DType::Uint8)}});
  return f.giving({f.op("QuantizeLinear", {x, scale, bytes}), scale, bytes});
}

// An operand of an integer product, its zero point taken off. One of a row or a column each stands
// for all of that.
ValueId shifted(Function& f, const NodeContext& context, int input, int point, bool rows) {
  const auto to_int32 = [&](ValueId id) {
    return f.op("Cast", {id}, {{"to", static_cast<int64_t>(DType::Int32)}});
  };
  const ValueId value = to_int32(f.in(input));
  if (!context.has_input(point)) return value;
  ValueId shift = to_int32(f.in(point));
  const bool per_row = rows && context.shape(point).rank() == 1 && context.shape(input).rank() > 1;
  if (per_row) shift = f.op("Unsqueeze", {shift, f.ints({1})});
  return f.op("Sub", {value, shift});
}

Graph matmul_integer(const NodeContext& context) {
  Function f(context);
  return f.giving(
      {f.op("MatMul", {shifted(f, context, 0, 2, true), shifted(f, context, 1, 3, false)})});
}

// (a - a_zero) * a_scale times the same of b, quantised.
Graph qlinear_matmul(const NodeContext& context) {
  Function f(context);
  const ValueId product =
      f.op("MatMul", {shifted(f, context, 0, 2, true), shifted(f, context, 3, 5, false)});
  const auto to_float = [&](ValueId id) {
    return f.op("Cast", {id}, {{"to", static_cast<int64_t>(DType::Float)}});
  };
  ValueId a_scale = to_float(f.in(1));
  if (context.shape(1).rank() == 1 && context.shape(0).rank() > 1) {
    a_scale = f.op("Unsqueeze", {a_scale, f.ints({1})});
  }
  const ValueId scaled =
      f.op("Mul", {to_float(product), f.op("Mul", {a_scale, to_float(f.in(4))})});
  return f.giving({f.op("QuantizeLinear", {scaled, to_float(f.in(6)), f.in(7)})});
}

constexpr DTypeSet kBytes = {DType::Int8, DType::Uint8};
constexpr DTypeSet kProductTypes = kBytes | kMinifloats;

constexpr OpDef kOps[] = {
    {.op_type = "QuantizeLinear",
     .since = 10,
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_input(0, kFloats | DTypeSet{DType::Int32}),
                           type_of_input(1, kScales), type_of_input(2, kQuantized)},
                 .infer = infer_quantize,
                 .element_type = type_of_quantized},
     .cpu = {.plan = plan_quantize}},
    {.op_type = "DequantizeLinear",
     .since = 10,
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_both_inputs(0, 2, kQuantized), type_of_input(1, kScales)},
                 .infer = infer_dequantize,
                 .element_type = type_of_dequantized},
     .cpu = {.plan = plan_dequantize}},
    {.op_type = "DynamicQuantizeLinear",
     .since = 11,
     .meaning = {.outputs = {3, 3},
                 .types = {type_of_input(0, kFloat32)},
                 .element_type =
                     [](const Node&, std::span<const DType>, int output) {
                       return output == 1 ? DType::Float : DType::Uint8;
                     },
                 .function = dynamic_quantize}},
    {.op_type = "MatMulInteger",
     .since = 10,
     .meaning = {.inputs = {2, 4},
                 .types = {type_of_both_inputs(0, 2, kBytes), type_of_both_inputs(1, 3, kBytes)},
                 .element_type = always<DType::Int32>,
                 .function = matmul_integer}},
    {.op_type = "QLinearMatMul",
     .since = 10,
     .meaning = {.inputs = {8, 8},
                 .types = {type_of_both_inputs(0, 2, kProductTypes),
                           type_of_both_inputs(3, 5, kProductTypes),
                           type_of_input(7, kProductTypes)},
                 .element_type = like_input<7>,
                 .function = qlinear_matmul}},
};

}  // namespace

extern constinit const OpFamily quantize_ops = kOps;

}  // namespace fovea
