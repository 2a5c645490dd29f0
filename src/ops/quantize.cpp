// Between numbers and their quantised form: QuantizeLinear, DequantizeLinear, and by them
// DynamicQuantizeLinear.

#include "kernels/elementwise/quantize.h"

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

// A row of elements, the first of which has this scale and zero point; those of the next are
// `stride` further.
struct QuantizedRow {
  int64_t first;
  int64_t count;
  const float* scale;
  const float* point;
  int64_t stride;
};

// What quantising and dequantising have in common: scales and zero points as floats, in scratch
// memory, and rows of elements that have them by a stride.
class QuantizationStep {
 public:
  explicit QuantizationStep(const PlanContext& context)
      : granularity_(granularity_of(context)),
        elements_(static_cast<int64_t>(bytes_of(DType::Uint8, context.shape(0), context.form(0)))),
        scales_(context.shape(1).elements()),
        has_points_(context.has_input(2)),
        read_scales_(context.dtype(1), DType::Float),
        read_points_(has_points_ ? context.dtype(2) : DType::Float, DType::Float),
        read_(context.dtype(0), DType::Float) {
    // Padding lanes as well.
    if (context.layout(0) == Layout::ChannelsLast) granularity_.inner = elements_;
  }

  // Elements of a row share a scale.
  bool has_even_rows() const { return granularity_.stride() == 0; }
  // With `values`, for all elements as floats, too.
  uint64_t scratch_bytes(bool values) const {
    return static_cast<uint64_t>(2 * scales_ + (values ? elements_ : 0)) * sizeof(float);
  }

  // Calls `each(row)` for all rows.
  template <class Each>
  void for_rows(RunContext& run, Each each) const {
    auto* scales = reinterpret_cast<float*>(run.scratch());
    float* points = scales + scales_;
    read_scales_.run(run.in<std::byte>(1), run.scratch(), scales_, run.pool());
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
            each(QuantizedRow{at * form.inner + from, std::min(piece, form.inner - from),
                              scales + scale, points + scale, form.stride()});
          }
        });
  }

  // Input 0 as floats, in scratch memory.
  float* values(RunContext& run) const {
    auto* values = reinterpret_cast<float*>(run.scratch()) + 2 * scales_;
    read_.run(run.in<std::byte>(0), reinterpret_cast<std::byte*>(values), elements_, run.pool());
    return values;
  }
  void write(const ElementConversion& conversion, const float* values, RunContext& run) const {
    conversion.run(reinterpret_cast<const std::byte*>(values), run.out<std::byte>(0), elements_,
                   run.pool());
  }

 private:
  Granularity granularity_;
  int64_t elements_;
  int64_t scales_;
  bool has_points_;
  ElementConversion read_scales_;
  ElementConversion read_points_;
  ElementConversion read_;
};

bool is_byte(DType dtype) { return dtype == DType::Int8 || dtype == DType::Uint8; }

// Between floats and bytes, as most models have it.
Kernel quantize_bytes(PlanContext& context, const QuantizationStep& step) {
  const auto quantize = context.output_dtype(0) == DType::Int8 ? kernels::quantize_row<int8_t>
                                                               : kernels::quantize_row<uint8_t>;
  context.reserve_scratch(step.scratch_bytes(false));
  return [=](RunContext& run) {
    step.for_rows(run, [&](const QuantizedRow& row) {
      quantize(run.in<float>(0) + row.first, run.out<std::byte>(0) + row.first, row.count,
               *row.scale, *row.point);
    });
  };
}

