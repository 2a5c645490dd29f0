// ai.onnx.ml: what is done to features before a model sees them: ArrayFeatureExtractor, Binarizer,
// FeatureVectorizer, Imputer, Normalizer, OneHotEncoder, Scaler.

#include <cmath>
#include <limits>

#include "ops/core/evaluate.h"
#include "ops/core/function.h"
#include "ops/core/ml.h"

namespace fovea {
namespace {

int64_t last_dim(const Shape& shape) { return shape.rank() == 0 ? 1 : shape[shape.rank() - 1]; }

ValueId cast(Function& f, ValueId id, DType to) {
  return f.op("Cast", {id}, {{"to", static_cast<int64_t>(to)}});
}

// Integers and doubles are computed as double, since float does not hold them.
DType computed_as(const NodeContext& context) {
  return context.dtype(0) == DType::Float ? DType::Float : DType::Double;
}

// A list of one number for all features or of one for each, as a constant that broadcasts.
ValueId per_feature(Function& f, const NodeContext& context, std::string_view name,
                    const Tensor& list, DType dtype) {
  const int64_t features = last_dim(context.shape(0));
  if (list.elements() != 1 && list.elements() != features) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " has ", list.elements(), " numbers in '",
         name, "', which is neither 1 nor the number of features of ", context.shape(0));
  }
  return cast(f, f.constant(list), dtype);
}

Shape extracted_shape(const NodeContext& context) {
  const Shape& shape = context.shape(0);
  if (shape.rank() == 0) {
    fail(ErrorCode::InvalidInput,
         "ArrayFeatureExtractor takes features along an axis, not a scalar");
  }
  const int64_t count = context.shape(1).elements();
  if (shape.rank() == 1) return {1, count};
  Shape extracted = shape;
  extracted[shape.rank() - 1] = count;
  return extracted;
}

void infer_extract(InferContext& context) {
  context.set_output(0, context.dtype(0), extracted_shape(context));
}

void extract(ComputeContext& context) {
  const Tensor& indices = context.tensor(1);
  const int64_t features = last_dim(context.shape(0));
  for (const int64_t index : indices.as<int64_t>()) {
    if (index >= 0 && index < features) continue;
    fail(ErrorCode::InvalidInput, "ArrayFeatureExtractor is asked for feature ", index, " of ",
         features);
  }
  const Tensor inputs[] = {context.tensor(0), indices.reshaped({indices.elements()})};
  const Tensor gathered = evaluate_op("Gather", {{"axis", int64_t{-1}}}, inputs, context.pool());
  context.set(0, gathered.reshaped(extracted_shape(context)));
}

// Whether integers are greater than a float is asked of integers: a float does not hold them.
ValueId greater(Function& f, const NodeContext& context, double threshold) {
  const DType dtype = context.dtype(0);
  if (kind_of(dtype) == DTypeKind::Float) {
    return f.op("Greater", {f.in(0), f.scalar(dtype, threshold)});
  }
  // Bounds outside the integers become the nearest, from which the comparison is right.
  if (std::isnan(threshold)) threshold = std::numeric_limits<double>::infinity();
  const double floor = std::floor(threshold);
  if (threshold < 0) return f.op("GreaterOrEqual", {f.in(0), f.scalar(dtype, floor + 1)});
  return f.op("Greater", {f.in(0), f.scalar(dtype, floor)});
}

Graph binarize(const NodeContext& context) {
  Function f(context);
  const double threshold = context.attributes().get_float("threshold", 0);
  return f.giving({cast(f, greater(f, context, threshold), context.dtype(0))});
}

// An input as rows of as many features as wanted: others are cut off, and zeros added.
ValueId rows_of_width(Function& f, const NodeContext& context, int input, int64_t width) {
  const Shape& shape = context.shape(input);
  if (shape.rank() == 0) fail(ErrorCode::InvalidInput, "FeatureVectorizer of a scalar");
  const int64_t rows = shape.rank() == 1 ? 1 : shape[0];
  const int64_t features = shape.elements(shape.rank() == 1 ? 0 : 1, shape.rank());
  const ValueId all =
      f.op("Reshape", {f.in(input), f.ints({rows, features})}, {{"allowzero", int64_t{1}}});
  const ValueId floats = cast(f, all, DType::Float);
  if (width < features) return f.op("Slice", {floats, f.ints({0}), f.ints({width}), f.ints({1})});
  if (width == features) return floats;
  return f.op("Pad", {floats, f.ints({0, 0, 0, width - features})});
}

