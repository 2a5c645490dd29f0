#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

Tensor condition_of(std::initializer_list<bool> values) {
  return Tensor::of<bool>({static_cast<int64_t>(values.size())}, values);
}

Tensor compress(const Tensor& in, const Tensor& condition) {
  return run_op({"Compress", 9}, {in, condition})[0];
}

Tensor compress(const Tensor& in, const Tensor& condition, int64_t axis) {
  return run_op({"Compress", 11, {{"axis", axis}}}, {in, condition})[0];
}

TEST(Compress, AlongAnAxis) {
  const Tensor in = iota_tensor<int32_t>({3, 2, 2});
  const Tensor outer = compress(in, condition_of({false, true, true}), 0);
  expect_equal(outer, Tensor::of<int32_t>({2, 2, 2}, {4, 5, 6, 7, 8, 9, 10, 11}));
  const Tensor inner = compress(in, condition_of({false, true}), -1);
  expect_equal(inner, Tensor::of<int32_t>({3, 2, 1}, {1, 3, 5, 7, 9, 11}));
  // What the condition does not reach is left out.
  expect_equal(compress(in, condition_of({true}), 1),
               Tensor::of<int32_t>({3, 1, 2}, {0, 1, 4, 5, 8, 9}));
}

TEST(Compress, OfAllElements) {
  const Tensor in = iota_tensor<double>({2, 3});
  expect_equal(compress(in, condition_of({true, false, false, false, true})),
               Tensor::of<double>({2}, {0, 4}));
  expect_equal(compress(in, condition_of({})), Tensor::allocate(DType::Double, {0}));
  expect_equal(compress(Tensor::of<float>({}, {7}), condition_of({true})),
               Tensor::of<float>({1}, {7}));
  expect_equal(compress(Tensor::allocate(DType::Float, {0}), condition_of({})),
               Tensor::allocate(DType::Float, {0}));
}

TEST(Compress, MovesElementsOfEveryType) {
  const Tensor strings = Tensor::of_strings({3}, {"a", "bc", ""});
  const auto kept = compress(strings, condition_of({true, false, true}), 0);
  EXPECT_EQ(kept.strings()[0], "a");
  EXPECT_EQ(kept.strings()[1], "");
  const Tensor pairs = Tensor::view(DType::Complex64, {2}, "0123456789abcdef", nullptr);
  const Tensor pair = compress(pairs, condition_of({false, true}));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(pair.data()), pair.bytes()), "89abcdef");
}

TEST(Compress, Errors) {
  const Tensor in = iota_tensor<float>({2, 3});
  const auto code = [&](const Tensor& condition, int64_t axis) {
    return error_of([&] { compress(in, condition, axis); });
  };
  EXPECT_EQ(code(condition_of({true}), 2), ErrorCode::InvalidInput);
  EXPECT_EQ(code(condition_of({true, false, true}), 0), ErrorCode::InvalidInput);
  EXPECT_EQ(code(Tensor::of<bool>({1, 1}, {true}), 0), ErrorCode::InvalidInput);
  EXPECT_EQ(code(Tensor::of<float>({1}, {1}), 0), ErrorCode::UnsupportedAttribute);
  // False beyond the end selects nothing.
  EXPECT_EQ(compress(in, condition_of({true, false, false}), 0).shape(), (Shape{1, 3}));
}

}  // namespace
}  // namespace fovea::test
