#include <gtest/gtest.h>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

Tensor number(int64_t value) { return Tensor::of<int64_t>({}, {value}); }
Tensor floats(std::initializer_list<float> values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
}
Tensor some() { return Tensor::sequence_of({floats({1}), floats({2, 3}), floats({})}); }

std::vector<size_t> sizes_of(const Tensor& sequence) {
  std::vector<size_t> sizes;
  for (const Tensor& item : sequence.items()) sizes.push_back(item.as<float>().size());
  return sizes;
}
using Sizes = std::vector<size_t>;

TEST(Sequence, IsMadeAndRead) {
  const Tensor made =
      run_op({"SequenceConstruct", 11}, {floats({1}), floats({2, 3}), floats({})})[0];
  EXPECT_TRUE(identical(made, some()));
  EXPECT_EQ(run_op({"SequenceEmpty", 11}, {})[0].shape(), Shape({0}));
  EXPECT_EQ(to_int64s(run_op({"SequenceLength", 11}, {some()})[0]), std::vector<int64_t>{3});
  EXPECT_TRUE(identical(run_op({"SequenceAt", 11}, {some(), number(1)})[0], floats({2, 3})));
  EXPECT_TRUE(identical(run_op({"SequenceAt", 11}, {some(), number(-3)})[0], floats({1})));
}

TEST(Sequence, GrowsAndShrinks) {
  const Tensor four = floats({4, 4, 4, 4});
  const auto inserted = [&](std::vector<Tensor> inputs) {
    return sizes_of(run_op({"SequenceInsert", 11}, inputs)[0]);
  };
  EXPECT_EQ(inserted({some(), four}), (Sizes{1, 2, 0, 4}));
  EXPECT_EQ(inserted({some(), four, number(0)}), (Sizes{4, 1, 2, 0}));
  EXPECT_EQ(inserted({some(), four, number(3)}), (Sizes{1, 2, 0, 4}));
  EXPECT_EQ(inserted({some(), four, number(-1)}), (Sizes{1, 2, 4, 0}));
  EXPECT_EQ(sizes_of(run_op({"SequenceErase", 11}, {some()})[0]), (Sizes{1, 2}));
  EXPECT_EQ(sizes_of(run_op({"SequenceErase", 11}, {some(), number(-3)})[0]), (Sizes{2, 0}));
}

TEST(Sequence, PositionsOutsideAreErrors) {
  for (const int64_t position : {3, -4}) {
    EXPECT_EQ(error_of([&] {
                run_op({"SequenceAt", 11}, {some(), number(position)});
              }),
              ErrorCode::InvalidInput);
    EXPECT_EQ(error_of([&] {
                run_op({"SequenceErase", 11}, {some(), number(position)});
              }),
              ErrorCode::InvalidInput);
  }
  EXPECT_EQ(error_of([] {
              run_op({"SequenceInsert", 11}, {some(), floats({1}), number(4)});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([] {
              run_op({"SequenceInsert", 11}, {some(), number(4)});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([] {
              run_op({"SequenceErase", 11}, {Tensor::sequence_of({})});
            }),
            ErrorCode::InvalidInput);
}

TEST(Sequence, IsCutFromATensorAndJoined) {
  const Tensor in = iota_tensor<float>({5, 2});
  const auto cut = [&](AttributeList attributes, std::vector<Tensor> inputs) {
    return run_op({"SplitToSequence", 24, std::move(attributes)}, inputs)[0];
  };
  EXPECT_EQ(sizes_of(cut({}, {in, number(2)})), (Sizes{4, 4, 2}));
  EXPECT_EQ(sizes_of(cut({}, {in, int64_vector({1, 4})})), (Sizes{2, 8}));
  EXPECT_EQ(cut({}, {in}).items()[4].shape(), (Shape{1, 2}));
  const Tensor columns = cut({{"axis", int64_t{1}}, {"keepdims", int64_t{0}}}, {in});
  EXPECT_EQ(columns.items()[1].shape(), Shape({5}));
  EXPECT_EQ(error_of([&] { cut({}, {in, int64_vector({1, 3})}); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] { cut({}, {in, number(0)}); }), ErrorCode::InvalidInput);

  const auto joined = [](const Tensor& sequence, int64_t axis, int64_t new_axis) {
    return run_op({"ConcatFromSequence", 11, {{"axis", axis}, {"new_axis", new_axis}}},
                  {sequence})[0];
  };
  EXPECT_TRUE(identical(joined(cut({}, {in, number(2)}), 0, 0), in));
  EXPECT_TRUE(identical(joined(columns, 1, 1), in));
  EXPECT_TRUE(identical(joined(columns, -1, 1), in));
  EXPECT_EQ(error_of([&] { joined(Tensor::sequence_of({}), 0, 0); }), ErrorCode::InvalidInput);
}

TEST(Optional, HoldsAValueOrNone) {
  const auto has = [](std::vector<Tensor> inputs) {
    return run_op({"OptionalHasElement", 18}, inputs)[0].as<bool>()[0];
  };
  const Tensor none = run_op({"Optional", 15}, {})[0];
  EXPECT_EQ(none.dtype(), DType::Absent);
  EXPECT_FALSE(has({none}));
  EXPECT_FALSE(has({}));
  EXPECT_TRUE(has({run_op({"Optional", 15}, {some()})[0]}));
  EXPECT_TRUE(identical(run_op({"OptionalGetElement", 18}, {floats({2})})[0], floats({2})));
  EXPECT_EQ(error_of([&] { run_op({"OptionalGetElement", 18}, {none}); }), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test
