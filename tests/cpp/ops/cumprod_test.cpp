#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

template <class T>
std::vector<T> cumprod(const Tensor& in, int64_t axis, int64_t exclusive, int64_t reverse) {
  return values_of<T>(run_op({"CumProd", 26, {{"exclusive", exclusive}, {"reverse", reverse}}},
                             {in, Tensor::of<int64_t>({}, {axis})})[0]);
}

TEST(CumProd, Directions) {
  const Tensor in = Tensor::of<int32_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  using Values = std::vector<int32_t>;
  EXPECT_EQ(cumprod<int32_t>(in, 1, 0, 0), (Values{1, 2, 6, 4, 20, 120}));
  EXPECT_EQ(cumprod<int32_t>(in, -1, 1, 0), (Values{1, 1, 2, 1, 4, 20}));
  EXPECT_EQ(cumprod<int32_t>(in, 1, 0, 1), (Values{6, 6, 3, 120, 30, 6}));
  EXPECT_EQ(cumprod<int32_t>(in, 0, 1, 1), (Values{4, 5, 6, 1, 1, 1}));
}

TEST(CumProd, Types) {
  EXPECT_EQ(cumprod<double>(Tensor::of<double>({3}, {0.5, -4, 3}), 0, 0, 0),
            (std::vector<double>{0.5, -2, -6}));
  EXPECT_EQ(cumprod<float>(Tensor::of<float>({1}, {3}), 0, 1, 0), std::vector<float>{1});
  const int64_t large = int64_t{1} << 40;
  EXPECT_EQ(cumprod<int64_t>(Tensor::of<int64_t>({2}, {large + 1, 3}), 0, 0, 0),
            (std::vector<int64_t>{large + 1, 3 * large + 3}));
  EXPECT_EQ(cumprod<uint64_t>(Tensor::of<uint64_t>({2}, {UINT64_MAX, 2}), 0, 0, 0),
            (std::vector<uint64_t>{UINT64_MAX, UINT64_MAX - 1}));
}

TEST(CumProd, NothingAndErrors) {
  EXPECT_EQ(cumprod<float>(Tensor::allocate(DType::Float, {2, 0}), 1, 0, 0), std::vector<float>{});
  const Tensor in = Tensor::of<float>({2}, {1, 2});
  EXPECT_EQ(error_of([&] { cumprod<float>(in, 1, 0, 0); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op({"CumProd", 26}, {in, int64_vector({0, 0})});
            }),
            ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([&] {
              run_op({"CumProd", 25}, {in, int64_vector({0})});
            }),
            ErrorCode::UnsupportedOperator);
}

}  // namespace
}  // namespace fovea::test
