#include <gtest/gtest.h>

#include <optional>

#include "support/expect_close.h"
#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

// Two axes of a pooling, by which its definition is spelled out.
struct Pool {
  Axis y, x;
  bool ceil = false;
  bool count_include_pad = false;

  int64_t out(const Axis& axis) const {
    const int64_t room =
        axis.in + axis.pad_begin + axis.pad_end - axis.reach() + (ceil ? axis.stride - 1 : 0);
    const int64_t count = room / axis.stride + 1;
    // A window that begins in the padding at the end is left out.
    return (count - 1) * axis.stride >= axis.in + axis.pad_begin ? count - 1 : count;
  }
  Shape shape(int64_t n, int64_t c) const { return {n, c, out(y), out(x)}; }
};

// The maximum and the average of every window.
struct Reference {
  std::vector<float> maxima;
  Expected averages;
};

Reference reference(const Pool& pool, const Tensor& data) {
  Reference result;
  for (const Index& at : indices_of(pool.shape(data.shape()[0], data.shape()[1]))) {
    float best = -INFINITY;
    double total = 0, magnitude = 0;
    int64_t inside = 0, padded = 0;
    for (int64_t ky = 0; ky < pool.y.kernel; ++ky) {
      for (int64_t kx = 0; kx < pool.x.kernel; ++kx) {
        const int64_t y = at[2] * pool.y.stride + ky * pool.y.dilation - pool.y.pad_begin;
        const int64_t x = at[3] * pool.x.stride + kx * pool.x.dilation - pool.x.pad_begin;
        if (y < pool.y.in + pool.y.pad_end && x < pool.x.in + pool.x.pad_end) ++padded;
        if (y < 0 || x < 0 || y >= pool.y.in || x >= pool.x.in) continue;
        const float value = data.as<float>()[flat_index(data.shape(), {at[0], at[1], y, x})];
        best = std::max(best, value);
        total += value;
        magnitude += std::fabs(value);
        ++inside;
      }
    }
    const auto count = static_cast<double>(pool.count_include_pad ? padded : inside);
    result.maxima.push_back(best);
    result.averages.values.push_back(total / count);
    result.averages.bounds.push_back(sum_bound(inside, magnitude / count));
  }
  return result;
}

std::vector<int64_t> pair_of(int64_t a, int64_t b) { return {a, b}; }

void check(const Pool& pool) {
  const Tensor data = random_tensor({2, 5, pool.y.in, pool.x.in}, 1);
  const Shape shape = pool.shape(2, 5);
  SCOPED_TRACE(shape.to_string());
  const Reference expected = reference(pool, data);
  for (const std::string op_type : {"MaxPool", "AveragePool"}) {
    const OpCase op{.op_type = op_type,
                    .opset = 19,
                    .attributes = {{"kernel_shape", pair_of(pool.y.kernel, pool.x.kernel)},
                                   {"strides", pair_of(pool.y.stride, pool.x.stride)},
                                   {"dilations", pair_of(pool.y.dilation, pool.x.dilation)},
                                   {"pads", std::vector<int64_t>{pool.y.pad_begin, pool.x.pad_begin,
                                                                 pool.y.pad_end, pool.x.pad_end}},
                                   {"ceil_mode", int64_t{pool.ceil}},
                                   {"count_include_pad", int64_t{pool.count_include_pad}}}};
    bool used = false;
    for (const Tensor& result : {run_op(op, {data})[0], run_op(op, {data}, 3)[0],
                                 run_op_channels_last(op, {data}, &used, 2)[0]}) {
      ASSERT_EQ(result.shape(), shape);
      if (op_type == "MaxPool") {
        EXPECT_EQ(values_of<float>(result), expected.maxima);
      } else {
        expect_close(result.as<float>(), expected.averages);
      }
    }
    EXPECT_TRUE(used);
  }
}

TEST(Pool, KernelsStridesDilationsPadsAndRounding) {
  for (int64_t stride = 1; stride <= 3; ++stride) {
    for (int64_t dilation = 1; dilation <= 2; ++dilation) {
      for (int options = 0; options < 4; ++options) {
        check({.y = {.in = 9,
                     .kernel = 3,
                     .stride = stride,
                     .dilation = dilation,
                     .pad_begin = 1,
                     .pad_end = 2},
               .x = {.in = 10, .kernel = 2, .stride = stride, .dilation = 1, .pad_end = 1},
               .ceil = (options & 1) != 0,
               .count_include_pad = (options & 2) != 0});
      }
    }
  }
}

TEST(Pool, WindowsLargerThanTheInputByLessThanAStride) {
  for (int64_t kernel = 2; kernel <= 4; ++kernel) {
    for (int64_t stride = 2; stride <= 4; ++stride) {
      for (const bool count_include_pad : {false, true}) {
        const Axis axis = {.in = kernel - 1, .kernel = kernel, .stride = stride};
        check({.y = axis, .x = axis, .ceil = true, .count_include_pad = count_include_pad});
        const Axis wide = {.in = 9, .kernel = 3, .stride = stride};
        check({.y = axis, .x = wide, .ceil = true, .count_include_pad = count_include_pad});
      }
    }
  }
}

