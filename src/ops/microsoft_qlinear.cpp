// Operators on quantised numbers as onnxruntime writes them (com.microsoft): each takes numbers out
// of their quantised form, computes with them and quantises the result. QLinearAdd, QLinearMul,
// QLinearSigmoid, QLinearLeakyRelu, QLinearSoftmax, QLinearGlobalAveragePool, QLinearAveragePool,
// QLinearReduceMean, QLinearConcat, QLinearWhere; QuantizeLinear, DequantizeLinear.

#include <algorithm>

#include "kernels/elementwise/binary.h"
#include "kernels/elementwise/quantize.h"
#include "ops/core/broadcast.h"
#include "ops/core/function_steps.h"
#include "ops/op.h"

namespace fovea {
namespace {

// What each byte of an input becomes: the second input has that of all 256, or [C, 256] those of
// each channel of an image.
constexpr std::string_view kByteTable = "ByteTable";

bool is_by_channel(const NodeContext& context) { return context.shape(1).rank() == 2; }

void infer_table(InferContext& context) {
  const Shape& shape = context.shape(0);
  if (is_by_channel(context) && (shape.rank() != 4 || shape[1] != context.shape(1)[0])) {
    fail(ErrorCode::InvalidInput, "Constants of ", context.shape(1)[0],
         " channels do not broadcast to ", shape);
  }
  context.set_output(0, context.dtype(1), shape);
}

Window window_table(const WindowContext& context) {
  return context.input() == 0 ? window_by_element(context) : Window{};
}

void layout_table(LayoutContext& context) {
  context.accept(0, context.form_of_bytes(0));
  context.produce(0, context.form_of_bytes(0));
}

// Of an image: rows of a channel's bytes, or of pixels of all.
Kernel plan_channel_tables(PlanContext& context) {
  const Shape& shape = context.shape(0);
  const bool last = context.layout(0) == Layout::ChannelsLast;
  const int64_t channels = shape[1], pixel = last ? padded_channels(channels) : 1;
  const int64_t size = shape[2] * shape[3];
  const int64_t rows = last ? shape[0] * size : shape[0] * channels;
  return [=](RunContext& run) {
    const auto* tables = run.in<uint8_t>(1);
    constexpr int64_t kGrain = 32768;
    const int64_t length = last ? pixel : size;
    run.pool().parallel_for(rows, kGrain / (length + 1) + 1, [&](int64_t begin, int64_t end) {
      const auto* from = run.in<uint8_t>(0);
      auto* to = run.out<uint8_t>(0);
      for (int64_t row = begin; row < end; ++row) {
        const int64_t at = row * length;
        if (!last) kernels::look_up(from + at, tables + row % channels * 256, to + at, size);
        for (int64_t c = 0; last && c < channels; ++c) to[at + c] = tables[c * 256 + from[at + c]];
      }
    });
  };
}

Kernel plan_table(PlanContext& context) {
  if (is_by_channel(context)) return plan_channel_tables(context);
  const auto count =
      static_cast<int64_t>(bytes_of(DType::Uint8, context.shape(0), context.form(0)));
  return [=](RunContext& run) {
    constexpr int64_t kGrain = 32768;
    run.pool().parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
      kernels::look_up(run.in<uint8_t>(0) + begin, run.in<uint8_t>(1), run.out<uint8_t>(0) + begin,
                       end - begin);
    });
  };
}

// ---- QLinearAdd, QLinearMul: A, its scale and zero point, the same of B and of the result ----

// The inputs of scales and zero points that a node has hold one element.
void require_ones(const NodeContext& context, std::initializer_list<int> inputs) {
  for (const int input : inputs) {
    if (context.has_input(input) && context.shape(input).elements() != 1) {
      require_shape(context, input, {});
    }
  }
}

void infer_binary(InferContext& context) {
  for (const int input : {3, 4, 6}) {
    if (context.has_input(input)) continue;
    fail(ErrorCode::MalformedModel, context.node().op_type, " needs input ", input);
  }
  require_ones(context, {1, 2, 4, 5, 6, 7});
  context.set_output(0, context.dtype(0), broadcast(context.shape(0), context.shape(3)));
}

