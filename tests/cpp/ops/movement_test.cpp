// Data movement: every oracle reads the element it expects by its index.

#include <gtest/gtest.h>

#include <functional>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

// Checks that out[index] is in[source(index)] for every index.
template <class T>
void expect_moved(const Tensor& out, const Tensor& in, const std::function<Index(Index)>& source) {
  ASSERT_EQ(out.dtype(), in.dtype());
  const auto indices = indices_of(out.shape());
  for (size_t i = 0; i < indices.size(); ++i) {
    ASSERT_EQ(out.as<T>()[i], in.as<T>()[flat_index(in.shape(), source(indices[i]))])
        << Shape(indices[i]).to_string();
  }
}

Tensor concat_oracle(const std::vector<Tensor>& inputs, int axis) {
  Shape shape = inputs[0].shape();
  shape[axis] = 0;
  for (const Tensor& input : inputs) shape[axis] += input.shape()[axis];
  Tensor out = Tensor::allocate(DType::Float, shape);
  int64_t first = 0;
  for (const Tensor& input : inputs) {
    const auto indices = indices_of(input.shape());
    for (size_t i = 0; i < indices.size(); ++i) {
      Index index = indices[i];
      index[static_cast<size_t>(axis)] += first;
      out.mutable_as<float>()[flat_index(shape, index)] = input.as<float>()[i];
    }
    first += input.shape()[axis];
  }
  return out;
}

TEST(Concat, EveryAxisInBothLayouts) {
  for (int axis = 0; axis < 4; ++axis) {
    for (const Ints& sizes : {Ints{1, 2, 3}, Ints{4, 8}, Ints{0, 5}, Ints{3}}) {
      std::vector<Tensor> inputs;
      for (const int64_t size : sizes) {
        Shape shape = {2, 3, 4, 5};
        shape[axis] = size;
        inputs.push_back(random_tensor(shape, static_cast<uint32_t>(inputs.size())));
      }
      const Tensor expected = concat_oracle(inputs, axis);
      const OpCase op = {"Concat", 13, {{"axis", int64_t{axis - 4}}}};
      expect_equal(run_op(op, inputs, 2)[0], expected);
      bool used = false;
      expect_equal(run_op_channels_last(op, inputs, &used)[0], expected);
      EXPECT_TRUE(used);
    }
  }
}

TEST(Concat, IntegersAndErrors) {
  const OpCase op = {"Concat", 13, {{"axis", int64_t{0}}}};
  const auto out = run_op(op, {int64_vector({1, 2}), int64_vector({}), int64_vector({3})});
  EXPECT_EQ(values_of<int64_t>(out[0]), (Ints{1, 2, 3}));
  const Tensor a = random_tensor({2, 3}, 1);
  EXPECT_EQ(error_of([&] { run_op(op, {a, random_tensor({2, 4}, 1)}); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] { run_op(op, {a, random_tensor({2}, 1)}); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op(op, {a, iota_tensor<int32_t>({2, 3})});
            }),
            ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([&] { run_op({"Concat", 13}, {a, a}); }), ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([&] {
              run_op({"Concat", 13, {{"axis", int64_t{2}}}}, {a, a});
            }),
            ErrorCode::InvalidInput);
}

TEST(Split, EveryAxisInBothLayouts) {
  const Tensor in = random_tensor({3, 9, 5, 6}, 1);
  for (int axis = 0; axis < 4; ++axis) {
    const int64_t size = in.shape()[axis];
    const Ints parts = {1, size - 3, 0, 2};
    const OpCase op = {"Split", 13, {{"axis", int64_t{axis}}}, 4};
    bool used = false;
    const auto plain = run_op(op, {in, int64_vector(parts)}, 2);
    const auto channels_last = run_op_channels_last(op, {in, int64_vector(parts)}, &used);
    EXPECT_TRUE(used);
    int64_t first = 0;
    for (size_t i = 0; i < parts.size(); ++i) {
      EXPECT_EQ(plain[i].shape()[axis], parts[i]);
      expect_moved<float>(plain[i], in, [&](Index index) {
        index[static_cast<size_t>(axis)] += first;
        return index;
      });
      expect_equal(channels_last[i], plain[i]);
      first += parts[i];
    }
  }
}