Graph vectorize(const NodeContext& context) {
  const std::vector<int64_t> widths = context.attributes().get_ints("inputdimensions");
  const bool fits = std::ssize(widths) == context.input_count() &&
                    std::ranges::none_of(widths, [](int64_t width) { return width < 0; });
  if (!fits) {
    fail(ErrorCode::MalformedModel, "FeatureVectorizer of ", context.input_count(),
         " inputs needs as many sizes in 'inputdimensions', none of them negative");
  }
  Function f(context);
  std::vector<ValueId> parts;
  for (int i = 0; i < context.input_count(); ++i) {
    parts.push_back(rows_of_width(f, context, i, widths[static_cast<size_t>(i)]));
  }
  return f.giving({f.op("Concat", std::move(parts), {{"axis", int64_t{1}}})});
}

Graph impute(const NodeContext& context) {
  const Attributes& attributes = context.attributes();
  const DType dtype = context.dtype(0);
  const bool floats = kind_of(dtype) == DTypeKind::Float;
  const std::string_view name = floats ? "imputed_value_floats" : "imputed_value_int64s";
  const Tensor list = floats ? ml::floats_of(attributes, name) : ml::ints_of(attributes, name);
  if (list.elements() == 0) {
    fail(ErrorCode::MalformedModel, "Imputer of ", name_of(dtype), " needs the attribute '", name,
         "'");
  }
  const auto fits = [&](int64_t value) {
    return dtype != DType::Int32 || value == static_cast<int32_t>(value);
  };
  if (!floats && !std::ranges::all_of(list.as<int64_t>(), fits)) {
    fail(ErrorCode::MalformedModel, "Imputer has values that int32 does not hold");
  }
  Function f(context);
  const ValueId values = per_feature(f, context, name, list, dtype);
  ValueId missing = kNoValue;
  const float replaced = attributes.get_float("replaced_value_float", 0);
  const int64_t replaced_int = attributes.get_int("replaced_value_int64", 0);
  if (floats) {
    missing = std::isnan(replaced) ? f.op("IsNaN", {f.in(0)})
                                   : f.op("Equal", {f.in(0), f.scalar(dtype, replaced)});
  } else {
    // A value that int32 does not hold is nowhere.
    const ValueId wide = cast(f, f.in(0), DType::Int64);
    missing = f.op("Equal", {wide, f.constant(Tensor::of<int64_t>({}, {replaced_int}))});
  }
  return f.giving({f.op("Where", {missing, values, f.in(0)})});
}

Graph normalize(const NodeContext& context) {
  static constexpr std::string_view kNorms[] = {"MAX", "L1", "L2"};
  static constexpr std::string_view kReductions[] = {"ReduceMax", "ReduceL1", "ReduceL2"};
  const int norm = ml::one_of(context.attributes(), "norm", "MAX", kNorms);
  ml::rows_of(context);
  const DType dtype = computed_as(context);
  Function f(context);
  const ValueId x = cast(f, f.in(0), dtype);
  if (context.shape(0).elements() == 0) return f.giving({cast(f, x, DType::Float)});
  const ValueId divisor = f.op(kReductions[norm], {x, f.ints({-1})});
  const ValueId is_zero = f.op("Equal", {divisor, f.scalar(dtype, 0)});
  const ValueId safe = f.op("Where", {is_zero, f.scalar(dtype, 1), divisor});
  return f.giving({cast(f, f.op("Div", {x, safe}), DType::Float)});
}

Graph scale(const NodeContext& context) {
  const DType dtype = computed_as(context);
  Function f(context);
  ValueId x = cast(f, f.in(0), dtype);
  const auto change = [&](std::string_view op_type, std::string_view name) {
    const Tensor list = ml::floats_of(context.attributes(), name);
    if (list.elements() == 0) return;
    if (list.elements() > 1) ml::rows_of(context);
    x = f.op(op_type, {x, per_feature(f, context, name, list, dtype)});
  };
  change("Sub", "offset");
  change("Mul", "scale");
  return f.giving({cast(f, x, DType::Float)});
}