Kernel dequantize_bytes(PlanContext& context, const QuantizationStep& step) {
  const auto dequantize = context.dtype(0) == DType::Int8 ? kernels::dequantize_row<int8_t>
                                                          : kernels::dequantize_row<uint8_t>;
  context.reserve_scratch(step.scratch_bytes(false));
  return [=](RunContext& run) {
    step.for_rows(run, [&](const QuantizedRow& row) {
      dequantize(run.in<std::byte>(0) + row.first, run.out<float>(0) + row.first, row.count,
                 *row.scale, *row.point);
    });
  };
}

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
  if (context.dtype(0) == DType::Float && is_byte(to) && step.has_even_rows()) {
    return quantize_bytes(context, step);
  }
  const Range range = range_of(to);
  const bool saturate = context.attributes().get_int("saturate", 1) != 0;
  const ElementConversion conversion(DType::Float, to, {.saturate = saturate});
  context.reserve_scratch(step.scratch_bytes(true));
  return [=](RunContext& run) {
    float* values = step.values(run);
    step.for_rows(run, [&](const QuantizedRow& row) {
      for (int64_t i = 0; i < row.count; ++i) {
        float value = values[row.first + i] / row.scale[i * row.stride];
        if (range.integers) value = std::nearbyint(value);
        value += row.point[i * row.stride];
        values[row.first + i] =
            std::isnan(value) ? value : std::clamp(value, range.low, range.high);
      }
    });
    step.write(conversion, values, run);
  };
}

Kernel plan_dequantize(PlanContext& context) {
  const QuantizationStep step(context);
  const DType to = context.output_dtype(0);
  if (is_byte(context.dtype(0)) && to == DType::Float && step.has_even_rows()) {
    return dequantize_bytes(context, step);
  }
  const ElementConversion conversion(DType::Float, to);
  context.reserve_scratch(step.scratch_bytes(true));
  return [=](RunContext& run) {
    float* values = step.values(run);
    step.for_rows(run, [&](const QuantizedRow& row) {
      for (int64_t i = 0; i < row.count; ++i) {
        float& value = values[row.first + i];
        value = (value - row.point[i * row.stride]) * row.scale[i * row.stride];
      }
    });
    step.write(conversion, values, run);
  };
}

// One scale is the same for all places. Floats' padding lanes have to be 0.
bool has_one_scale(const LayoutContext& context) {
  return context.dtype(1) == DType::Float && context.shape(1).elements() == 1 &&
         !context.attributes().has("output_dtype") && !context.attributes().has("block_size");
}

void layout_quantize(LayoutContext& context) {
  const bool bytes = !context.has_input(2) || is_byte(context.dtype(2));
  if (has_one_scale(context) && bytes) follow_input_layout(context);
}

void layout_dequantize(LayoutContext& context) {
  if (context.form_of_bytes(0).layout != Layout::ChannelsLast || !has_one_scale(context) ||
      context.shape(0)[1] % kLanes != 0) {
    return;
  }
  context.accept(0, Layout::ChannelsLast);
  context.produce(0, Layout::ChannelsLast);
}

std::optional<BandRule> bands_of_one_scale(const NodeContext& context, const Shape& output) {
  if (context.shape(1).elements() != 1) return std::nullopt;
  return bands_by_window(context, output);
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

constexpr OpDef kOps[] = {
    {.op_type = "QuantizeLinear",
     .since = 10,
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_input(0, kFloats | DTypeSet{DType::Int32}),
                           type_of_input(1, kScales), type_of_input(2, kQuantized)},
                 .infer = infer_quantize,
                 .element_type = type_of_quantized,
                 .window = window_of_data},
     .cpu = {.plan = plan_quantize, .layout = layout_quantize, .bands = bands_of_one_scale}},
    {.op_type = "DequantizeLinear",
     .since = 10,
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_both_inputs(0, 2, kQuantized), type_of_input(1, kScales)},
                 .infer = infer_dequantize,
                 .element_type = type_of_dequantized,
                 .window = window_of_data},
     .cpu = {.plan = plan_dequantize, .layout = layout_dequantize, .bands = bands_of_one_scale}},
    {.op_type = "DynamicQuantizeLinear",
     .since = 11,
     .meaning = {.outputs = {3, 3},
                 .types = {type_of_input(0, kFloat32)},
                 .element_type =
                     [](const Node&, std::span<const DType>, int output) {
                       return output == 1 ? DType::Float : DType::Uint8;
                     },
                 .function = dynamic_quantize}},
};

}  // namespace

extern constinit const OpFamily quantize_ops = kOps;

}  // namespace fovea
