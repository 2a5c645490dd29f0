#include <cmath>
#include <limits>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

const Tensor kTraining = Tensor::of<bool>({}, {true});

Tensor ratio_of(float ratio) { return Tensor::of<float>({}, {ratio}); }

std::vector<Tensor> train(const Tensor& in, float ratio, AttributeList attributes = {}) {
  return run_op({"Dropout", 13, std::move(attributes), 2}, {in, ratio_of(ratio), kTraining});
}

const AttributeList kSeed = {{"seed", int64_t{7}}};

TEST(Dropout, DoesNothingOutsideOfTraining) {
  const Tensor in = random_tensor({2, 3}, 1);
  for (const int opset : {1, 6, 7, 10, 12, 13, 22}) {
    const auto out = run_op({"Dropout", opset, {}, 2}, {in});
    expect_equal(out[0], in);
    EXPECT_EQ(out[1].dtype(), opset < 10 ? DType::Float : DType::Bool);
    EXPECT_EQ(to_int64s(out[1]), std::vector<int64_t>(6, 1));
  }
  expect_equal(run_op({"Dropout"}, {in, ratio_of(5), Tensor::of<bool>({}, {false})})[0], in);
  const Tensor small = Tensor::view(DType::Float8E5M2, {3}, "abc", nullptr);
  expect_equal(run_op({"Dropout", 22}, {small})[0], small);
}

TEST(Dropout, DropsAndScalesInTraining) {
  const Tensor in = random_tensor({100, 100}, 1, 1, 2);
  for (const float ratio : {0.25f, 0.9f}) {
    const auto out = train(in, ratio);
    int64_t kept = 0;
    for (size_t i = 0; i < 10000; ++i) {
      const bool mask = out[1].as<bool>()[i];
      const float expected = mask ? in.as<float>()[i] / (1 - ratio) : 0;
      ASSERT_NEAR(out[0].as<float>()[i], expected, 2e-6 * expected);
      kept += mask ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(kept), 10000 * (1 - ratio), 5 * 50);
  }
  const auto all = train(in, 0);
  expect_equal(all[0], in);
  EXPECT_EQ(to_int64s(all[1]), std::vector<int64_t>(10000, 1));
  // A half is dropped where nothing says how many.
  const auto half = run_op({"Dropout", 12, {}, 2}, {in, Tensor(), kTraining});
  EXPECT_NEAR(static_cast<double>(std::ranges::count(half[1].as<bool>(), true)), 5000, 5 * 50);
}

TEST(Dropout, SeedsRepeat) {
  const Tensor in = random_tensor({64}, 1, 1, 2);
  const auto first = train(in, 0.5f, kSeed);
  expect_equal(train(in, 0.5f, kSeed)[0], first[0]);
  expect_equal(train(in, 0.5f, kSeed)[1], first[1]);
  const auto values = [&] { return values_of<float>(train(in, 0.5f)[0]); };
  EXPECT_NE(values(), values());
  EXPECT_NE(values_of<float>(train(in, 0.5f, {{"seed", int64_t{8}}})[0]),
            values_of<float>(first[0]));
}

TEST(Dropout, Types) {
  const Tensor doubles = Tensor::of<double>({4}, {1, 1, 1, 1});
  const Tensor ratio = Tensor::of<double>({1}, {0.1});
  const auto out = run_op({"Dropout", 13, kSeed, 2}, {doubles, ratio, kTraining});
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(out[0].as<double>()[i], out[1].as<bool>()[i] ? 1 / (1 - 0.1) : 0);
  }
  // Twice one is one exponent more; 0x3c is 1.
  const Tensor bytes = Tensor::view(DType::Float8E5M2, {4}, "\x3c\x3c\x3c\x3c", nullptr);
  const auto small = run_op({"Dropout", 22, kSeed, 2}, {bytes, ratio_of(0.5f), kTraining});
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(std::to_integer<int>(small[0].data()[i]), small[1].as<bool>()[i] ? 0x40 : 0);
  }
  EXPECT_EQ(train(Tensor::allocate(DType::Float, {0}), 0.5f)[0].shape(), Shape{0});
}

TEST(Dropout, Errors) {
  const Tensor in = random_tensor({2}, 1);
  const auto code = [&](const Tensor& ratio, const Tensor& training) {
    return error_of([&] { run_op({"Dropout", 13}, {in, ratio, training}); });
  };
  for (const float ratio : {-0.5f, 1.0f, std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_EQ(code(ratio_of(ratio), kTraining), ErrorCode::InvalidInput);
  }
  EXPECT_EQ(code(random_tensor({2}, 1), kTraining), ErrorCode::MalformedModel);
  EXPECT_EQ(code(ratio_of(0.5f), Tensor::of<bool>({2}, {true, true})), ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test
