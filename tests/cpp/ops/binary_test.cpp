#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using BinaryOracle = std::function<double(double, double)>;

struct NamedOracle {
  std::string op_type;
  BinaryOracle oracle;
};

const std::vector<NamedOracle>& float_ops() {
  static const std::vector<NamedOracle> ops = {
      {"Add", [](double a, double b) { return a + b; }},
      {"Sub", [](double a, double b) { return a - b; }},
      {"Mul", [](double a, double b) { return a * b; }},
      {"Div", [](double a, double b) { return a / b; }},
      {"Pow", [](double a, double b) { return std::pow(a, b); }},
      {"Min", [](double a, double b) { return std::min(a, b); }},
      {"Max", [](double a, double b) { return std::max(a, b); }},
      {"Sum", [](double a, double b) { return a + b; }},
      {"Mean", [](double a, double b) { return (a + b) / 2; }},
  };
  return ops;
}

// One rounding (two for Mean, whose halving is exact; libm's powf stays within 1 ULP).
void expect_close(float actual, double expected, const std::string& what) {
  const double tolerance = std::abs(expected) * 0x1p-22 + 1e-37;
  ASSERT_NEAR(actual, expected, tolerance) << what;
}

void expect_broadcast(const Tensor& actual, const Tensor& a, const Tensor& b,
                      const BinaryOracle& oracle, const std::string& what) {
  ASSERT_EQ(actual.shape(), broadcast(a.shape(), b.shape())) << what;
  const auto indices = indices_of(actual.shape());
  for (size_t i = 0; i < indices.size(); ++i) {
    const double x = a.as<float>()[broadcast_index(a.shape(), indices[i])];
    const double y = b.as<float>()[broadcast_index(b.shape(), indices[i])];
    expect_close(actual.as<float>()[i], oracle(x, y), what);
  }
}

const std::vector<std::pair<Shape, Shape>>& shape_pairs() {
  static const std::vector<std::pair<Shape, Shape>> pairs = {
      {{}, {}},
      {{1}, {}},
      {{7}, {7}},
      {{3, 5}, {5}},
      {{5}, {3, 1}},
      {{2, 3, 4, 5}, {2, 3, 4, 5}},
      {{2, 3, 4, 5}, {}},
      {{1, 1, 1, 1}, {2, 3, 4, 5}},
      {{2, 3, 4, 5}, {1, 3, 1, 1}},
      {{2, 8, 3, 3}, {8, 1, 1}},
      {{2, 8, 3, 3}, {2, 1, 3, 3}},
      {{2, 5, 3, 3}, {2, 5, 1, 1}},
      {{2, 1, 3, 1}, {1, 6, 1, 5}},
      {{1, 6, 3, 1}, {1, 6, 3, 7}},
      {{2, 1, 3, 1, 2}, {4, 1, 5, 1}},
      {{0}, {1}},
      {{2, 0, 3}, {2, 1, 1}},
      {{0, 3, 2, 2}, {1, 3, 1, 1}},
  };
  return pairs;
}

TEST(Binary, FloatBroadcastsLikeNumpy) {
  for (const auto& [op, oracle] : float_ops()) {
    for (const auto& [a_shape, b_shape] : shape_pairs()) {
      const Tensor a = random_tensor(a_shape, 1, 0.5f, 2.0f);
      const Tensor b = random_tensor(b_shape, 2, 0.5f, 2.0f);
      expect_broadcast(run_op({op}, {a, b})[0], a, b, oracle, op);
      expect_broadcast(run_op({op}, {b, a}, 3)[0], b, a, oracle, op);
    }
  }
}

TEST(Binary, ChannelsLastAgreesWithPlain) {
  for (const auto& [op, oracle] : float_ops()) {
    for (const auto& [a_shape, b_shape] : shape_pairs()) {
      if (a_shape.rank() != 4) continue;
      const Tensor a = random_tensor(a_shape, 1, 0.5f, 2.0f);
      const Tensor b = random_tensor(b_shape, 2, 0.5f, 2.0f);
      bool used = false;
      expect_broadcast(run_op_channels_last({op}, {a, b}, &used)[0], a, b, oracle, op);
      const Shape out = broadcast(a_shape, b_shape);
      EXPECT_EQ(used, a_shape == out || b_shape == out) << op << a_shape.to_string();
    }
  }
}

