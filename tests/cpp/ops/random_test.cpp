#include <cmath>
#include <numeric>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

AttributeList with(AttributeList attributes, AttributeList more) {
  for (auto& [name, value] : more) attributes.emplace_back(name, value);
  return attributes;
}

AttributeList of_shape(const Ints& shape, AttributeList more = {}) {
  return with({{"shape", shape}}, std::move(more));
}

const AttributeList kSeed = {{"seed", 7.0f}};

Tensor draw(const std::string& op_type, const AttributeList& attributes,
            const std::vector<Tensor>& inputs = {}) {
  return run_op({op_type, 22, attributes}, inputs)[0];
}

struct Moments {
  explicit Moments(const Tensor& tensor) {
    const std::vector<float> values = to_floats(tensor);
    const auto count = static_cast<double>(values.size());
    for (const float x : values) mean += double{x} / count;
    for (const float x : values) deviation += (x - mean) * (x - mean) / count;
    deviation = std::sqrt(deviation);
    for (const float x : values) {
      kurtosis += std::pow((x - mean) / deviation, 4) / count;
    }
  }
  double mean = 0, deviation = 0, kurtosis = 0;
};

TEST(Random, NormalNumbers) {
  for (const AttributeList& seed : {AttributeList{}, kSeed}) {
    const Tensor unit = draw("RandomNormal", of_shape({100, 101}, seed));
    EXPECT_EQ(unit.shape(), (Shape{100, 101}));
    EXPECT_NEAR(Moments(unit).mean, 0, 0.06);
    EXPECT_NEAR(Moments(unit).deviation, 1, 0.05);
    EXPECT_NEAR(Moments(unit).kurtosis, 3, 0.4);
    const Tensor like = Tensor::allocate(DType::String, {10000});
    const AttributeList moved = {{"mean", 5.0f}, {"scale", 0.25f}, {"dtype", int64_t{11}}};
    const Tensor out = draw("RandomNormalLike", with(moved, seed), {like});
    EXPECT_EQ(out.dtype(), DType::Double);
    const Tensor floats = run_op({"Cast", 13, {{"to", int64_t{1}}}}, {out})[0];
    EXPECT_NEAR(Moments(floats).mean, 5, 0.015);
    EXPECT_NEAR(Moments(floats).deviation, 0.25, 0.012);
  }
}

TEST(Random, UniformNumbers) {
  const Tensor unit = draw("RandomUniform", of_shape({10000}));
  EXPECT_TRUE(std::ranges::all_of(unit.as<float>(), [](float x) { return x >= 0 && x <= 1; }));
  EXPECT_NEAR(Moments(unit).mean, 0.5, 0.015);
  EXPECT_NEAR(Moments(unit).deviation, 1 / std::sqrt(12), 0.01);
  const Tensor like = Tensor::allocate(DType::Double, {10000});
  const Tensor out = draw("RandomUniformLike", {{"low", -3.0f}, {"high", -1.0f}}, {like});
  EXPECT_EQ(out.dtype(), DType::Double);
  EXPECT_TRUE(std::ranges::all_of(out.as<double>(), [](double x) { return x >= -3 && x < -1; }));
  const auto values = out.as<double>();
  EXPECT_NEAR(std::accumulate(values.begin(), values.end(), 0.0) / 10000, -2, 0.03);
}

// The first numbers of NumPy's RandomState(0).
TEST(Random, SeedsGiveKnownNumbers) {
  const AttributeList zero = {{"seed", 0.0f}, {"dtype", int64_t{11}}};
  const Tensor uniform = draw("RandomUniform", of_shape({3}, zero));
  const double expected_uniform[] = {0.5488135039273248, 0.7151893663724195, 0.6027633760716439};
  const Tensor normal = draw("RandomNormal", of_shape({3}, zero));
  const double expected_normal[] = {1.764052345967664, 0.4001572083672233, 0.9787379841057392};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_DOUBLE_EQ(uniform.as<double>()[i], expected_uniform[i]);
    EXPECT_NEAR(normal.as<double>()[i], expected_normal[i], 1e-14);
  }
}

TEST(Random, OnlySeedsRepeat) {
  const Tensor half = random_tensor({64}, 1, 0.5f, 0.5f);
  const Tensor even = random_tensor({4, 8}, 1, 0.0f, 0.0f);
  const auto cases = [&](const AttributeList& seed) {
    return std::vector<std::vector<float>>{
        to_floats(draw("RandomNormal", of_shape({64}, seed))),
        to_floats(draw("RandomUniform", of_shape({64}, seed))),
        to_floats(draw("RandomNormalLike", seed, {half})),
        to_floats(draw("RandomUniformLike", seed, {half})),
        to_floats(draw("Bernoulli", seed, {half})),
        to_floats(draw("Multinomial", with(seed, {{"sample_size", int64_t{64}}}), {even}))};
  };
  const auto first = cases(kSeed), again = cases(kSeed), other = cases({{"seed", 8.0f}});
  const auto free = cases({}), freer = cases({});
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i], again[i]) << i;
    EXPECT_NE(first[i], other[i]) << i;
    EXPECT_NE(free[i], freer[i]) << i;
  }
}