// Bytes as they lie, where both operands do so alike.
void layout_binary(LayoutContext& context) {
  const Form form = context.form_of_bytes(0);
  if (context.form_of_bytes(3) != form || context.shape(0) != context.shape(3)) return;
  context.accept(0, form);
  context.accept(3, form);
  context.produce(0, form);
}

// The shapes to be walked: of bytes channels last, one row of all.
Shape walked(const PlanContext& context, const Shape& shape) {
  if (context.layout(0) == Layout::Plain) return shape;
  return {static_cast<int64_t>(bytes_of(DType::Uint8, shape, context.form(0)))};
}

Window window_binary(const WindowContext& context) {
  return context.input() % 3 == 0 && context.input() < 6 ? window_by_element(context) : Window{};
}

using Dequantize = decltype(&kernels::dequantize_row<uint8_t>);
using Quantize = decltype(&kernels::quantize_row<uint8_t>);

// How bytes of a type become numbers, and numbers bytes.
struct ByteRows {
  explicit ByteRows(DType dtype)
      : is_signed(dtype == DType::Int8),
        dequantize(is_signed ? kernels::dequantize_row<int8_t> : kernels::dequantize_row<uint8_t>),
        quantize(is_signed ? kernels::quantize_row<int8_t> : kernels::quantize_row<uint8_t>) {}

  // The scale is one input, the zero point, where there is one, the next.
  float scale(const RunContext& run, int input) const { return *run.in<float>(input); }
  float point(const RunContext& run, int scale_input) const {
    const std::byte* point = run.in<std::byte>(scale_input + 1);
    if (point == nullptr) return 0;
    return is_signed ? static_cast<float>(static_cast<int8_t>(*point))
                     : static_cast<float>(static_cast<uint8_t>(*point));
  }

  bool is_signed;
  Dequantize dequantize;
  Quantize quantize;
};

// Part of a row of an operand as numbers: neighbours, or one for all.
constexpr int64_t kPart = 256;
struct Numbers {
  float values[kPart];
  uint8_t bytes[kPart];

  void read(Dequantize dequantize, const std::byte* from, int64_t stride, int64_t count,
            float scale, float point) {
    if (stride > 1) {  // transposed by a broadcast
      for (int64_t i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(from[i * stride]);
    }
    dequantize(stride > 1 ? reinterpret_cast<const std::byte*>(bytes) : from, values,
               stride == 0 ? 1 : count, scale, point);
  }
};

template <class Op>
Kernel plan_binary(PlanContext& context) {
  const Shape out = walked(context, context.output_shape(0));
  const auto strides = [&](int input) {
    return broadcast_strides(walked(context, context.shape(input)), Layout::Plain, out);
  };
  const auto nest = nest_over<3>(out, Layout::Plain, {strides(0), strides(3), strides_of(out)});
  return [rows = ByteRows(context.dtype(0)), nest](RunContext& run) {
    const float scales[3] = {rows.scale(run, 1), rows.scale(run, 4), rows.scale(run, 6)};
    const float points[3] = {rows.point(run, 1), rows.point(run, 4), rows.point(run, 6)};
    constexpr int64_t kGrain = 8192;
    kernels::parallel_rows(nest, kGrain, run.pool(), [&](const kernels::RowCursor<3>& row) {
      const std::byte* a = run.in<std::byte>(0) + row.offset(0);
      const std::byte* b = run.in<std::byte>(3) + row.offset(1);
      std::byte* to = run.out<std::byte>(0) + row.offset(2);
      const int64_t left = row.stride(0), right = row.stride(1);
      const kernels::BinaryStrides steps = {left == 0 ? 0 : 1, right == 0 ? 0 : 1, 1};
      Numbers as, bs;
      float results[kPart];
      for (int64_t i = 0; i < row.count(); i += kPart) {
        const int64_t count = std::min(kPart, row.count() - i);
        as.read(rows.dequantize, a + i * left, left, count, scales[0], points[0]);
        bs.read(rows.dequantize, b + i * right, right, count, scales[1], points[1]);
        kernels::binary_row_f32<Op>(as.values, bs.values, results, steps, count);
        rows.quantize(results, to + i, count, scales[2], points[2]);
      }
    });
  };
}

// ---- The mean of each plane of bytes, as a number: bytes, their scale, their zero point ----

constexpr std::string_view kByteMeans = "ByteMeans";

void infer_means(InferContext& context) {
  require_ones(context, {1, 2});
  Shape shape = context.shape(0);
  if (shape.rank() < 2) {
    fail(ErrorCode::InvalidInput, "QLinearGlobalAveragePool needs [N, C, ...], not ", shape);
  }
  for (int axis = 2; axis < shape.rank(); ++axis) shape[axis] = 1;
  context.set_output(0, DType::Float, std::move(shape));
}

Window window_means(const WindowContext& context) {
  return context.input() == 0 && context.axis() < 2 ? same_place(context.axis()) : Window{};
}

Kernel plan_means(PlanContext& context) {
  const Shape& in = context.shape(0);
  const int64_t planes = in[0] * in[1], size = in.elements(2, in.rank());
  return [rows = ByteRows(context.dtype(0)), planes, size](RunContext& run) {
    const float scale = rows.scale(run, 1), point = rows.point(run, 1);
    const auto sum = rows.is_signed ? kernels::sum_row<int8_t> : kernels::sum_row<uint8_t>;
    constexpr int64_t kGrain = 65536;
    run.pool().parallel_for(planes, kGrain / (size + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane) {
        const int64_t total = sum(run.in<std::byte>(0) + plane * size, size);
        // Exact up to the division.
        const double mean =
            static_cast<double>(total) / static_cast<double>(size) - static_cast<double>(point);
        run.out<float>(0)[plane] = static_cast<float>(mean * static_cast<double>(scale));
      }
    });
  };
}