// [N,C,H,W] with each choice of axes left at 1, and what is left of it without leading ones.
std::vector<Shape> partial_broadcasts(const Shape& full) {
  std::vector<Shape> shapes;
  for (int kept = 0; kept < 16; ++kept) {
    Shape shape = full;
    for (int axis = 0; axis < 4; ++axis) {
      if ((kept >> axis & 1) == 0) shape[axis] = 1;
    }
    shapes.push_back(shape);
    for (int first = 1; first <= 4 && shape[first - 1] == 1; ++first) {
      shapes.emplace_back(std::span(shape.dims()).subspan(static_cast<size_t>(first)));
    }
  }
  return shapes;
}

// One channel leaves gaps of padding between the elements of a row.
TEST(Binary, EveryPartialBroadcastInChannelsLast) {
  std::vector<NamedOracle> ops = float_ops();
  ops.push_back({"PRelu", [](double x, double slope) { return x < 0 ? x * slope : x; }});
  for (const auto& [op, oracle] : ops) {
    const float low = op == "Pow" ? 0.5f : -2.0f;
    for (int64_t channels = 1; channels <= 5; ++channels) {
      const Tensor a = random_tensor({2, channels, 3, 5}, 1, low, 2.0f);
      for (const Shape& partial : partial_broadcasts(a.shape())) {
        const Tensor b = random_tensor(partial, 2, low, 2.0f);
        const std::string what = text(op, " ", a.shape(), " and ", partial);
        bool used = false;
        expect_broadcast(run_op_channels_last({op}, {a, b}, &used)[0], a, b, oracle, what);
        EXPECT_TRUE(used) << what;
        if (op == "PRelu") continue;
        expect_broadcast(run_op_channels_last({op}, {b, a}, &used)[0], b, a, oracle, what);
      }
    }
  }
}

TEST(Binary, LargeTensorsAreSharedAmongThreads) {
  const Tensor a = random_tensor({1, 3, 150, 151}, 1);
  const Tensor b = random_tensor({1, 3, 1, 151}, 2);
  expect_broadcast(run_op({"Mul"}, {a, b}, 4)[0], a, b, std::multiplies<double>(), "Mul");
}

template <class T>
T eval(const OpCase& op, T a, T b) {
  return run_op(op, {Tensor::of<T>({}, {a}), Tensor::of<T>({}, {b})})[0].template as<T>()[0];
}

template <class T>
void check_integers() {
  constexpr T kMin = std::numeric_limits<T>::min(), kMax = std::numeric_limits<T>::max();
  EXPECT_EQ(eval<T>({"Add"}, kMax, 1), kMin);
  EXPECT_EQ(eval<T>({"Sub"}, kMin, 1), kMax);
  EXPECT_EQ(eval<T>({"Mul"}, kMax, 2), static_cast<T>(-2));
  EXPECT_EQ(eval<T>({"Mul"}, kMax, kMax), T{1});
  EXPECT_EQ(eval<T>({"Div"}, 7, 2), T{3});
  EXPECT_EQ(eval<T>({"Div"}, 7, 0), T{0});
  EXPECT_EQ(eval<T>({"Mod"}, 7, 0), T{0});
  EXPECT_EQ(eval<T>({"Mod"}, 7, 3), T{1});
  EXPECT_EQ(eval<T>({"Min"}, kMin, kMax), kMin);
  EXPECT_EQ(eval<T>({"Max"}, kMin, kMax), kMax);
  if constexpr (std::is_signed_v<T>) {
    EXPECT_EQ(eval<T>({"Div"}, -7, 2), T{-3});
    EXPECT_EQ(eval<T>({"Div"}, kMin, -1), kMin);
    EXPECT_EQ(eval<T>({"Mod"}, kMin, -1), T{0});
    EXPECT_EQ(eval<T>({"Mod"}, -7, 3), T{2});
    EXPECT_EQ(eval<T>({"Mod"}, 7, -3), T{-2});
    const OpCase fmod = {"Mod", 13, {{"fmod", int64_t{1}}}};
    EXPECT_EQ(eval<T>(fmod, -7, 3), T{-1});
    EXPECT_EQ(eval<T>(fmod, 7, 0), T{0});
  }
}

TEST(Binary, IntegersWrapAndNeverTrap) {
  check_integers<int8_t>();
  check_integers<uint8_t>();
  check_integers<int16_t>();
  check_integers<uint16_t>();
  check_integers<int32_t>();
  check_integers<uint32_t>();
  check_integers<int64_t>();
  check_integers<uint64_t>();
}

