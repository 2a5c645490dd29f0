// Random numbers: RandomNormal, RandomNormalLike, RandomUniform, RandomUniformLike, Bernoulli,
// Multinomial.

#include "ops/core/random.h"

#include <algorithm>
#include <cmath>

#include "ops/core/evaluate.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

Random random_of(const NodeContext& context) {
  const Attributes& attributes = context.attributes();
  const float seed = attributes.get_float("seed", NAN);
  if (seed != seed) return Random(std::nullopt);
  return Random(saturating_cast<int64_t>(seed));
}

// The attribute `dtype`, or what input 0 or the operator has without it.
DType type_of_random(const Node& node, std::span<const DType> inputs, int) {
  DType fallback = inputs.empty() ? DType::Float : inputs[0];
  if (node.op_type == "Multinomial") fallback = DType::Int32;
  const int64_t written = node.attributes.get_int("dtype", 0);
  return written == 0 ? fallback : info_of(written).dtype;
}

DType checked_type(const NodeContext& context, DTypeSet allowed) {
  std::vector<DType> inputs;
  for (int i = 0; i < context.input_count(); ++i) inputs.push_back(context.dtype(i));
  const DType dtype = type_of_random(context.node(), inputs, 0);
  if (allowed.contains(dtype)) return dtype;
  fail(ErrorCode::MalformedModel, context.node().op_type, " makes ", allowed, ", not ",
       name_of(dtype));
}

Shape random_shape(const NodeContext& context) {
  if (context.input_count() > 0) return context.shape(0);
  if (!context.attributes().has("shape")) {
    fail(ErrorCode::MalformedModel, context.node().op_type, " needs a shape");
  }
  Shape shape(context.attributes().get_ints("shape"));
  if (std::ranges::any_of(shape, [](int64_t dim) { return dim < 0; })) {
    fail(ErrorCode::MalformedModel, context.node().op_type, " cannot have the shape ", shape);
  }
  return shape;
}

void infer_random(InferContext& context) {
  context.set_output(0, checked_type(context, kFloat32And64), random_shape(context));
}

// `count` numbers, each by `draw`, as elements of `dtype`.
template <class Draw>
Tensor drawn(Shape shape, DType dtype, const Draw& draw) {
  Tensor values = Tensor::allocate(DType::Double, std::move(shape));
  std::ranges::generate(values.mutable_as<double>(), draw);
  return dtype == DType::Double ? values : ElementConversion(DType::Double, dtype).of(values);
}

void normal(ComputeContext& context) {
  Random random = random_of(context);
  const double mean = context.attributes().get_float("mean", 0.0f);
  const double scale = context.attributes().get_float("scale", 1.0f);
  context.set(0, drawn(random_shape(context), checked_type(context, kFloat32And64),
                       [&] { return mean + scale * random.normal(); }));
}

void uniform(ComputeContext& context) {
  Random random = random_of(context);
  const double low = context.attributes().get_float("low", 0.0f);
  const double high = context.attributes().get_float("high", 1.0f);
  context.set(0, drawn(random_shape(context), checked_type(context, kFloat32And64),
                       [&] { return low + (high - low) * random.uniform(); }));
}

constexpr DTypeSet kDrawnTypes = kFloat32And64 | kIntegers | kBool;

void infer_bernoulli(InferContext& context) {
  context.set_output(0, checked_type(context, kDrawnTypes), context.shape(0));
}

std::vector<double> doubles_of(const Tensor& tensor) {
  const Tensor wide = tensor.dtype() == DType::Double
                          ? tensor
                          : ElementConversion(tensor.dtype(), DType::Double).of(tensor);
  const auto values = wide.as<double>();
  return {values.begin(), values.end()};
}

