// Tensors out of nothing: Constant, ConstantOfShape, Range, EyeLike.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/elementwise/binary.h"
#include "kernels/elementwise/convert.h"
#include "kernels/movement/strided_copy.h"
#include "ops/core/memory.h"

namespace fovea {
namespace {

template <class T>
Tensor vector_of(const std::vector<T>& values) {
  return Tensor::of<T>({static_cast<int64_t>(values.size())}, std::span<const T>(values));
}

Tensor constant_of(const Attributes& attributes) {
  if (const Tensor* tensor = attributes.get_tensor("value")) return *tensor;
  if (attributes.has("value_float")) {
    return Tensor::of<float>({}, {attributes.get_float("value_float", 0)});
  }
  if (attributes.has("value_int")) {
    return Tensor::of<int64_t>({}, {attributes.get_int("value_int", 0)});
  }
  if (attributes.has("value_floats")) return vector_of(attributes.get_floats("value_floats"));
  if (attributes.has("value_ints")) return vector_of(attributes.get_ints("value_ints"));
  if (attributes.has("value_string")) {
    return Tensor::of_strings({}, {attributes.get_string("value_string", "")});
  }
  if (attributes.has("value_strings")) {
    std::vector<std::string> strings = attributes.get_strings("value_strings");
    const auto count = static_cast<int64_t>(strings.size());
    return Tensor::of_strings({count}, std::move(strings));
  }
  // Written out by the import.
  if (const Tensor* tensor = attributes.get_tensor("sparse_value")) return *tensor;
  fail(ErrorCode::MalformedModel, "Constant has no value");
}

void infer_constant(InferContext& context) {
  context.set_content(0, constant_of(context.attributes()));
}

Tensor filling_of(const NodeContext& context) {
  const Tensor* value = context.attributes().get_tensor("value");
  if (!value) return Tensor::of<float>({}, {0.0f});
  if (value->elements() != 1) {
    fail(ErrorCode::MalformedModel, "ConstantOfShape's value has shape ", value->shape(),
         ", not one element");
  }
  return *value;
}

void infer_constant_of_shape(InferContext& context) {
  Shape shape(context.int64s(0));
  if (std::ranges::any_of(shape, [](int64_t dim) { return dim < 0; })) {
    fail(ErrorCode::InvalidInput, "ConstantOfShape cannot make the shape ", shape);
  }
  context.set_output(0, filling_of(context).dtype(), std::move(shape));
}

Kernel plan_constant_of_shape(PlanContext& context) {
  const Tensor value = filling_of(context);
  const size_t bytes = element_bytes(value.dtype());
  const int64_t count = context.output_shape(0).elements();
  return [=](RunContext& run) { kernels::fill(run.out<std::byte>(0), value.data(), bytes, count); };
}

constexpr DTypeSet kRangeTypes = {DType::Float, DType::Double, DType::Int16, DType::Int32,
                                  DType::Int64};

// Calls fn with the type of Range's inputs and their values.
template <class Fn>
auto with_range(const NodeContext& context, Fn fn) {
  for (int i = 0; i < 3; ++i) {
    if (context.shape(i).elements() != 1) {
      fail(ErrorCode::MalformedModel, "Range takes three scalars, not an input ", i, " of shape ",
           context.shape(i));
    }
  }
  return dispatch<float, double, int16_t, int32_t, int64_t>(context.dtype(0), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto value = [&](int i) { return context.content(i)->as<T>()[0]; };
    return fn(value(0), value(1), value(2));
  });
}

// Elements of a range of integers, exactly: double does not tell all of int64 apart.
template <std::integral T>
double steps_of(T start, T limit, T delta) {
  if (delta > 0 ? limit <= start : limit >= start) return 0;
  const auto bits = [](T x) { return static_cast<uint64_t>(int64_t{x}); };
  const uint64_t distance = delta > 0 ? bits(limit) - bits(start) : bits(start) - bits(limit);
  const uint64_t step = delta > 0 ? bits(delta) : uint64_t{0} - bits(delta);
  return static_cast<double>((distance - 1) / step + 1);
}

template <std::floating_point T>
double steps_of(T start, T limit, T delta) {
  return std::ceil((static_cast<double>(limit) - static_cast<double>(start)) /
                   static_cast<double>(delta));
}

template <class T>
int64_t range_count(T start, T limit, T delta) {
  if (delta == T{0}) fail(ErrorCode::InvalidInput, "Range has a step of 0");
  const double count = steps_of(start, limit, delta);
  if (!(std::abs(count) <= 0x1p53)) {
    fail(ErrorCode::InvalidInput, "Range has no finite number of elements");
  }
  return std::max<int64_t>(static_cast<int64_t>(count), 0);
}

void infer_range(InferContext& context) {
  const int64_t count = with_range(
      context, [](auto start, auto limit, auto delta) { return range_count(start, limit, delta); });
  context.set_output(0, context.dtype(0), {count});
}

Kernel plan_range(PlanContext& context) {
  const int64_t count = context.output_shape(0).elements();
  return with_range(context, [count](auto start, auto, auto delta) -> Kernel {
    using T = decltype(start);
    return [=](RunContext& run) {
      T* out = run.out<T>(0);
      for (int64_t i = 0; i < count; ++i) {
        out[i] = kernels::Add()(start, kernels::Mul()(static_cast<T>(i), delta));
      }
    };
  });
}

struct EyeLikeAttributes {
  static EyeLikeAttributes parse(const Attributes& attributes, int opset);