TEST(Pool, WindowsMuchLargerThanTheInput) {
  for (const bool count_include_pad : {false, true}) {
    check({.y = {.in = 3, .kernel = 9, .stride = 2, .pad_begin = 8, .pad_end = 7},
           .x = {.in = 5, .kernel = 4, .stride = 3, .dilation = 3, .pad_begin = 6, .pad_end = 5},
           .count_include_pad = count_include_pad});
  }
}

// What is outside the image takes no time, and counts of it do not overflow.
TEST(Pool, AttributesOfABillion) {
  constexpr int64_t kBillion = 1'000'000'000;
  const Tensor data = Tensor::of<float>({1, 1, 1, 1, 4}, {1, 2, 3, 6});
  const auto run = [&](const std::string& op_type, int64_t count_include_pad) {
    const OpCase op{
        .op_type = op_type,
        .opset = 19,
        .attributes = {
            {"kernel_shape", std::vector<int64_t>{kBillion + 1, kBillion + 1, kBillion + 4}},
            {"strides", std::vector<int64_t>{kBillion, kBillion, kBillion}},
            {"pads", std::vector<int64_t>{kBillion / 2, kBillion / 2, kBillion / 2, kBillion / 2,
                                          kBillion / 2, kBillion / 2}},
            {"count_include_pad", count_include_pad}}};
    return values_of<float>(run_op(op, {data})[0]);
  };
  EXPECT_EQ(run("MaxPool", 0), std::vector<float>{6});
  EXPECT_EQ(run("AveragePool", 0), std::vector<float>{3});
  const double count = 1000000001.0 * 1000000001.0 * 1000000004.0;
  EXPECT_EQ(run("AveragePool", 1), std::vector<float>{12 / static_cast<float>(count)});
}

TEST(Pool, OneAndThreeAxes) {
  const Tensor line = Tensor::of<float>({1, 1, 5}, {1, 5, 2, 4, 3});
  const OpCase along{.op_type = "MaxPool",
                     .attributes = {{"kernel_shape", std::vector<int64_t>{2}}}};
  EXPECT_EQ(values_of<float>(run_op(along, {line})[0]), (std::vector<float>{5, 5, 4, 4}));
  const OpCase average{.op_type = "AveragePool",
                       .attributes = {{"kernel_shape", std::vector<int64_t>{2, 2, 2}}}};
  const Tensor cube = iota_tensor<float>({1, 1, 2, 2, 3});
  EXPECT_EQ(values_of<float>(run_op(average, {cube})[0]), (std::vector<float>{5, 6}));
}

