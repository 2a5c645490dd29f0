#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;
using Doubles = std::vector<double>;

struct ReduceOracle {
  std::string op_type;
  std::function<double(const Doubles&)> value;
  // The largest rounding error per element, relative to what is added up, of `scale`.
  std::function<double(const Doubles&)> scale;
};

double fold(const Doubles& xs, double start, const std::function<double(double, double)>& op) {
  for (const double x : xs) start = op(start, x);
  return start;
}

double sum_abs(const Doubles& xs) {
  return fold(xs, 0, [](double a, double x) { return a + std::abs(x); });
}
double sum(const Doubles& xs) { return fold(xs, 0, std::plus<double>()); }
double sum_square(const Doubles& xs) {
  return fold(xs, 0, [](double a, double x) { return a + x * x; });
}
double product(const Doubles& xs) { return fold(xs, 1, std::multiplies<double>()); }

const std::vector<ReduceOracle>& oracles() {
  static const auto count = [](const Doubles& xs) { return static_cast<double>(xs.size()); };
  static const auto at_least_one = [](double x) { return std::max(std::abs(x), 1.0); };
  static const std::vector<ReduceOracle> all = {
      {"ReduceSum", sum, sum_abs},
      {"ReduceMean", [](const Doubles& xs) { return sum(xs) / count(xs); },
       [](const Doubles& xs) { return sum_abs(xs) / count(xs); }},
      {"ReduceMax", [](const Doubles& xs) { return *std::ranges::max_element(xs); },
       [](const Doubles&) { return 0.0; }},
      {"ReduceMin", [](const Doubles& xs) { return *std::ranges::min_element(xs); },
       [](const Doubles&) { return 0.0; }},
      {"ReduceProd", product, [](const Doubles& xs) { return std::abs(product(xs)); }},
      {"ReduceL1", sum_abs, sum_abs},
      {"ReduceL2", [](const Doubles& xs) { return std::sqrt(sum_square(xs)); },
       [](const Doubles& xs) { return std::sqrt(sum_square(xs)); }},
      {"ReduceSumSquare", sum_square, sum_square},
      {"ReduceLogSum", [](const Doubles& xs) { return std::log(sum(xs)); },
       [](const Doubles& xs) { return at_least_one(std::log(sum(xs))); }},
      {"ReduceLogSumExp",
       [](const Doubles& xs) {
         return std::log(fold(xs, 0, [](double a, double x) { return a + std::exp(x); }));
       },
       [](const Doubles& xs) { return at_least_one(std::log(count(xs))) + 2; }},
  };
  return all;
}

// Elements that meet in each output element.
std::vector<Doubles> gathered(const Tensor& in, const std::vector<bool>& reduced) {
  Shape kept = in.shape();
  for (int axis = 0; axis < kept.rank(); ++axis) {
    if (reduced[static_cast<size_t>(axis)]) kept[axis] = 1;
  }
  std::vector<Doubles> groups(static_cast<size_t>(kept.elements()));
  const auto indices = indices_of(in.shape());
  for (size_t i = 0; i < indices.size(); ++i) {
    groups[broadcast_index(kept, indices[i])].push_back(in.as<float>()[i]);
  }
  return groups;
}

void expect_reduced(const Tensor& out, const std::vector<Doubles>& groups,
                    const ReduceOracle& oracle) {
  ASSERT_EQ(out.elements(), static_cast<int64_t>(groups.size()));
  for (size_t i = 0; i < groups.size(); ++i) {
    // A block of 256 in float: at most 256 roundings; blocks are added in double.
    const double roundings = 2 + std::min<double>(256, static_cast<double>(groups[i].size()));
    const double tolerance = roundings * 0x1p-24 * oracle.scale(groups[i]);
    ASSERT_NEAR(out.as<float>()[i], oracle.value(groups[i]), tolerance)
        << oracle.op_type << " to " << out.shape().to_string();
  }
}