// Every byte that an input may have, in the order of its bits.
ValueId all_bytes(Function& f, DType dtype) {
  Tensor codes = Tensor::allocate(dtype, {256});
  for (int code = 0; code < 256; ++code) {
    codes.mutable_data()[code] = static_cast<std::byte>(code);
  }
  return f.constant(std::move(codes));
}

// What a table says of each byte of an input. Where scales are constants, as in most models, the
// table is known while planning.
ValueId looked_up(Function& f, int input, ValueId table) {
  return f.ops_of(kInternalDomain, kByteTable, {f.in(input), table}, 1)[0];
}

// Bytes by the scale and the zero point that follow input `first`, as numbers.
ValueId dequantised(Function& f, const NodeContext& context, int first, ValueId bytes) {
  return f.op("DequantizeLinear",
              {bytes, one_of(f, context, first + 1), one_of(f, context, first + 2)});
}
ValueId dequantised(Function& f, const NodeContext& context, int first) {
  return dequantised(f, context, first, f.in(first));
}

// Quantised by inputs `scale` and the one after it, in the type of input 0 where that is left out.
ValueId quantised(Function& f, const NodeContext& context, ValueId value, int scale) {
  const ValueId point =
      context.has_input(scale + 1) ? one_of(f, context, scale + 1) : f.scalar(context.dtype(0), 0);
  return f.op("QuantizeLinear", {value, one_of(f, context, scale), point});
}

// X, its scale and zero point, and those of Y.
using Inner = ValueId (*)(Function&, const NodeContext&, ValueId x);

Graph global_average_pool(const NodeContext& context) {
  const int rank = context.shape(0).rank();
  const bool last = context.attributes().get_int("channels_last", 0) != 0;
  Function f(context);
  const ValueId image = last ? channels_to_second(f, f.in(0), rank) : f.in(0);
  const ValueId mean = f.ops_of(kInternalDomain, kByteMeans,
                                {image, one_of(f, context, 1), one_of(f, context, 2)}, 1)[0];
  const ValueId result = quantised(f, context, mean, 3);
  return f.giving({last ? channels_to_last(f, result, rank) : result});
}

template <Inner kInner>
Graph unary(const NodeContext& context) {
  Function f(context);
  return f.giving({quantised(f, context, kInner(f, context, dequantised(f, context, 0)), 3)});
}

// The same of each element by itself.
template <Inner kInner>
Graph elementwise(const NodeContext& context) {
  Function f(context);
  const ValueId x = dequantised(f, context, 0, all_bytes(f, context.dtype(0)));
  return f.giving({looked_up(f, 0, quantised(f, context, kInner(f, context, x), 3))});
}