TEST(Pool, AutoPadCountsOnlyWhatIsInside) {
  const OpCase op{.op_type = "AveragePool",
                  .attributes = {{"kernel_shape", std::vector<int64_t>{2, 2}},
                                 {"auto_pad", std::string("SAME_LOWER")}}};
  const Tensor data = Tensor::of<float>({1, 1, 2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(values_of<float>(run_op(op, {data})[0]), (std::vector<float>{1, 1.5f, 2, 2.5f}));
}

TEST(MaxPool, IndicesAndBytes) {
  const Tensor data = Tensor::of<uint8_t>({1, 2, 2, 3}, {9, 1, 200, 4, 5, 6, 0, 0, 0, 0, 0, 7});
  for (const int64_t order : {0, 1}) {
    const OpCase op{
        .op_type = "MaxPool",
        .attributes = {{"kernel_shape", std::vector<int64_t>{2, 2}}, {"storage_order", order}},
        .outputs = 2};
    const auto results = run_op(op, {data});
    EXPECT_EQ(values_of<uint8_t>(results[0]), (std::vector<uint8_t>{9, 200, 0, 7}));
    EXPECT_EQ(values_of<int64_t>(results[1]), order == 0 ? (std::vector<int64_t>{0, 2, 6, 11})
                                                         : (std::vector<int64_t>{0, 4, 6, 11}));
  }
}

// ONNX's column-major order has the first spatial axis innermost.
TEST(MaxPool, ColumnMajorIndicesOfThreeAxes) {
  const Shape shape = {2, 2, 3, 4, 5};
  const Tensor data = random_tensor(shape, 1);
  const OpCase op{.op_type = "MaxPool",
                  .attributes = {{"kernel_shape", std::vector<int64_t>{2, 3, 2}},
                                 {"storage_order", int64_t{1}}},
                  .outputs = 2};
  const auto results = run_op(op, {data});
  const auto maxima = values_of<float>(results[0]);
  const auto indices = values_of<int64_t>(results[1]);
  const auto outputs = indices_of(results[0].shape());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Index& at = outputs[i];
    for (const Index& tap : indices_of({2, 3, 2})) {
      const int64_t z = at[2] + tap[0], y = at[3] + tap[1], x = at[4] + tap[2];
      if (data.as<float>()[flat_index(shape, {at[0], at[1], z, y, x})] != maxima[i]) continue;
      EXPECT_EQ(indices[i], (at[0] * 2 + at[1]) * 60 + (x * 4 + y) * 3 + z);
    }
  }
}

TEST(MaxPool, WithIndicesStaysPlain) {
  const OpCase op{.op_type = "MaxPool",
                  .attributes = {{"kernel_shape", std::vector<int64_t>{2, 2}}},
                  .outputs = 2};
  bool used = true;
  run_op_channels_last(op, {random_tensor({1, 3, 4, 4}, 1)}, &used);
  EXPECT_FALSE(used);
}

TEST(GlobalPool, EveryTypeLayoutAndRank) {
  for (const Shape& shape : {Shape{2, 3, 7}, Shape{2, 5, 30, 40}, Shape{1, 2, 3, 4, 5}}) {
    const Tensor data = random_tensor(shape, 1);
    const int64_t planes = shape[0] * shape[1], size = shape.elements(2, shape.rank());
    Expected averages;
    std::vector<float> maxima;
    for (int64_t plane = 0; plane < planes; ++plane) {
      const auto values =
          data.as<float>().subspan(static_cast<size_t>(plane * size), static_cast<size_t>(size));
      double total = 0, magnitude = 0;
      for (const float x : values) {
        total += x;
        magnitude += std::fabs(x);
      }
      averages.values.push_back(total / static_cast<double>(size));
      averages.bounds.push_back(sum_bound(size, magnitude / static_cast<double>(size)));
      maxima.push_back(*std::ranges::max_element(values));
    }
    Shape expected = shape;
    for (int axis = 2; axis < shape.rank(); ++axis) expected[axis] = 1;
    bool used = false;
    for (const auto& results :
         {run_op({.op_type = "GlobalAveragePool"}, {data}, 2),
          run_op_channels_last({.op_type = "GlobalAveragePool"}, {data}, &used, 2)}) {
      EXPECT_EQ(results[0].shape(), expected);
      expect_close(results[0].as<float>(), averages);
    }
    for (const auto& results :
         {run_op({.op_type = "GlobalMaxPool"}, {data}, 2),
          run_op_channels_last({.op_type = "GlobalMaxPool"}, {data}, &used)}) {
      EXPECT_EQ(values_of<float>(results[0]), maxima);
    }
    EXPECT_EQ(used, shape.rank() == 4);
  }
  const Tensor doubles = Tensor::of<double>({1, 2, 2}, {1, 2, 5, 3});
  EXPECT_EQ(values_of<double>(run_op({.op_type = "GlobalAveragePool"}, {doubles})[0]),
            (std::vector<double>{1.5, 4}));
  EXPECT_EQ(values_of<double>(run_op({.op_type = "GlobalMaxPool"}, {doubles})[0]),
            (std::vector<double>{2, 5}));
}

// ONNX's formula for the size of the result.
TEST(Pool, WindowsThatFitNowhereMakeNothing) {
  const auto shape = [](const std::string& op_type, const Shape& in, std::vector<int64_t> kernel,
                        std::vector<int64_t> strides, int64_t ceil_mode = 0) {
    const OpCase op = {
        .op_type = op_type,
        .attributes = {{"kernel_shape", kernel}, {"strides", strides}, {"ceil_mode", ceil_mode}}};
    return run_op(op, {Tensor::allocate(DType::Float, in)})[0].shape();
  };
  for (const std::string op_type : {"MaxPool", "AveragePool"}) {
    EXPECT_EQ(shape(op_type, {2, 3, 1, 5}, {2, 2}, {1, 1}), (Shape{2, 3, 0, 4}));
    EXPECT_EQ(shape(op_type, {2, 3, 1, 5}, {3, 1}, {2, 1}), (Shape{2, 3, 0, 5}));
    EXPECT_EQ(shape(op_type, {1, 1, 0, 5}, {1, 1}, {1, 1}), (Shape{1, 1, 0, 5}));
    EXPECT_EQ(error_of([&] {
                shape(op_type, {1, 1, 1, 5}, {4, 1}, {2, 1});
              }),
              ErrorCode::InvalidInput);
  }
}

TEST(Pool, SaysWhatDoesNotFit) {
  const Tensor data = random_tensor({1, 1, 3, 3}, 1);
  const auto code = [&](std::vector<int64_t> kernel) {
    return error_of([&] {
      run_op({.op_type = "MaxPool", .attributes = {{"kernel_shape", kernel}}}, {data});
    });
  };
  EXPECT_EQ(code({5, 1}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({1}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({0, 1}), ErrorCode::MalformedModel);
  EXPECT_EQ(code({1, int64_t{1} << 31}), ErrorCode::MalformedModel);
  EXPECT_EQ(code({1, int64_t{1} << 62}), ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test