// The categories of OneHotEncoder.
struct Categories {
  ml::KeyTable table;
  int64_t count = 0;
  bool strings = false;
  bool zeros = true;  // stand for what is no category

  static Categories parse(const Attributes& attributes, int) {
    const Tensor strings = ml::strings_of(attributes, "cats_strings");
    const Tensor ints = ml::ints_of(attributes, "cats_int64s");
    if ((strings.elements() == 0) == (ints.elements() == 0)) {
      fail(ErrorCode::MalformedModel,
           "OneHotEncoder has categories in one of 'cats_strings' and 'cats_int64s'");
    }
    const Tensor& all = strings.elements() > 0 ? strings : ints;
    return {ml::KeyTable(all), all.elements(), strings.elements() > 0,
            attributes.get_int("zeros", 1) != 0};
  }
};

void infer_encode(InferContext& context) {
  const auto& categories = context.attributes_as<Categories>();
  if (categories.strings != (context.dtype(0) == DType::String)) {
    fail(ErrorCode::MalformedModel, "OneHotEncoder of ", name_of(context.dtype(0)), " has ",
         categories.strings ? "strings" : "integers", " as its categories");
  }
  std::vector<int64_t> dims = context.shape(0).dims();
  dims.push_back(categories.count);
  context.set_output(0, DType::Float, Shape(std::move(dims)));
}

void encode(ComputeContext& context) {
  const auto& categories = context.attributes_as<Categories>();
  const Tensor& x = context.tensor(0);
  const bool floats = kind_of(x.dtype()) == DTypeKind::Float;
  const std::vector<int64_t> whole = floats ? to_int64s(x) : std::vector<int64_t>();
  std::vector<int64_t> found = categories.table.find(
      floats ? Tensor::of<int64_t>({x.elements()}, std::span<const int64_t>(whole)) : x);
  if (floats) {
    const std::vector<double> numbers = ml::to_doubles(x);
    for (size_t i = 0; i < found.size(); ++i) found[i] = std::isnan(numbers[i]) ? -1 : found[i];
  }
  std::vector<int64_t> dims = x.shape().dims();
  dims.push_back(categories.count);
  const std::span<float> out = context.make<float>(0, Shape(std::move(dims)));
  std::ranges::fill(out, 0.0f);
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i] >= 0) {
      out[i * static_cast<size_t>(categories.count) + static_cast<size_t>(found[i])] = 1;
    } else if (!categories.zeros) {
      fail(ErrorCode::InvalidInput, "element ", i, " of OneHotEncoder's input is no category");
    }
  }
}

constexpr DTypeSet kStrings = {DType::String};

constexpr OpDef kOps[] = {
    {.op_type = "ArrayFeatureExtractor",
     .domain = ml::kDomain,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_input(0, ml::kNumbers | kStrings),
                           type_of_input(1, {DType::Int64})},
                 .infer = infer_extract},
     .cpu = {.compute = extract}},
    {.op_type = "Binarizer",
     .domain = ml::kDomain,
     .meaning = {.types = {type_of_input(0, ml::kNumbers)}, .function = binarize}},
    {.op_type = "FeatureVectorizer",
     .domain = ml::kDomain,
     .meaning = {.inputs = {1, kUnbounded},
                 .types = {type_of_all_inputs(ml::kNumbers)},
                 .element_type = always<DType::Float>,
                 .function = vectorize}},
    {.op_type = "Imputer",
     .domain = ml::kDomain,
     .meaning = {.types = {type_of_input(0, ml::kNumbers)}, .function = impute}},
    {.op_type = "Normalizer",
     .domain = ml::kDomain,
     .meaning = {.types = {type_of_input(0, ml::kNumbers)},
                 .element_type = always<DType::Float>,
                 .function = normalize}},
    {.op_type = "OneHotEncoder",
     .domain = ml::kDomain,
     .meaning = {.types = {type_of_input(0, ml::kNumbers | kStrings)},
                 .infer = infer_encode,
                 .element_type = always<DType::Float>},
     .cpu = {.compute = encode}},
    {.op_type = "Scaler",
     .domain = ml::kDomain,
     .meaning = {.types = {type_of_input(0, ml::kNumbers)},
                 .element_type = always<DType::Float>,
                 .function = scale}},
};

}  // namespace

extern constinit const OpFamily ml_features_ops = kOps;

}  // namespace fovea