ValueId sigmoid(Function& f, const NodeContext&, ValueId x) { return f.op("Sigmoid", {x}); }

ValueId leaky_relu(Function& f, const NodeContext& context, ValueId x) {
  return f.op("LeakyRelu", {x}, {{"alpha", context.attributes().get_float("alpha", 0.01f)}});
}

// Before opset 13, all axes from `axis` on were one.
ValueId softmax(Function& f, const NodeContext& context, ValueId x) {
  const Shape& shape = context.shape(0);
  const int64_t opset = attribute_from(context, "opset", 0, 1);
  const int64_t axis = context.attributes().get_int("axis", -1);
  if (opset >= 13) return f.op("Softmax", {x}, {{"axis", axis}});
  const int first = normalize_axis(axis, shape.rank());
  const Shape rows = {shape.elements(0, first), shape.elements(first, shape.rank())};
  return reshaped(f, f.op("Softmax", {reshaped(f, x, rows)}), shape);
}

// A pool of [N, C, ...] on what may have its channels last.
ValueId pool(Function& f, const NodeContext& context, ValueId x, std::string_view op_type,
             std::vector<Function::Attribute> attributes) {
  const int rank = context.shape(0).rank();
  const bool last = context.attributes().get_int("channels_last", 0) != 0;
  const ValueId image = last ? channels_to_second(f, x, rank) : x;
  const ValueId y = f.op_with(op_type, {image}, std::move(attributes));
  return last ? channels_to_last(f, y, rank) : y;
}

ValueId average_pool(Function& f, const NodeContext& context, ValueId x) {
  std::vector<Function::Attribute> attributes;
  for (const auto& [name, value] : context.attributes().all()) {
    if (name != "channels_last") attributes.emplace_back(name, value);
  }
  return pool(f, context, x, "AveragePool", std::move(attributes));
}

ValueId reduce_mean(Function& f, const NodeContext& context, ValueId x) {
  return f.op("ReduceMean", {x, f.ints(context.attributes().get_ints("axes"))},
              {{"keepdims", context.attributes().get_int("keepdims", 1)}});
}

// Input `first` quantised by inputs `scale` and the one after it instead.
ValueId converted_to(Function& f, const NodeContext& context, int first, int scale) {
  const ValueId x = dequantised(f, context, first, all_bytes(f, context.dtype(first)));
  return looked_up(
      f, first,
      f.op("QuantizeLinear", {x, one_of(f, context, scale), one_of(f, context, scale + 1)}));
}

// Y's scale and zero point, and then triples of a tensor, its scale and its zero point.
Graph concat(const NodeContext& context) {
  constexpr int kFirst = 2;
  const int count = context.input_count() - kFirst;
  if (count % 3 != 0) {
    fail(ErrorCode::MalformedModel, "QLinearConcat has ", count,
         " inputs besides Y's, which are no triples");
  }
  Function f(context);
  std::vector<ValueId> parts;
  for (int i = kFirst; i < context.input_count(); i += 3) {
    for (int k = 0; k < 3; ++k) {
      const DType dtype = context.dtype(i + k);
      if ((dtype == DType::Float) == (k == 1)) continue;
      fail(ErrorCode::MalformedModel, "QLinearConcat takes no ", name_of(dtype), " as input ",
           i + k);
    }
    parts.push_back(converted_to(f, context, i, 0));
  }
  if (!context.attributes().has("axis")) {
    fail(ErrorCode::MalformedModel, "QLinearConcat needs the attribute axis");
  }
  return f.giving({joined(f, std::move(parts), context.attributes().get_int("axis", 0))});
}

Graph where(const NodeContext& context) {
  Function f(context);
  const auto converted = [&](int first) { return converted_to(f, context, first, 7); };
  return f.giving({f.op("Where", {f.in(0), converted(1), converted(4)})});
}