TEST(Binary, FloatModIsFmod) {
  const OpCase fmod = {"Mod", 13, {{"fmod", int64_t{1}}}};
  EXPECT_EQ(eval<float>(fmod, -4.3f, 2.1f), std::fmod(-4.3f, 2.1f));
  EXPECT_EQ(error_of([] { eval<float>({"Mod"}, 1.0f, 2.0f); }), ErrorCode::MalformedModel);
}

TEST(Binary, MinAndMaxKeepNaN) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::string op : {"Min", "Max"}) {
    EXPECT_TRUE(std::isnan(eval<float>({op}, nan, 1.0f)));
    EXPECT_TRUE(std::isnan(eval<float>({op}, 1.0f, nan)));
    EXPECT_TRUE(std::isnan(eval<double>({op}, std::nan(""), 1.0)));
    EXPECT_TRUE(std::isnan(eval<double>({op}, 1.0, std::nan(""))));
  }
}

TEST(Binary, PowWithConstantExponents) {
  const Tensor x = random_tensor({4, 33}, 3, -2.0f, 2.0f);
  for (const float exponent : {2.0f, 3.0f, 1.0f, 0.0f, -1.0f, -2.0f}) {
    const Tensor y = Tensor::of<float>({}, {exponent});
    expect_broadcast(
        run_op({"Pow"}, {x, y})[0], x, y, [](double a, double b) { return std::pow(a, b); }, "Pow");
  }
  constexpr float kInf = std::numeric_limits<float>::infinity();
  for (const float base : {0.0f, -0.0f, kInf, -kInf, 2.0f}) {
    EXPECT_EQ(eval<float>({"Pow"}, base, 0.5f), std::pow(base, 0.5f)) << base;
  }
  EXPECT_TRUE(std::isnan(eval<float>({"Pow"}, -1.0f, 0.5f)));
}

TEST(Binary, PowOfIntegersAndMixedTypes) {
  EXPECT_EQ(eval<int64_t>({"Pow"}, 3, 39), int64_t{4052555153018976267});
  EXPECT_EQ(eval<int32_t>({"Pow"}, -2, 3), -8);
  EXPECT_EQ(eval<int32_t>({"Pow"}, 2, -1), 0);
  EXPECT_EQ(eval<int32_t>({"Pow"}, -1, -3), -1);
  const Tensor base = Tensor::of<int32_t>({3}, {1, 2, 3});
  const auto to_float = run_op({"Pow"}, {base, Tensor::of<float>({}, {1.5f})});
  EXPECT_EQ(values_of<int32_t>(to_float[0]), (std::vector<int32_t>{1, 2, 5}));
  const auto huge = run_op({"Pow"}, {base, Tensor::of<float>({}, {99.0f})});
  EXPECT_EQ(huge[0].as<int32_t>()[1], std::numeric_limits<int32_t>::max());
  const auto from_float =
      run_op({"Pow"}, {Tensor::of<float>({2}, {1.5f, -2.0f}), Tensor::of<int64_t>({}, {2})});
  EXPECT_EQ(values_of<float>(from_float[0]), (std::vector<float>{2.25f, 4.0f}));
}

TEST(Binary, OldOpsetsAlignTheSecondOperandByAxis) {
  const Tensor a = random_tensor({2, 3, 4, 5}, 1);
  const Tensor b = random_tensor({3, 4}, 2);
  const auto out = run_op({"Add", 6, {{"broadcast", int64_t{1}}, {"axis", int64_t{1}}}}, {a, b})[0];
  expect_broadcast(out, a, b.reshaped({1, 3, 4, 1}), std::plus<double>(), "Add-6");
  const Tensor suffix = random_tensor({5}, 3);
  expect_broadcast(run_op({"Mul", 6, {{"broadcast", int64_t{1}}}}, {a, suffix})[0], a, suffix,
                   std::multiplies<double>(), "Mul-6");
  EXPECT_EQ(error_of([&] { run_op({"Add", 6}, {a, b}); }), ErrorCode::InvalidInput);
  const OpCase beyond = {"Add", 6, {{"broadcast", int64_t{1}}, {"axis", int64_t{3}}}};
  EXPECT_EQ(error_of([&] { run_op(beyond, {a, b}); }), ErrorCode::InvalidInput);
  const OpCase reversed = {"Add", 6, {{"broadcast", int64_t{1}}}};
  EXPECT_EQ(error_of([&] { run_op(reversed, {b, a}); }), ErrorCode::InvalidInput);
}

