#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

template <class T>
void check_comparisons(std::vector<T> values) {
  const auto count = static_cast<int64_t>(values.size());
  const Tensor row = Tensor::of<T>({1, count}, std::span<const T>(values.data(), values.size()));
  const std::vector<std::pair<std::string, std::function<bool(T, T)>>> ops = {
      {"Equal", std::equal_to<T>()},
      {"Less", std::less<T>()},
      {"LessOrEqual", std::less_equal<T>()},
      {"Greater", std::greater<T>()},
      {"GreaterOrEqual", std::greater_equal<T>()}};
  for (const auto& [op, oracle] : ops) {
    const Tensor out = run_op({op}, {row.reshaped({count, 1}), row})[0];
    ASSERT_EQ(out.shape(), Shape({count, count}));
    for (size_t i = 0; i < values.size(); ++i) {
      for (size_t j = 0; j < values.size(); ++j) {
        EXPECT_EQ(out.as<bool>()[i * values.size() + j], oracle(values[i], values[j])) << op;
      }
    }
  }
}

TEST(Logical, ComparisonsOfEveryType) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  check_comparisons<float>({-1.0f, -0.0f, 0.0f, 2.5f, INFINITY, nan});
  check_comparisons<double>({-1.0, -0.0, 0.0, 2.5, INFINITY, NAN});
  check_comparisons<int8_t>({-128, -1, 0, 127});
  check_comparisons<uint8_t>({0, 1, 128, 255});
  check_comparisons<int16_t>({-300, 0, 300});
  check_comparisons<uint16_t>({0, 300, 65535});
  check_comparisons<int32_t>({-70000, 0, 70000});
  check_comparisons<uint32_t>({0, 70000, 4000000000u});
  check_comparisons<int64_t>({std::numeric_limits<int64_t>::min(), 0, 1});
  check_comparisons<uint64_t>({0, std::numeric_limits<uint64_t>::max()});
}