// ONNX's own of the same name: scales are one, or one for each element of an axis that is named.
template <bool kTo>
Graph linear(const NodeContext& context) {
  Function f(context);
  const bool has_axis = context.attributes().has("axis");
  std::vector<Function::Attribute> attributes;
  if (has_axis) attributes.emplace_back("axis", context.attributes().get_int("axis", 1));
  const auto parameter = [&](int input) {
    return has_axis ? f.in(input) : one_of(f, context, input);
  };
  return f.giving({f.op_with(kTo ? "QuantizeLinear" : "DequantizeLinear",
                             {f.in(0), parameter(1), parameter(2)}, std::move(attributes))});
}

DType type_of_quantised(const Node&, std::span<const DType> inputs, int) {
  return inputs.size() > 2 && inputs[2] != DType::Undefined ? inputs[2] : DType::Uint8;
}

constexpr DTypeSet kLinear =
    kBytes | DTypeSet{DType::Int16, DType::Uint16, DType::Int32, DType::Int4, DType::Uint4};

using Rule = Graph (*)(const NodeContext&);
using Types = std::array<TypeVariable, 4>;

constexpr OpDef quantised_op(std::string_view op_type, Arity inputs, const Types& types,
                             Rule function, ElementTypeRule element_type = like_input<0>) {
  return {
      .op_type = op_type,
      .domain = kMicrosoftDomain,
      .meaning = {
          .inputs = inputs, .types = types, .element_type = element_type, .function = function}};
}

constexpr Types kBinary = {type_of_listed({0, 2, 3, 5, 7}, kBytes),
                           type_of_listed({1, 4, 6}, kFloat32)};
constexpr Types kUnary = {type_of_listed({0, 2, 4}, kBytes), type_of_both_inputs(1, 3, kFloat32)};

constexpr OpDef unary_op(std::string_view op_type, Rule function) {
  return quantised_op(op_type, {2, 5}, kUnary, function);
}

constexpr OpDef binary_op(std::string_view op_type, PlanRule plan) {
  return {.op_type = op_type,
          .domain = kMicrosoftDomain,
          .meaning = {.inputs = {2, 8},
                      .types = kBinary,
                      .infer = infer_binary,
                      .window = window_binary},
          .cpu = {.plan = plan, .layout = layout_binary, .bands = bands_by_window}};
}

constexpr OpDef kOps[] = {
    {.op_type = kByteTable,
     .domain = kInternalDomain,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_input(0, kBytes), type_of_input(1, kBytes)},
                 .infer = infer_table,
                 .element_type = like_input<1>,
                 .window = window_table},
     .cpu = {.plan = plan_table, .layout = layout_table, .bands = bands_by_window}},
    {.op_type = kByteMeans,
     .domain = kInternalDomain,
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_both_inputs(0, 2, kBytes), type_of_input(1, kFloat32)},
                 .infer = infer_means,
                 .element_type = like_input<1>,
                 .window = window_means},
     .cpu = {.plan = plan_means}},
    binary_op("QLinearAdd", plan_binary<kernels::Add>),
    binary_op("QLinearMul", plan_binary<kernels::Mul>),
    unary_op("QLinearSigmoid", elementwise<sigmoid>),
    unary_op("QLinearLeakyRelu", elementwise<leaky_relu>),
    unary_op("QLinearSoftmax", unary<softmax>),
    unary_op("QLinearGlobalAveragePool", global_average_pool),
    unary_op("QLinearAveragePool", unary<average_pool>),
    unary_op("QLinearReduceMean", unary<reduce_mean>),
    quantised_op("QLinearConcat", {5, kUnbounded},
                 {type_of_input(0, kFloat32), type_of_input(1, kBytes)}, concat, like_input<1>),
    quantised_op("QLinearWhere", {9, 9},
                 {type_of_input(0, kBool), type_of_listed({1, 3, 4, 6, 8}, kBytes),
                  type_of_listed({2, 5, 7}, kFloat32)},
                 where, like_input<1>),
    quantised_op("QuantizeLinear", {2, 3},
                 {type_of_inputs(0, 1, kFloat32), type_of_input(2, kLinear)}, linear<true>,
                 type_of_quantised),
    quantised_op("DequantizeLinear", {2, 3},
                 {type_of_both_inputs(0, 2, kLinear), type_of_input(1, kFloat32)}, linear<false>,
                 like_input<1>),
};

}  // namespace

extern constinit const OpFamily microsoft_qlinear_ops = kOps;

}  // namespace fovea