  std::optional<DType> dtype;  // the input's where it is not written
  int64_t diagonal;
};

EyeLikeAttributes EyeLikeAttributes::parse(const Attributes& attributes, int) {
  EyeLikeAttributes out = {std::nullopt, attributes.get_int("k", 0)};
  if (!attributes.has("dtype")) return out;
  const int64_t dtype = attributes.get_int("dtype", 0);
  if (!is_supported(dtype) || !kFixedSize.contains(static_cast<DType>(dtype))) {
    throw Error(ErrorCode::UnsupportedAttribute,
                text("dtype ", dtype, " of TensorProto, ", info_of(dtype).name,
                     ", is not supported; supported are ", kFixedSize))
        .with("attribute", "dtype");
  }
  out.dtype = static_cast<DType>(dtype);
  return out;
}

void infer_eye_like(InferContext& context) {
  if (context.shape(0).rank() != 2) {
    fail(ErrorCode::InvalidInput, "EyeLike takes a matrix, not ", context.shape(0));
  }
  const auto dtype = context.attributes_as<EyeLikeAttributes>().dtype;
  context.set_output(0, dtype.value_or(context.dtype(0)), context.shape(0));
}

Kernel plan_eye_like(PlanContext& context) {
  const int64_t rows = context.output_shape(0)[0], columns = context.output_shape(0)[1];
  const int64_t diagonal = context.attributes_as<EyeLikeAttributes>().diagonal;
  return dispatch_with_integers<float, double, Half, BFloat, bool>(
      context.output_dtype(0), [&](auto tag) -> Kernel {
        using T = typename decltype(tag)::type;
        return [=](RunContext& run) {
          T* out = run.out<T>(0);
          for (int64_t row = 0; row < rows; ++row) {
            for (int64_t column = 0; column < columns; ++column) {
              *out++ = kernels::element_cast<T>(column - row == diagonal);
            }
          }
        };
      });
}

DType type_of_constant(const Node& node, std::span<const DType>, int) {
  return constant_of(node.attributes).dtype();
}

DType type_of_filling(const Node& node, std::span<const DType>, int) {
  const Tensor* value = node.attributes.get_tensor("value");
  return value ? value->dtype() : DType::Float;
}

DType type_of_eye_like(const Node& node, std::span<const DType> inputs, int) {
  return node.attributes.parsed<EyeLikeAttributes>(node.opset).dtype.value_or(inputs[0]);
}

constexpr OpDef kOps[] = {
    {.op_type = "Constant",
     .meaning = {.inputs = {0, 0}, .infer = infer_constant, .element_type = type_of_constant}},
    {.op_type = "ConstantOfShape",
     .since = 9,
     .meaning = {.types = {type_of_input(0, kIndices)},
                 .infer = infer_constant_of_shape,
                 .element_type = type_of_filling,
                 .content_inputs = {0}},
     .cpu = {.plan = plan_constant_of_shape}},
    {.op_type = "Range",
     .since = 11,
     .meaning = {.inputs = {3, 3},
                 .types = {type_of_all_inputs(kRangeTypes)},
                 .infer = infer_range,
                 .content_inputs = {0, 1, 2}},
     .cpu = {.plan = plan_range}},
    {.op_type = "EyeLike",
     .since = 9,
     .meaning = {.types = {type_of_input(0, kFixedSize)},
                 .infer = infer_eye_like,
                 .element_type = type_of_eye_like,
                 .window = window_of_nothing},
     .cpu = {.plan = plan_eye_like}},
};

}  // namespace

extern constinit const OpFamily constant_ops = kOps;

}  // namespace fovea
