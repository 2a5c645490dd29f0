#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <type_traits>

#include "support/nd.h"
#include "support/op_runner.h"

// Element types without kernels of their own, which are computed in wider ones.

namespace fovea::test {
namespace {

template <class T>
class Narrow : public ::testing::Test {
 protected:
  // Every pair of values that wrap, truncate or change sign.
  static std::vector<T> values() {
    using Limits = std::numeric_limits<T>;
    const T low = Limits::min(), high = Limits::max();
    return {0,
            1,
            2,
            3,
            7,
            100,
            low,
            static_cast<T>(low + 1),
            high,
            static_cast<T>(high - 1),
            static_cast<T>(high / 2),
            static_cast<T>(-1),
            static_cast<T>(-7)};
  }
  static std::pair<Tensor, Tensor> pairs() {
    const auto all = values();
    const auto count = static_cast<int64_t>(all.size());
    return {Tensor::of<T>({count, 1}, std::span<const T>(all)),
            Tensor::of<T>({1, count}, std::span<const T>(all))};
  }

  template <class Result>
  static void expect_of_pairs(const OpCase& op, const std::function<Result(int64_t, int64_t)>& fn) {
    const auto [a, b] = pairs();
    const auto all = values();
    for (const int threads : {1, 3}) {
      const Tensor out = run_op(op, {a, b}, threads)[0];
      ASSERT_EQ(out.dtype(), dtype_of<Result>);
      for (size_t i = 0; i < all.size() * all.size(); ++i) {
        const auto x = static_cast<int64_t>(all[i / all.size()]);
        const auto y = static_cast<int64_t>(all[i % all.size()]);
        EXPECT_EQ(out.as<Result>()[i], fn(x, y)) << op.op_type << " " << x << " " << y;
      }
    }
  }
};

using NarrowTypes = ::testing::Types<int8_t, uint8_t, int16_t, uint16_t, uint32_t>;
TYPED_TEST_SUITE(Narrow, NarrowTypes);

TYPED_TEST(Narrow, ArithmeticWraps) {
  using T = TypeParam;
  const auto check = [](const OpCase& op, int64_t (*fn)(int64_t, int64_t)) {
    TestFixture::template expect_of_pairs<T>(
        op, [fn](int64_t a, int64_t b) { return static_cast<T>(fn(a, b)); });
  };
  check({"Add"}, [](int64_t a, int64_t b) { return a + b; });
  check({"Sub"}, [](int64_t a, int64_t b) { return a - b; });
  check({"Mul"}, [](int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  });
  check({"Div"}, [](int64_t a, int64_t b) { return b == 0 ? 0 : a / b; });
  check({"Mod"}, [](int64_t a, int64_t b) { return b == 0 ? 0 : ((a % b) + b) % b; });
  check({"Mod", 17, {{"fmod", int64_t{1}}}},
        [](int64_t a, int64_t b) { return b == 0 ? 0 : a % b; });
  check({"Min"}, [](int64_t a, int64_t b) { return std::min(a, b); });
  check({"Max"}, [](int64_t a, int64_t b) { return std::max(a, b); });
}

TYPED_TEST(Narrow, Comparisons) {
  const auto check = [](const std::string& op_type, bool (*fn)(int64_t, int64_t)) {
    TestFixture::template expect_of_pairs<bool>({op_type}, fn);
  };
  check("Equal", [](int64_t a, int64_t b) { return a == b; });
  check("Less", [](int64_t a, int64_t b) { return a < b; });
  check("LessOrEqual", [](int64_t a, int64_t b) { return a <= b; });
  check("Greater", [](int64_t a, int64_t b) { return a > b; });
  check("GreaterOrEqual", [](int64_t a, int64_t b) { return a >= b; });
}

TYPED_TEST(Narrow, OneOperand) {
  using T = TypeParam;
  const auto all = TestFixture::values();
  const Tensor in = Tensor::of<T>({static_cast<int64_t>(all.size())}, std::span<const T>(all));
  const Tensor abs = run_op({"Abs"}, {in})[0], sign = run_op({"Sign"}, {in})[0];
  for (size_t i = 0; i < all.size(); ++i) {
    const auto x = static_cast<int64_t>(all[i]);
    EXPECT_EQ(abs.as<T>()[i], static_cast<T>(x < 0 ? -x : x)) << x;
    EXPECT_EQ(sign.as<T>()[i], static_cast<T>(x > 0 ? 1 : x < 0 ? -1 : 0)) << x;
    if (std::is_unsigned_v<T>) continue;
    EXPECT_EQ(run_op({"Neg"}, {in})[0].as<T>()[i], static_cast<T>(-x)) << x;
  }
}

TYPED_TEST(Narrow, ClipsWithinItsType) {
  using T = TypeParam;
  const auto all = TestFixture::values();
  const Tensor in = Tensor::of<T>({static_cast<int64_t>(all.size())}, std::span<const T>(all));
  const Tensor low = Tensor::of<T>({}, {2}), high = Tensor::of<T>({}, {100});
  const auto both = values_of<T>(run_op({"Clip"}, {in, low, high})[0]);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(both[i], std::clamp<T>(all[i], 2, 100));
  EXPECT_EQ(values_of<T>(run_op({"Clip"}, {in})[0]), all);
}

TYPED_TEST(Narrow, PositionsAndOrder) {
  using T = TypeParam;
  auto sorted = TestFixture::values();
  const auto count = static_cast<int64_t>(sorted.size());
  const Tensor in = Tensor::of<T>({count}, std::span<const T>(sorted));
  const auto highest = std::ranges::max_element(sorted) - sorted.begin();
  EXPECT_EQ(run_op({"ArgMax"}, {in})[0].as<int64_t>()[0], highest);
  const auto top =
      run_op({.op_type = "TopK", .outputs = 2}, {in, Tensor::of<int64_t>({1}, {count})});
  ASSERT_EQ(top[0].dtype(), dtype_of<T>);
  EXPECT_EQ(top[1].as<int64_t>()[0], highest);
  std::ranges::sort(sorted, std::greater());
  EXPECT_EQ(values_of<T>(top[0]), sorted);
}

// Computed in float and rounded once, which for these operators is the nearest float16.
TEST(NarrowFloats, AreRoundedOnce) {
  const std::vector<float> values = {0.0f, 1.0f, -3.0f, 2049.0f / 2048, 65504.0f, 6e-8f, 1e-4f};
  for (const float x : values) {
    for (const float y : values) {
      const Half a = to_half(x), b = to_half(y);
      const auto check = [&](const std::string& op_type, double exact) {
        const Tensor out =
            run_op({op_type}, {Tensor::of<Half>({1}, {a}), Tensor::of<Half>({1}, {b})})[0];
        ASSERT_EQ(out.dtype(), DType::Float16);
        EXPECT_EQ(out.as<Half>()[0].bits, to_half(static_cast<float>(exact)).bits)
            << op_type << " " << x << " " << y;
      };
      const double p = to_float(a), q = to_float(b);
      check("Add", p + q);
      check("Sub", p - q);
      check("Mul", p * q);
      if (q != 0) check("Div", p / q);
    }
  }
}

TEST(NarrowFloats, Activations) {
  const std::vector<float> values = {-3.0f, -0.5f, 0.0f, 0.25f, 2.0f};
  Tensor in = Tensor::allocate(DType::Float16, {5});
  for (size_t i = 0; i < 5; ++i) in.mutable_as<Half>()[i] = to_half(values[i]);
  const Tensor wide = Tensor::of<float>({5}, std::span<const float>(values));
  for (const std::string op_type : {"Relu", "LeakyRelu", "Sigmoid", "Tanh", "Elu", "HardSwish"}) {
    const Tensor out = run_op({op_type}, {in})[0], expected = run_op({op_type}, {wide})[0];
    ASSERT_EQ(out.dtype(), DType::Float16);
    for (size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(out.as<Half>()[i].bits, to_half(expected.as<float>()[i]).bits) << op_type;
    }
  }
}

TEST(Wider, TypesThatNoneHoldsAreRefused) {
  const Tensor words = Tensor::of_strings({1}, {"a"});
  EXPECT_EQ(error_of([&] { run_op({"Add"}, {words, words}); }), ErrorCode::UnsupportedAttribute);
  const Tensor large = Tensor::of<uint64_t>({1}, {UINT64_MAX});
  EXPECT_EQ(error_of([&] { run_op({"Neg"}, {large}); }), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(run_op({"Add"}, {large, Tensor::of<uint64_t>({1}, {0})})[0].as<uint64_t>()[0],
            UINT64_MAX);
}

class CountingPacks final : public PackCache {
 public:
  Tensor get(const Node&, std::string_view, const std::function<Tensor()>& pack) override {
    ++packed;
    return pack();
  }
  int packed = 0;
};

// A constant is converted when planning, and takes no memory of the runs.
TEST(Wider, ConstantsAreConvertedOnce) {
  const Tensor sum = Tensor::of<int16_t>({3}, {1000, -2, 3});
  Node node;
  node.op_type = "Sub";
  node.opset = 17;
  node.inputs = {0, 1};
  node.outputs = {2};
  node.def = kOpTable.find(node.domain, node.op_type, node.opset);
  const auto scratch_of = [&](bool constant, int expected_packs) {
    const ValueType fed = {DType::Int16, Shape{3}, Form(), std::nullopt};
    const ValueType operand = {DType::Int16, Shape{3}, Form(), sum, constant};
    const ValueType* inputs[] = {&fed, &operand};
    CountingPacks packs;
    const auto compiled = compile_node(node, inputs, infer_node(node, inputs), {.packs = &packs});
    const auto scratch = allocate_bytes(compiled.scratch_bytes);
    ThreadPool pool(1);
    for (const int16_t first : {std::numeric_limits<int16_t>::min(), int16_t{5}}) {
      const Tensor data = Tensor::of<int16_t>({3}, {first, 2, 0});
      Tensor out = Tensor::allocate(DType::Int16, {3});
      const std::byte* from[] = {data.data(), sum.data()};
      std::byte* to[] = {out.mutable_data()};
      RunContext run(from, to, {}, scratch.get(), pool);
      compiled.kernel(run);
      EXPECT_EQ(values_of<int16_t>(out),
                (std::vector<int16_t>{static_cast<int16_t>(first - 1000), 4, -3}));
    }
    EXPECT_EQ(packs.packed, expected_packs);
    return compiled.scratch_bytes;
  };
  EXPECT_LT(scratch_of(true, 1), scratch_of(false, 0));
}

}  // namespace
}  // namespace fovea::test