TEST(Logical, AndOrXorNot) {
  const Tensor a = Tensor::of<bool>({4}, {false, false, true, true});
  const Tensor b = Tensor::of<bool>({4}, {false, true, false, true});
  using Bools = std::vector<bool>;
  EXPECT_EQ(values_of<bool>(run_op({"And"}, {a, b})[0]), (Bools{false, false, false, true}));
  EXPECT_EQ(values_of<bool>(run_op({"Or"}, {a, b})[0]), (Bools{false, true, true, true}));
  EXPECT_EQ(values_of<bool>(run_op({"Xor"}, {a, b})[0]), (Bools{false, true, true, false}));
  EXPECT_EQ(values_of<bool>(run_op({"Not"}, {a})[0]), (Bools{true, true, false, false}));
  const Tensor number = random_tensor({4}, 1);
  EXPECT_EQ(error_of([&] { run_op({"And"}, {number, number}); }), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(error_of([&] { run_op({"Not"}, {number}); }), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(error_of([&] { run_op({"Less"}, {number, a}); }), ErrorCode::MalformedModel);
}

TEST(Logical, Bits) {
  const Tensor a = Tensor::of<uint8_t>({3}, {0b1100, 255, 1});
  const Tensor b = Tensor::of<uint8_t>({3}, {0b1010, 1, 9});
  using Bytes = std::vector<uint8_t>;
  EXPECT_EQ(values_of<uint8_t>(run_op({"BitwiseAnd", 18}, {a, b})[0]), (Bytes{0b1000, 1, 1}));
  EXPECT_EQ(values_of<uint8_t>(run_op({"BitwiseOr", 18}, {a, b})[0]), (Bytes{0b1110, 255, 9}));
  EXPECT_EQ(values_of<uint8_t>(run_op({"BitwiseXor", 18}, {a, b})[0]), (Bytes{0b0110, 254, 8}));
  EXPECT_EQ(values_of<uint8_t>(run_op({"BitwiseNot", 18}, {a})[0]), (Bytes{0b11110011, 0, 254}));
  const auto shift = [&](const std::string& direction) {
    return values_of<uint8_t>(run_op({"BitShift", 11, {{"direction", direction}}}, {a, b})[0]);
  };
  EXPECT_EQ(shift("LEFT"), (Bytes{0, 254, 0}));
  EXPECT_EQ(shift("RIGHT"), (Bytes{0, 127, 0}));
  EXPECT_EQ(error_of([&] { shift("UP"); }), ErrorCode::MalformedModel);
}

// By amounts that no type has bits for, and by less than 0, nothing but the sign is left.
template <class T>
void expect_signed_shifts() {
  constexpr int kBits = static_cast<int>(8 * sizeof(T));
  constexpr T kLowest = std::numeric_limits<T>::min(), kBitsOfType = kBits;
  const Tensor a = Tensor::of<T>({8}, {-5, 5, -1, kLowest, -5, 5, -5, 5});
  const Tensor b = Tensor::of<T>({8}, {1, 1, 3, kBits - 1, kBitsOfType, kBitsOfType, -1, kLowest});
  const auto shift = [&](const std::string& direction) {
    return values_of<T>(run_op({"BitShift", 28, {{"direction", direction}}}, {a, b})[0]);
  };
  EXPECT_EQ(shift("RIGHT"), (std::vector<T>{-3, 2, -1, -1, -1, 0, -1, 0}));
  EXPECT_EQ(shift("LEFT"), (std::vector<T>{-10, 10, -8, 0, 0, 0, 0, 0}));
}

TEST(Logical, ShiftsKeepTheSign) {
  expect_signed_shifts<int8_t>();
  expect_signed_shifts<int16_t>();
  expect_signed_shifts<int32_t>();
  expect_signed_shifts<int64_t>();
}

TEST(Logical, NaNAndInfinity) {
  const Tensor x = Tensor::of<float>({4}, {NAN, INFINITY, -INFINITY, 1.0f});
  using Bools = std::vector<bool>;
  EXPECT_EQ(values_of<bool>(run_op({"IsNaN"}, {x})[0]), (Bools{true, false, false, false}));
  EXPECT_EQ(values_of<bool>(run_op({"IsInf"}, {x})[0]), (Bools{false, true, true, false}));
  EXPECT_EQ(values_of<bool>(run_op({"IsInf", 10, {{"detect_positive", int64_t{0}}}}, {x})[0]),
            (Bools{false, false, true, false}));
  EXPECT_EQ(values_of<bool>(run_op({"IsInf", 10, {{"detect_negative", int64_t{0}}}}, {x})[0]),
            (Bools{false, true, false, false}));
}

TEST(Logical, FloatsOfAByteHaveNanAndInfinityAsWell) {
  const Tensor x = Tensor::of<float>({4}, {NAN, INFINITY, -INFINITY, 1});
  const OpCase cast = {
      "Cast", 20, {{"to", static_cast<int64_t>(DType::Float8E5M2)}, {"saturate", int64_t{0}}}};
  const Tensor codes = run_op(cast, {x})[0];
  using Bools = std::vector<bool>;
  EXPECT_EQ(values_of<bool>(run_op({"IsNaN", 20}, {codes})[0]), (Bools{true, false, false, false}));
  EXPECT_EQ(values_of<bool>(run_op({"IsInf", 20}, {codes})[0]), (Bools{false, true, true, false}));
}

template <class T>
void check_where(const Shape& condition_shape, const Shape& yes_shape, const Shape& no_shape,
                 const Shape& out_shape) {
  Tensor condition = Tensor::allocate(DType::Bool, condition_shape);
  for (int64_t i = 0; i < condition_shape.elements(); ++i)
    condition.mutable_as<bool>()[static_cast<size_t>(i)] = i % 3 != 1;
  const Tensor yes = iota_tensor<T>(yes_shape, T{1});
  const Tensor no = iota_tensor<T>(no_shape, T{100});
  const Tensor out = run_op({"Where"}, {condition, yes, no}, 2)[0];
  ASSERT_EQ(out.shape(), out_shape);
  const auto indices = indices_of(out.shape());
  for (size_t i = 0; i < indices.size(); ++i) {
    const bool taken = condition.as<bool>()[broadcast_index(condition_shape, indices[i])];
    const T expected = taken ? yes.as<T>()[broadcast_index(yes_shape, indices[i])]
                             : no.as<T>()[broadcast_index(no_shape, indices[i])];
    EXPECT_EQ(out.as<T>()[i], expected);
  }
}

template <class T>
void check_every_where() {
  const Shape whole = {2, 1, 37}, scalar = {};
  check_where<T>(whole, whole, whole, whole);
  check_where<T>(whole, whole, scalar, whole);
  check_where<T>(whole, scalar, whole, whole);
  check_where<T>(whole, scalar, scalar, whole);
  check_where<T>(scalar, whole, whole, whole);
  check_where<T>({2, 1, 3}, {2, 4, 3}, {4, 1}, {2, 4, 3});
}

TEST(Where, EveryElementSizeAndBroadcast) {
  check_every_where<uint8_t>();
  check_every_where<int16_t>();
  check_every_where<float>();
  check_every_where<int64_t>();
}

TEST(Where, ScalarsAndNothing) {
  const Tensor yes = Tensor::of<float>({}, {1.0f}), no = Tensor::of<float>({}, {2.0f});
  EXPECT_EQ(values_of<float>(run_op({"Where"}, {Tensor::of<bool>({}, {false}), yes, no})[0]),
            std::vector<float>{2.0f});
  const Tensor none = Tensor::allocate(DType::Bool, {0, 3});
  EXPECT_EQ(run_op({"Where"}, {none, yes, no})[0].shape(), Shape({0, 3}));
}

TEST(Where, WrongInputsAreErrors) {
  const Tensor x = random_tensor({2}, 1);
  const Tensor condition = Tensor::of<bool>({3}, {true, true, false});
  EXPECT_EQ(error_of([&] { run_op({"Where"}, {x, x, x}); }), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(error_of([&] { run_op({"Where"}, {condition, x, x}); }), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test