void bernoulli(ComputeContext& context) {
  Random random = random_of(context);
  const std::vector<double> chances = doubles_of(context.tensor(0));
  Tensor drawn = Tensor::allocate(DType::Bool, context.shape(0));
  for (size_t i = 0; i < chances.size(); ++i) {
    const double chance = chances[i];
    if (!(chance >= 0 && chance <= 1)) {
      fail(ErrorCode::InvalidInput, "Bernoulli takes probabilities from 0 to 1, not ", chance);
    }
    // The rarer outcome is that of the largest numbers.
    const double number = random.uniform();
    drawn.mutable_as<bool>()[i] = chance <= 0.5 ? number >= 1 - chance : number < chance;
  }
  const auto to = static_cast<int64_t>(checked_type(context, kDrawnTypes));
  context.set(0, evaluate_op("Cast", {{"to", to}}, {&drawn, 1}, context.pool()));
}

void infer_multinomial(InferContext& context) {
  const Shape& shape = context.shape(0);
  const int64_t samples = context.attributes().get_int("sample_size", 1);
  if (shape.rank() != 2 || samples < 0 || (shape[1] == 0 && shape[0] > 0 && samples > 0)) {
    fail(ErrorCode::InvalidInput, "Multinomial cannot draw ", samples, " times from ", shape);
  }
  context.set_output(0, checked_type(context, kIndices), {shape[0], samples});
}

// Sums of the outcomes' chances, which are written as logarithms of any factor times those.
std::vector<double> summed_chances(std::span<const double> logarithms) {
  const double largest = *std::ranges::max_element(logarithms);
  std::vector<double> sums;
  double sum = 0;
  for (const double logarithm : logarithms) {
    sum += std::exp(logarithm - largest);
    sums.push_back(sum);
  }
  if (std::isfinite(sum)) return sums;
  fail(ErrorCode::InvalidInput, "Multinomial takes logarithms of probabilities, of which the ",
       "largest is finite");
}

void multinomial(ComputeContext& context) {
  Random random = random_of(context);
  const int64_t batches = context.shape(0)[0], classes = context.shape(0)[1];
  const int64_t samples = context.attributes().get_int("sample_size", 1);
  const std::vector<double> logarithms = doubles_of(context.tensor(0));
  Tensor out = Tensor::allocate(DType::Int64, {batches, samples});
  auto outcome = out.mutable_as<int64_t>().begin();
  for (int64_t batch = 0; samples > 0 && batch < batches; ++batch) {
    const auto sums =
        summed_chances({logarithms.data() + batch * classes, static_cast<size_t>(classes)});
    // What is rounded to the sum of all would be beyond the last outcome.
    const double last = std::nextafter(sums.back(), 0.0);
    for (int64_t i = 0; i < samples; ++i) {
      const double drawn = std::min(random.uniform() * sums.back(), last);
      *outcome++ = std::ranges::upper_bound(sums, drawn) - sums.begin();
    }
  }
  const DType dtype = checked_type(context, kIndices);
  context.set(0, dtype == DType::Int64 ? out : ElementConversion(DType::Int64, dtype).of(out));
}

constexpr OpDef random(std::string_view op_type, int since, int inputs, DTypeSet types,
                       InferRule infer, ComputeRule compute) {
  return {.op_type = op_type,
          .since = since,
          .meaning = {.inputs = {inputs, inputs},
                      .types = {type_of_input(0, types)},
                      .infer = infer,
                      .element_type = type_of_random,
                      .window = infer == infer_random ? window_of_nothing : nullptr,
                      .deterministic = false},
          .cpu = {.compute = compute}};
}

constexpr OpDef kOps[] = {
    random("RandomNormal", 1, 0, {}, infer_random, normal),
    random("RandomNormalLike", 1, 1, kAnyType, infer_random, normal),
    random("RandomUniform", 1, 0, {}, infer_random, uniform),
    random("RandomUniformLike", 1, 1, kAnyType, infer_random, uniform),
    random("Bernoulli", 15, 1, kFloat32And64, infer_bernoulli, bernoulli),
    random("Multinomial", 7, 1, kFloat32And64, infer_multinomial, multinomial),
};

}  // namespace

extern constinit const OpFamily random_ops = kOps;

}  // namespace fovea