void sweep_axes(const Shape& shape, uint32_t seed) {
  const Tensor in = random_tensor(shape, seed, 0.5f, 1.5f);
  for (int mask = 1; mask < 1 << shape.rank(); ++mask) {
    Ints axes;
    std::vector<bool> reduced;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      reduced.push_back((mask >> axis & 1) != 0);
      if (reduced.back()) axes.push_back(axis % 2 == 0 ? axis : axis - shape.rank());
    }
    const auto groups = gathered(in, reduced);
    for (const ReduceOracle& oracle : oracles()) {
      const OpCase op = {oracle.op_type, 18, {{"keepdims", int64_t{mask & 1}}}};
      const std::vector<Tensor> inputs = {in, int64_vector(axes)};
      expect_reduced(run_op(op, inputs, 2)[0], groups, oracle);
      if (shape.rank() != 4) continue;
      bool used = false;
      const OpCase keep = {oracle.op_type, 13, {{"axes", axes}}};
      expect_reduced(run_op_channels_last(keep, {in}, &used)[0], groups, oracle);
      const bool taken = (mask & 0b0011) == 0 || mask == 0b0010 || mask == 0b1110;
      EXPECT_EQ(used, taken) << oracle.op_type << " mask " << mask;
      const OpCase drop = {oracle.op_type, 13, {{"axes", axes}, {"keepdims", int64_t{0}}}};
      expect_reduced(run_op_channels_last(drop, {in}, &used)[0], groups, oracle);
    }
  }
}

TEST(Reduce, EverySetOfAxes) {
  sweep_axes({7}, 1);
  sweep_axes({5, 23}, 2);
  sweep_axes({3, 4, 21}, 3);
  sweep_axes({2, 3, 4, 5}, 4);
  sweep_axes({2, 20, 3, 2}, 5);
  sweep_axes({2, 3, 1, 2, 3}, 6);
}

TEST(Reduce, LongFoldsKeepTheirPrecision) {
  const Tensor in = random_tensor({3, 700, 37}, 7, 0.9f, 1.1f);
  for (const Ints& axes : {Ints{1}, Ints{1, 2}, Ints{0, 1}}) {
    std::vector<bool> reduced(3, false);
    for (const int64_t axis : axes) reduced[static_cast<size_t>(axis)] = true;
    const auto groups = gathered(in, reduced);
    for (const ReduceOracle& oracle : oracles()) {
      if (oracle.op_type == "ReduceProd") continue;
      expect_reduced(run_op({oracle.op_type, 13, {{"axes", axes}}}, {in}, 2)[0], groups, oracle);
    }
  }
}

TEST(Reduce, AbsentAxesMeanAllOrNone) {
  const Tensor in = Tensor::of<float>({2, 2}, {1, -2, 3, -4});
  EXPECT_EQ(run_op({"ReduceSum", 13}, {in})[0].shape(), Shape({1, 1}));
  EXPECT_EQ(values_of<float>(
                run_op({"ReduceSum", 13, {{"keepdims", int64_t{0}}}}, {in, int64_vector({})})[0]),
            std::vector<float>{-2});
  const OpCase noop = {"ReduceSum", 13, {{"noop_with_empty_axes", int64_t{1}}}};
  expect_equal(run_op(noop, {in})[0], in);
  EXPECT_EQ(values_of<float>(
                run_op({"ReduceSumSquare", 18, {{"noop_with_empty_axes", int64_t{1}}}}, {in})[0]),
            (std::vector<float>{1, 4, 9, 16}));
}

template <class T>
T reduced_to_one(const std::string& op_type, std::initializer_list<T> values) {
  const Tensor in = Tensor::of<T>({static_cast<int64_t>(values.size())}, values);
  return run_op({op_type, 13}, {in})[0].template as<T>()[0];
}