TEST(Binary, WrongInputsAreErrors) {
  const Tensor a = random_tensor({2, 3}, 1);
  EXPECT_EQ(error_of([&] {
              run_op({"Add"}, {a, random_tensor({2}, 1)});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op({"Add"}, {a, iota_tensor<int32_t>({2, 3})});
            }),
            ErrorCode::MalformedModel);
  const Tensor flags = Tensor::of<bool>({1}, {true});
  EXPECT_EQ(error_of([&] { run_op({"Add"}, {flags, flags}); }), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(error_of([&] { run_op({"Add"}, {a}); }), ErrorCode::MalformedModel);
}

// Runs the node as the planner does when the output takes over the memory of input `reused`.
Tensor run_in_place(const std::string& op_type, std::vector<Tensor> inputs, size_t reused) {
  Node node;
  node.become(op_type, kOnnxDomain, 17);
  node.def = kOpTable.find(node.domain, node.op_type, node.opset);
  for (size_t i = 0; i < inputs.size(); ++i) node.inputs.push_back(static_cast<ValueId>(i));
  node.outputs = {static_cast<ValueId>(inputs.size())};
  std::vector<ValueType> types;
  for (const Tensor& input : inputs)
    types.push_back({input.dtype(), input.shape(), Layout::Plain, {}});
  std::vector<const ValueType*> pointers;
  for (const ValueType& type : types) pointers.push_back(&type);
  EXPECT_EQ(node.def->cpu.reuse, Reuse::InPlace);
  const std::vector<ValueType> results = infer_node(node, pointers);
  const CompiledNode compiled = compile_node(node, pointers, results, {});
  std::vector<const std::byte*> in;
  for (const Tensor& input : inputs) in.push_back(input.data());
  std::vector<std::byte*> out = {inputs[reused].mutable_data()};
  const auto scratch = allocate_bytes(compiled.scratch_bytes);
  ThreadPool pool(1);
  RunContext run(in, out, {}, scratch.get(), pool);
  compiled.kernel(run);
  return inputs[reused].reshaped(*results[0].shape);
}

TEST(Binary, OutputMayOverwriteEitherInput) {
  const Tensor a = random_tensor({2, 3, 7}, 1), b = random_tensor({3, 1}, 2);
  for (const auto& [op, oracle] : float_ops()) {
    if (op == "Pow") continue;
    expect_broadcast(run_in_place(op, {copy_of(a), b}, 0), a, b, oracle, op);
    expect_broadcast(run_in_place(op, {b, copy_of(a)}, 1), b, a, oracle, op);
  }
}

TEST(Variadic, AnyNumberOfInputs) {
  const Tensor a = random_tensor({3, 1, 5}, 1), b = random_tensor({4, 1}, 2);
  const Tensor c = random_tensor({3, 4, 5}, 3);
  for (const std::string op : {"Sum", "Mean", "Min", "Max"}) {
    const Tensor out = run_op({op}, {a, b, c}, 2)[0];
    const auto indices = indices_of(c.shape());
    for (size_t i = 0; i < indices.size(); ++i) {
      const double x = a.as<float>()[broadcast_index(a.shape(), indices[i])];
      const double y = b.as<float>()[broadcast_index(b.shape(), indices[i])];
      const double z = c.as<float>()[i];
      const double sum = x + y + z;
      const double expected = op == "Sum"    ? sum
                              : op == "Mean" ? sum / 3
                              : op == "Min"  ? std::min({x, y, z})
                                             : std::max({x, y, z});
      const double tolerance = 3 * 0x1p-24 * (std::abs(x) + std::abs(y) + std::abs(z));
      ASSERT_NEAR(out.as<float>()[i], expected, tolerance) << op;
    }
    expect_equal(run_op({op}, {a})[0], a);
    expect_equal(run_in_place(op, {a, b, copy_of(c)}, 2), out);
  }
}

TEST(Variadic, ChannelsLastOfThree) {
  for (const int64_t channels : {1, 3, 4}) {
    const Shape full = {2, channels, 4, 5};
    const Tensor a = random_tensor(full, 1), c = random_tensor(full, 3);
    for (const Shape& partial : partial_broadcasts(full)) {
      const Tensor b = random_tensor(partial, 2);
      for (const std::string op : {"Sum", "Mean", "Min", "Max"}) {
        bool used = false;
        expect_equal(run_op_channels_last({op}, {a, b, c}, &used)[0], run_op({op}, {a, b, c})[0]);
        EXPECT_TRUE(used);
      }
    }
  }
}

}  // namespace
}  // namespace fovea::test