TEST(Random, Bernoulli) {
  std::vector<double> chances;
  for (int i = 0; i < 10000; ++i) chances.push_back(i % 4 == 3 ? 0.75 : i % 4 * 0.5);
  chances[2] = 1;
  const Tensor in = Tensor::of<double>({10000}, std::span<const double>(chances));
  const Tensor out = draw("Bernoulli", {}, {in});
  EXPECT_EQ(out.dtype(), DType::Double);
  double ones[4] = {};
  for (size_t i = 0; i < 10000; ++i) ones[i % 4] += out.as<double>()[i];
  EXPECT_EQ(ones[0], 0);
  EXPECT_NEAR(ones[1], 1250, 125);
  EXPECT_EQ(ones[2], 2500);
  EXPECT_NEAR(ones[3], 1875, 110);
  for (const DType dtype : {DType::Bool, DType::Int8, DType::Uint64, DType::Float}) {
    const AttributeList to = {{"dtype", static_cast<int64_t>(dtype)}, {"seed", 3.0f}};
    const Tensor typed = draw("Bernoulli", to, {in});
    EXPECT_EQ(typed.dtype(), dtype);
    EXPECT_EQ(to_floats(typed), to_floats(draw("Bernoulli", {{"seed", 3.0f}}, {in})));
  }
}

TEST(Random, Multinomial) {
  // Logarithms of 1/8, 0, 5/8 and 2/8, and of 0 and 1.
  const float none = -INFINITY;
  const Tensor in = Tensor::of<float>({2, 4}, {std::log(1.0f) + 100, none, std::log(5.0f) + 100,
                                               std::log(2.0f) + 100, none, none, none, -500});
  const Tensor out = draw("Multinomial", {{"sample_size", int64_t{8000}}}, {in});
  EXPECT_EQ(out.dtype(), DType::Int32);
  EXPECT_EQ(out.shape(), (Shape{2, 8000}));
  double found[4] = {};
  for (size_t i = 0; i < 8000; ++i) ++found[out.as<int32_t>()[i]];
  EXPECT_NEAR(found[0], 1000, 150);
  EXPECT_EQ(found[1], 0);
  EXPECT_NEAR(found[2], 5000, 220);
  EXPECT_NEAR(found[3], 2000, 200);
  const auto second = out.as<int32_t>().subspan(8000);
  EXPECT_TRUE(std::ranges::all_of(second, [](int32_t outcome) { return outcome == 3; }));
  EXPECT_EQ(draw("Multinomial", {{"dtype", int64_t{7}}}, {in}).dtype(), DType::Int64);
  EXPECT_EQ(draw("Multinomial", {{"sample_size", int64_t{0}}}, {in}).shape(), (Shape{2, 0}));
  EXPECT_EQ(draw("Multinomial", {}, {Tensor::allocate(DType::Float, {0, 2})}).shape(),
            (Shape{0, 1}));
}

TEST(Random, Shapes) {
  EXPECT_EQ(draw("RandomNormal", of_shape({})).shape(), Shape{});
  EXPECT_EQ(draw("RandomUniform", of_shape({2, 0})).shape(), (Shape{2, 0}));
  EXPECT_EQ(draw("RandomUniformLike", {}, {Tensor::of<float>({}, {1})}).shape(), Shape{});
}

TEST(Random, Errors) {
  const auto code = [](const std::string& op, const AttributeList& attributes,
                       const std::vector<Tensor>& inputs = {}) {
    return error_of([&] { draw(op, attributes, inputs); });
  };
  const Tensor ints = int64_vector({1});
  EXPECT_EQ(code("RandomNormal", {}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("RandomUniform", of_shape({-1})), ErrorCode::MalformedModel);
  EXPECT_EQ(code("RandomUniform", of_shape({1}, {{"dtype", int64_t{7}}})),
            ErrorCode::MalformedModel);
  EXPECT_EQ(code("RandomNormal", of_shape({1}, {{"dtype", int64_t{99}}})),
            ErrorCode::MalformedModel);
  EXPECT_EQ(code("RandomNormalLike", {}, {ints}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("Bernoulli", {}, {ints}), ErrorCode::UnsupportedAttribute);
  for (const float chance : {-0.1f, 1.1f, NAN}) {
    EXPECT_EQ(code("Bernoulli", {}, {Tensor::of<float>({1}, {chance})}), ErrorCode::InvalidInput);
  }
  EXPECT_EQ(code("Bernoulli", {{"dtype", int64_t{8}}}, {Tensor::of<float>({1}, {0})}),
            ErrorCode::MalformedModel);
  const Tensor two = Tensor::of<float>({1, 2}, {0, 0});
  EXPECT_EQ(code("Multinomial", {{"dtype", int64_t{1}}}, {two}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("Multinomial", {{"sample_size", int64_t{-1}}}, {two}), ErrorCode::InvalidInput);
  EXPECT_EQ(code("Multinomial", {}, {Tensor::of<float>({2}, {0, 0})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code("Multinomial", {}, {Tensor::allocate(DType::Float, {1, 0})}),
            ErrorCode::InvalidInput);
  for (const float bad : {NAN, -INFINITY, INFINITY}) {
    EXPECT_EQ(code("Multinomial", {}, {Tensor::of<float>({1, 2}, {bad, bad})}),
              ErrorCode::InvalidInput);
  }
}

}  // namespace
}  // namespace fovea::test