TEST(Reduce, OtherTypes) {
  EXPECT_EQ(reduced_to_one<int64_t>("ReduceProd", {3, -4, 5}), -60);
  EXPECT_EQ(reduced_to_one<int64_t>("ReduceMean", {1, 2, 4}), 2);
  EXPECT_EQ(reduced_to_one<int32_t>("ReduceMean", {-1, -2, -4}), -2);
  EXPECT_EQ(reduced_to_one<int32_t>("ReduceSum", {INT32_MAX, 1}), INT32_MIN);
  EXPECT_EQ(reduced_to_one<int32_t>("ReduceL1", {-3, 4}), 7);
  EXPECT_EQ(reduced_to_one<int32_t>("ReduceL2", {-3, 4}), 5);
  EXPECT_EQ(reduced_to_one<int8_t>("ReduceMax", {-100, -3}), -3);
  EXPECT_EQ(reduced_to_one<uint8_t>("ReduceMin", {200, 100}), 100);
  EXPECT_EQ(reduced_to_one<double>("ReduceSum", {1e16, 1.0, -1e16}), 0.0);
  EXPECT_EQ(reduced_to_one<double>("ReduceLogSumExp", {1000.0}), 1000.0);
  EXPECT_EQ(reduced_to_one<uint32_t>("ReduceSum", {UINT32_MAX, 2}), 1u);
  EXPECT_EQ(reduced_to_one<uint64_t>("ReduceSum", {UINT64_MAX, 3}), 2u);
  EXPECT_EQ(reduced_to_one<uint64_t>("ReduceMax", {UINT64_MAX, 3}), UINT64_MAX);
  EXPECT_EQ(reduced_to_one<uint64_t>("ReduceMin", {UINT64_MAX, 3}), 3u);
  EXPECT_EQ(reduced_to_one<uint64_t>("ReduceMean", {uint64_t{1} << 63, 0}), uint64_t{1} << 62);
  EXPECT_EQ(reduced_to_one<uint32_t>("ReduceL1", {7, 5}), 12u);
  const Tensor flags = Tensor::of<bool>({2}, {false, true});
  EXPECT_EQ(values_of<bool>(run_op({"ReduceMax", 20}, {flags})[0]), std::vector<bool>{true});
  EXPECT_EQ(error_of([&] { run_op({"ReduceSum", 13}, {flags}); }), ErrorCode::UnsupportedAttribute);
}

// In double, then truncated: ln(e + e^2 + e^3) is 3.4, ln(3e) is 2.1.
template <class T>
void check_log_sum_exp() {
  EXPECT_EQ(reduced_to_one<T>("ReduceLogSumExp", {1, 2, 3}), T{3});
  EXPECT_EQ(reduced_to_one<T>("ReduceLogSumExp", {1, 1, 1}), T{2});
  EXPECT_EQ(reduced_to_one<T>("ReduceLogSumExp", {100'000, 5}), T{100'000});
  EXPECT_EQ(reduced_to_one<T>("ReduceLogSum", {8, 13}), T{3});
}

TEST(Reduce, LogSumExpOfIntegers) {
  check_log_sum_exp<int32_t>();
  check_log_sum_exp<uint32_t>();
  check_log_sum_exp<int64_t>();
  check_log_sum_exp<uint64_t>();
}

TEST(Reduce, EmptyFoldsAreNeutral) {
  const Tensor none = Tensor::allocate(DType::Float, {2, 0, 3});
  const auto first = [&](const std::string& op_type) {
    const Tensor out = run_op({op_type, 18}, {none, int64_vector({1})})[0];
    EXPECT_EQ(out.shape(), Shape({2, 1, 3}));
    return out.as<float>()[5];
  };
  EXPECT_EQ(first("ReduceSum"), 0.0f);
  EXPECT_EQ(first("ReduceProd"), 1.0f);
  EXPECT_EQ(first("ReduceMax"), -INFINITY);
  EXPECT_EQ(first("ReduceMin"), INFINITY);
  EXPECT_EQ(first("ReduceLogSum"), -INFINITY);
  EXPECT_EQ(first("ReduceLogSumExp"), -INFINITY);
  EXPECT_TRUE(std::isnan(first("ReduceMean")));
  EXPECT_EQ(run_op({"ReduceSum", 13}, {none, int64_vector({0})})[0].shape(), Shape({1, 0, 3}));
}

TEST(Reduce, NaNAndInfinity) {
  EXPECT_TRUE(std::isnan(reduced_to_one<float>("ReduceMax", {1.0f, NAN, 2.0f})));
  EXPECT_TRUE(std::isnan(reduced_to_one<float>("ReduceMin", {NAN, 2.0f})));
  EXPECT_EQ(reduced_to_one<float>("ReduceLogSumExp", {1.0f, INFINITY}), INFINITY);
  EXPECT_EQ(reduced_to_one<float>("ReduceLogSumExp", {-INFINITY, 1.0f}), 1.0f);
}

TEST(Reduce, WrongAxesAreErrors) {
  const Tensor in = random_tensor({2, 3}, 1);
  EXPECT_EQ(error_of([&] {
              run_op({"ReduceSum", 13}, {in, int64_vector({2})});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op({"ReduceSum", 13}, {in, int64_vector({1, -1})});
            }),
            ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test