TEST(Split, SizesOfEveryOpset) {
  const Tensor in = iota_tensor<int64_t>({7});
  const auto sizes = [&](const OpCase& op, const Tensor& split = {}) {
    Ints out;
    for (const Tensor& part : run_op(op, {in, split})) out.push_back(part.elements());
    return out;
  };
  EXPECT_EQ(sizes({"Split", 2, {{"split", Ints{3, 4}}}, 2}), (Ints{3, 4}));
  EXPECT_EQ(sizes({"Split", 11, {}, 7}), (Ints{1, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(sizes({"Split", 18, {{"num_outputs", int64_t{3}}}, 3}), (Ints{3, 3, 1}));
  EXPECT_EQ(sizes({"Split", 18, {{"num_outputs", int64_t{5}}}, 5}), (Ints{2, 2, 2, 1, 0}));
  EXPECT_EQ(error_of([&] { sizes({"Split", 13, {}, 2}); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              sizes({"Split", 13, {}, 2}, int64_vector({3, 3}));
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              sizes({"Split", 13, {}, 2}, int64_vector({8, -1}));
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              sizes({"Split", 13, {}, 2}, int64_vector({7}));
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              sizes({"Split", 18, {{"num_outputs", int64_t{3}}}, 2});
            }),
            ErrorCode::InvalidInput);
}

// One position at a time, clamped as the specification says: like Python, except that a start
// before the axis is its first element also when the step is negative.
Ints sliced(int64_t start, int64_t end, int64_t step, int64_t size) {
  const auto clamp = [&](int64_t i, int64_t low, int64_t high) {
    return std::clamp(i < 0 ? i + size : i, low, high);
  };
  const int64_t first = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
  const int64_t last = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  Ints positions;
  for (int64_t i = first; step > 0 ? i < last : i > last; i += step) positions.push_back(i);
  return positions;
}

TEST(Slice, StartsEndsAndStepsOfOneAxis) {
  const Tensor in = iota_tensor<int32_t>({6});
  for (const int64_t start : {-9, -6, -2, 0, 1, 5, 6, 9}) {
    for (const int64_t end : {-9, -7, -6, -1, 0, 3, 6, 9}) {
      for (const int64_t step : {-7, -2, -1, 1, 2, 5, 100}) {
        const auto out = run_op({"Slice", 13}, {in, int64_vector({start}), int64_vector({end}),
                                                int64_vector({0}), int64_vector({step})});
        const std::vector<int32_t> values = values_of<int32_t>(out[0]);
        ASSERT_EQ(Ints(values.begin(), values.end()), sliced(start, end, step, 6))
            << start << ":" << end << ":" << step;
      }
    }
  }
}

TEST(Slice, ExtremesOfInt64MeanAll) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const Tensor in = iota_tensor<int32_t>({4});
  const auto slice = [&](int64_t start, int64_t end, int64_t step) {
    return values_of<int32_t>(run_op({"Slice", 13}, {in, int64_vector({start}), int64_vector({end}),
                                                     int64_vector({0}), int64_vector({step})})[0]);
  };
  EXPECT_EQ(slice(kMin, kMax, 1), (std::vector<int32_t>{0, 1, 2, 3}));
  EXPECT_EQ(slice(kMax, kMin, -1), (std::vector<int32_t>{3, 2, 1, 0}));
  EXPECT_EQ(slice(1, kMax, kMax), (std::vector<int32_t>{1}));
  EXPECT_EQ(slice(-1, kMin, kMin), (std::vector<int32_t>{3}));
}

TEST(Slice, SeveralAxesInBothLayouts) {
  const Tensor in = random_tensor({2, 7, 5, 6}, 1);
  const std::vector<Tensor> inputs = {in, int64_vector({1, -1, 0, 5}), int64_vector({7, -9, 9, 0}),
                                      int64_vector({1, 2, 0, -1}), int64_vector({2, -2, 1, -1})};
  const Tensor out = run_op({"Slice", 13}, inputs, 2)[0];
  ASSERT_EQ(out.shape(), Shape({2, 3, 3, 5}));
  expect_moved<float>(out, in, [](const Index& i) {
    return Index{i[0], 1 + 2 * i[1], 4 - 2 * i[2], 5 - i[3]};
  });
  bool used = false;
  expect_equal(run_op_channels_last({"Slice", 13}, inputs, &used)[0], out);
  EXPECT_TRUE(used);
}

TEST(Slice, AttributesOfOldOpsets) {
  const Tensor in = iota_tensor<int64_t>({3, 4});
  const OpCase op = {"Slice", 9, {{"starts", Ints{1}}, {"ends", Ints{1000}}, {"axes", Ints{1}}}};
  EXPECT_EQ(run_op(op, {in})[0].shape(), Shape({3, 3}));
  const OpCase no_axes = {"Slice", 1, {{"starts", Ints{1, 0}}, {"ends", Ints{2, -1}}}};
  EXPECT_EQ(values_of<int64_t>(run_op(no_axes, {in})[0]), (Ints{4, 5, 6}));
}

TEST(Slice, WrongInputsAreErrors) {
  const Tensor in = iota_tensor<int64_t>({3, 4});
  const auto code = [&](const Ints& starts, const Ints& ends, const Ints& axes, const Ints& steps) {
    return error_of([&] {
      run_op({"Slice", 13}, {in, int64_vector(starts), int64_vector(ends), int64_vector(axes),
                             int64_vector(steps)});
    });
  };
  EXPECT_EQ(code({0}, {1}, {0}, {0}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({0}, {1, 2}, {0}, {1}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({0}, {1}, {2}, {1}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({0, 0}, {1, 1}, {1, -1}, {1, 1}), ErrorCode::MalformedModel);
}

TEST(Pad, EveryModeAgreesWithItsDefinition) {
  const auto reflect = [](int64_t i, int64_t size) {
    while (i < 0 || i >= size) i = i < 0 ? -i : 2 * (size - 1) - i;
    return i;
  };
  const auto wrap = [](int64_t i, int64_t size) { return (i % size + size) % size; };
  const auto edge = [](int64_t i, int64_t size) { return std::clamp<int64_t>(i, 0, size - 1); };
  const std::vector<std::pair<std::string, std::function<int64_t(int64_t, int64_t)>>> modes = {
      {"reflect", reflect}, {"wrap", wrap}, {"edge", edge}};
  for (const int64_t channels : {3, 4}) {
    const Tensor in = random_tensor({2, channels, 4, 5}, 1);
    for (const Ints& pads : {Ints{0, 0, 1, 2, 0, 0, 3, 0}, Ints{0, 0, 9, 0, 0, 0, 0, 11},
                             Ints{1, 2, 0, 0, 0, 1, 0, 0}, Ints{0, 0, -1, 0, 0, 0, 2, -3},
                             Ints{0, 0, 3, -2, 0, 0, -2, 7}, Ints{0, 0, -2, -1, 0, 0, 5, -1}}) {
      for (const auto& [mode, source] : modes) {
        const OpCase op = {"Pad", 19, {{"mode", mode}}};
        const Tensor out = run_op(op, {in, int64_vector(pads)}, 2)[0];
        expect_moved<float>(out, in, [&, &origin = source](Index index) {
          for (size_t axis = 0; axis < 4; ++axis) {
            // Negative amounts crop first; the others continue what is left.
            const int64_t begin = std::max<int64_t>(-pads[axis], 0);
            const int64_t end =
                in.shape()[static_cast<int>(axis)] + std::min<int64_t>(pads[axis + 4], 0);
            index[axis] = begin + origin(index[axis] - pads[axis] - begin, end - begin);
          }
          return index;
        });
        bool used = false;
        expect_equal(run_op_channels_last(op, {in, int64_vector(pads)}, &used)[0], out);
        EXPECT_EQ(used, pads[0] == 0 || pads[1] == 0) << mode;
      }
    }
  }
}

TEST(Pad, ConstantInBothLayouts) {
  for (const int64_t channels : {3, 4}) {
    for (const float value : {0.0f, 2.5f}) {
      const Tensor in = random_tensor({2, channels, 4, 5}, 1);
      const Ints pads = {0, 0, 1, -2, 0, 0, 2, 3};
      const std::vector<Tensor> inputs = {in, int64_vector(pads), Tensor::of<float>({}, {value})};
      const Tensor out = run_op({"Pad", 13}, inputs)[0];
      ASSERT_EQ(out.shape(), Shape({2, channels, 7, 6}));
      const auto indices = indices_of(out.shape());
      for (size_t i = 0; i < indices.size(); ++i) {
        Index index = indices[i];
        index[2] -= 1;
        index[3] += 2;
        const bool inside = index[2] >= 0 && index[2] < 4 && index[3] < 5;
        ASSERT_EQ(out.as<float>()[i],
                  inside ? in.as<float>()[flat_index(in.shape(), index)] : value);
      }
      bool used = false;
      expect_equal(run_op_channels_last({"Pad", 13}, inputs, &used)[0], out);
      EXPECT_EQ(used, channels == 4 || value == 0.0f);
    }
  }
}

TEST(Pad, OpsetsAndTypes) {
  const Tensor in = iota_tensor<int64_t>({2, 2}, 1);
  const auto axes = run_op(
      {"Pad", 18}, {in, int64_vector({1, 0}), Tensor::of<int64_t>({}, {9}), int64_vector({-1})});
  EXPECT_EQ(values_of<int64_t>(axes[0]), (Ints{9, 1, 2, 9, 3, 4}));
  const OpCase attributes = {"Pad", 2, {{"pads", Ints{0, 1, 0, 0}}, {"value", 0.5f}}};
  const Tensor real = Tensor::of<float>({2, 1}, {1, 2});
  EXPECT_EQ(values_of<float>(run_op(attributes, {real})[0]),
            (std::vector<float>{0.5f, 1, 0.5f, 2}));
  EXPECT_EQ(
      values_of<int64_t>(run_op({"Pad", 13}, {Tensor::of<int64_t>({}, {7}), int64_vector({})})[0]),
      Ints{7});
  const Tensor none = Tensor::allocate(DType::Int64, {2, 0});
  EXPECT_EQ(values_of<int64_t>(run_op({"Pad", 13}, {none, int64_vector({0, 1, 0, 0})})[0]),
            (Ints{0, 0}));
  EXPECT_EQ(run_op({"Pad", 13}, {none, int64_vector({1, 0, 0, 0})})[0].shape(), Shape({3, 0}));
}

TEST(Pad, WrongInputsAreErrors) {
  const Tensor in = random_tensor({2, 3}, 1);
  const auto code = [&](const std::string& mode, const Tensor& data, const Ints& pads) {
    return error_of([&] { run_op({"Pad", 13, {{"mode", mode}}}, {data, int64_vector(pads)}); });
  };
  const auto constant = [&](const Tensor& value) {
    return error_of([&] { run_op({"Pad", 13}, {in, int64_vector({0, 0, 0, 0}), value}); });
  };
  EXPECT_EQ(constant(int64_vector({1})), ErrorCode::MalformedModel);
  EXPECT_EQ(constant(Tensor::allocate(DType::Float, {0})), ErrorCode::MalformedModel);
  EXPECT_EQ(code("mirror", in, {0, 0, 0, 0}), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(code("constant", in, {0, 0}), ErrorCode::InvalidInput);
  EXPECT_EQ(code("constant", in, {-1, 0, -2, 0}), ErrorCode::InvalidInput);
  for (const std::string mode : {"constant", "reflect", "edge", "wrap"}) {
    EXPECT_EQ(code(mode, in, {INT64_MIN, 0, 0, 0}), ErrorCode::InvalidInput);
    EXPECT_EQ(code(mode, in, {0, INT64_MAX, 0, INT64_MAX}), ErrorCode::InvalidInput);
  }
  EXPECT_EQ(code("edge", in, {0, -3, 0, 4}), ErrorCode::InvalidInput);
  EXPECT_EQ(code("edge", random_tensor({0, 3}, 1), {1, 0, 0, 0}), ErrorCode::InvalidInput);
  EXPECT_EQ(code("constant", in, {INT64_MAX, 0, INT64_MAX, 0}), ErrorCode::InvalidInput);
}

TEST(Expand, BroadcastsBothWays) {
  const Tensor in = random_tensor({3, 1, 5}, 1);
  const Tensor out = run_op({"Expand", 13}, {in, int64_vector({2, 1, 4, 1})}, 2)[0];
  ASSERT_EQ(out.shape(), Shape({2, 3, 4, 5}));
  expect_moved<float>(out, in, [](const Index& i) { return Index{i[1], 0, i[3]}; });
  EXPECT_EQ(run_op({"Expand", 13}, {in, int64_vector({3, 0, 5})})[0].shape(), Shape({3, 0, 5}));
  EXPECT_EQ(error_of([&] {
              run_op({"Expand", 13}, {in, int64_vector({2, 1, 5})});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op({"Expand", 13}, {in, int64_vector({-1})});
            }),
            ErrorCode::InvalidInput);
}

TEST(Tile, RepeatsEveryAxis) {
  const Tensor in = iota_tensor<int16_t>({2, 3, 4});
  const Tensor out = run_op({"Tile", 13}, {in, int64_vector({3, 1, 2})}, 2)[0];
  ASSERT_EQ(out.shape(), Shape({6, 3, 8}));
  expect_moved<int16_t>(out, in, [](const Index& i) { return Index{i[0] % 2, i[1], i[2] % 4}; });
  EXPECT_EQ(run_op({"Tile", 13}, {in, int64_vector({0, 1, 1})})[0].shape(), Shape({0, 3, 4}));
  EXPECT_EQ(error_of([&] {
              run_op({"Tile", 13}, {in, int64_vector({2})});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op({"Tile", 13}, {in, int64_vector({2, -1, 1})});
            }),
            ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test
