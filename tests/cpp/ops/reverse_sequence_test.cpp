#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

OpCase reverse_sequence(int64_t time_axis, int64_t batch_axis) {
  return {"ReverseSequence", 10, {{"time_axis", time_axis}, {"batch_axis", batch_axis}}};
}

TEST(ReverseSequence, EitherAxisAndAnyLength) {
  const Tensor in = iota_tensor<int16_t>({4, 4, 3});
  const std::vector<int64_t> lengths = {4, 0, 1, 3};
  for (const size_t time : {size_t{0}, size_t{1}}) {
    const OpCase op = reverse_sequence(static_cast<int64_t>(time), static_cast<int64_t>(1 - time));
    const Tensor out = run_op(op, {in, int64_vector(lengths)})[0];
    ASSERT_EQ(out.shape(), in.shape());
    for (const Index& index : indices_of(in.shape())) {
      Index from = index;
      const int64_t length = lengths[static_cast<size_t>(index[1 - time])];
      if (index[time] < length) from[time] = length - 1 - index[time];
      EXPECT_EQ(out.as<int16_t>()[flat_index(in.shape(), index)],
                in.as<int16_t>()[flat_index(in.shape(), from)]);
    }
  }
}

TEST(ReverseSequence, DefaultsStringsAndNothing) {
  const Tensor in = Tensor::of_strings({2, 1}, {"a", "b"});
  const Tensor out = run_op({"ReverseSequence", 10}, {in, int64_vector({2})})[0];
  EXPECT_EQ(out.strings()[0], "b");
  EXPECT_EQ(out.strings()[1], "a");
  const Tensor nothing = Tensor::allocate(DType::Float, {3, 0, 2});
  EXPECT_EQ(run_op({"ReverseSequence", 10}, {nothing, int64_vector({})})[0].shape(),
            nothing.shape());
  const Tensor thin = Tensor::allocate(DType::Float, {2, 1, 0});
  EXPECT_EQ(run_op({"ReverseSequence", 10}, {thin, int64_vector({1})})[0].shape(), thin.shape());
}

TEST(ReverseSequence, Errors) {
  const Tensor in = iota_tensor<float>({2, 3});
  const auto code = [&](const OpCase& op, std::vector<int64_t> lengths) {
    return error_of([&] { run_op(op, {in, int64_vector(std::move(lengths))}); });
  };
  EXPECT_EQ(code(reverse_sequence(0, 1), {1, 2, 3}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(reverse_sequence(0, 1), {1, 2, -1}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(reverse_sequence(0, 1), {1, 2}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(reverse_sequence(1, 1), {1, 2}), ErrorCode::MalformedModel);
  EXPECT_EQ(code(reverse_sequence(-1, 2), {1, 2}), ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([] {
              run_op(reverse_sequence(0, 1), {iota_tensor<float>({2}), int64_vector({1})});
            }),
            ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test
