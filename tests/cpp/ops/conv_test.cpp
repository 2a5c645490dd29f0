#include <gtest/gtest.h>

#include <numeric>

#include "support/expect_everywhere.h"
#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

std::vector<float> floats(const Tensor& tensor) {
  return {tensor.as<float>().begin(), tensor.as<float>().end()};
}

Shape with_channels(int64_t n, int64_t c, const std::vector<int64_t>& dims) {
  Shape shape{n, c};
  for (const int64_t dim : dims) shape.push_back(dim);
  return shape;
}

std::vector<int64_t> kernel_of(const ReferenceConv& conv) {
  std::vector<int64_t> out;
  for (const Axis& axis : conv.axes) out.push_back(axis.kernel);
  return out;
}

std::vector<int64_t> collect(const ReferenceConv& conv, int64_t Axis::*member) {
  std::vector<int64_t> out;
  for (const Axis& axis : conv.axes) out.push_back(axis.*member);
  return out;
}

std::vector<int64_t> pads_of(const ReferenceConv& conv) {
  auto pads = collect(conv, &Axis::pad_begin);
  for (const Axis& axis : conv.axes) pads.push_back(axis.pad_end);
  return pads;
}

struct Operands {
  Tensor data, weights, bias;
};

// Weights of Conv, or with `transposed` of ConvTranspose.
Operands operands_of(const ReferenceConv& conv, bool transposed) {
  const int64_t rows = transposed ? conv.in_channels : conv.out_channels;
  const int64_t columns = (transposed ? conv.out_channels : conv.in_channels) / conv.groups;
  return {random_tensor(with_channels(conv.batch, conv.in_channels, input_dims(conv.axes)), 1),
          random_tensor(with_channels(rows, columns, kernel_of(conv)), 2),
          random_tensor({conv.out_channels}, 3)};
}

void check_conv(const ReferenceConv& conv) {
  const auto [data, weights, bias] = operands_of(conv, false);
  const Shape shape = with_channels(conv.batch, conv.out_channels, output_dims(conv.axes));
  SCOPED_TRACE(shape.to_string());
  expect_everywhere({.op_type = "Conv",
                     .attributes = {{"strides", collect(conv, &Axis::stride)},
                                    {"dilations", collect(conv, &Axis::dilation)},
                                    {"kernel_shape", kernel_of(conv)},
                                    {"pads", pads_of(conv)},
                                    {"group", conv.groups}}},
                    {data, weights, bias}, shape,
                    reference_conv(conv, floats(data), floats(weights), floats(bias)),
                    shape.rank() == 4);
}

void check_transposed(const ReferenceConv& conv, const std::vector<int64_t>& output_padding) {
  const auto [data, weights, bias] = operands_of(conv, true);
  auto dims = transposed_dims(conv.axes);
  for (size_t i = 0; i < dims.size(); ++i) dims[i] += output_padding[i];
  const Shape shape = with_channels(conv.batch, conv.out_channels, dims);
  SCOPED_TRACE(shape.to_string());
  expect_everywhere(
      {.op_type = "ConvTranspose",
       .attributes = {{"strides", collect(conv, &Axis::stride)},
                      {"dilations", collect(conv, &Axis::dilation)},
                      {"output_padding", output_padding},
                      {"pads", pads_of(conv)},
                      {"group", conv.groups}}},
      {data, weights, bias}, shape,
      reference_conv_transpose(conv, dims, floats(data), floats(weights), floats(bias)),
      shape.rank() == 4);
}

const Axis kRows{.in = 9, .kernel = 3, .stride = 2, .dilation = 1, .pad_begin = 1, .pad_end = 2};
const Axis kColumns{.in = 14, .kernel = 4, .stride = 3, .dilation = 2, .pad_begin = 2};
const Axis kDepth{.in = 6, .kernel = 2, .dilation = 3, .pad_begin = 1, .pad_end = 1};

TEST(Conv, OneToThreeAxes) {
  check_conv({.batch = 2, .in_channels = 3, .out_channels = 5, .axes = {kColumns}});
  check_conv({.batch = 2, .in_channels = 3, .out_channels = 5, .axes = {kRows, kColumns}});
  check_conv({.batch = 2, .in_channels = 3, .out_channels = 5, .axes = {kDepth, kRows, kColumns}});
}

// A kernel that reaches over both ends of the first axis, 3x3 over the others as Winograd's
// algorithm has it, and channels of their own.
TEST(Conv, SlicesOfVolumes) {
  const Axis axis{.in = 12, .kernel = 3, .pad_begin = 1, .pad_end = 1};
  const Axis depth{.in = 3, .kernel = 5, .stride = 2, .pad_begin = 4, .pad_end = 2};
  check_conv({.batch = 2, .in_channels = 8, .out_channels = 9, .axes = {axis, axis, axis}});
  check_conv({.batch = 2, .in_channels = 8, .out_channels = 6, .axes = {depth, axis, axis}});
  check_conv({.in_channels = 6, .out_channels = 6, .groups = 6, .axes = {axis, kRows, kColumns}});
  check_conv({.in_channels = 6, .out_channels = 4, .groups = 2, .axes = {kDepth, axis, kColumns}});
}

TEST(Conv, Groups) {
  for (const int64_t groups : {2, 3, 6}) {
    check_conv({.in_channels = 6, .out_channels = 6, .groups = groups, .axes = {kRows, kColumns}});
    check_conv({.in_channels = 6, .out_channels = 12, .groups = groups, .axes = {kRows}});
  }
}

TEST(Conv, LargeEnoughForSeveralThreads) {
  const Axis axis{.in = 61, .kernel = 3, .pad_begin = 1, .pad_end = 1};
  check_conv({.in_channels = 16, .out_channels = 20, .axes = {axis, axis}});
}

TEST(Conv, AutoPad) {
  for (const int64_t size : {7, 8, 9}) {
    for (const int64_t stride : {1, 2, 3}) {
      for (const std::string mode : {"SAME_UPPER", "SAME_LOWER", "VALID"}) {
        Axis axis{.in = size, .kernel = 4, .stride = stride, .dilation = 2};
        if (mode != "VALID") {
          const int64_t out = (size + stride - 1) / stride;
          const int64_t total = std::max<int64_t>((out - 1) * stride + axis.reach() - size, 0);
          axis.pad_begin = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
          axis.pad_end = total - axis.pad_begin;
        }
        const ReferenceConv conv{.in_channels = 2, .out_channels = 3, .axes = {axis, axis}};
        const auto [data, weights, bias] = operands_of(conv, false);
        expect_everywhere({.op_type = "Conv",
                           .attributes = {{"auto_pad", mode},
                                          {"strides", std::vector<int64_t>{stride, stride}},
                                          {"dilations", std::vector<int64_t>{2, 2}}}},
                          {data, weights}, with_channels(1, 3, output_dims(conv.axes)),
                          reference_conv(conv, floats(data), floats(weights), {}), true);
      }
    }
  }
}

TEST(Conv, Doubles) {
  const ReferenceConv conv{.in_channels = 3, .out_channels = 4, .axes = {kRows, kRows}};
  const auto [data, weights, bias] = operands_of(conv, false);
  const auto widened = [](const Tensor& tensor) {
    Tensor out = Tensor::allocate(DType::Double, tensor.shape());
    std::ranges::copy(tensor.as<float>(), out.mutable_as<double>().begin());
    return out;
  };
  const Tensor result = run_op({.op_type = "Conv",
                                .attributes = {{"strides", std::vector<int64_t>{2, 2}},
                                               {"pads", std::vector<int64_t>{1, 1, 2, 2}}}},
                               {widened(data), widened(weights), widened(bias)})[0];
  const Expected expected = reference_conv(conv, floats(data), floats(weights), floats(bias));
  for (size_t i = 0; i < expected.values.size(); ++i) {
    // Exact products and the definition's precision, in another order.
    ASSERT_NEAR(result.as<double>()[i], expected.values[i], expected.bounds[i] * 0x1p-28);
  }
}

TEST(ConvTranspose, OneToThreeAxes) {
  check_transposed({.batch = 2, .in_channels = 3, .out_channels = 5, .axes = {kColumns}}, {2});
  check_transposed({.batch = 2, .in_channels = 3, .out_channels = 5, .axes = {kRows, kColumns}},
                   {1, 2});
  check_transposed({.in_channels = 3, .out_channels = 4, .axes = {kDepth, kRows, kColumns}},
                   {0, 1, 0});
}

TEST(ConvTranspose, Groups) {
  for (const int64_t groups : {2, 3, 6}) {
    check_transposed(
        {.in_channels = 6, .out_channels = 12, .groups = groups, .axes = {kRows, kColumns}},
        {0, 0});
  }
}

// The pads that give the wanted size are split as the specification says.
TEST(ConvTranspose, OutputShapeAndAutoPad) {
  for (const int64_t extra : {-3, -2, -1, 0, 2}) {
    for (const std::string mode : {"NOTSET", "SAME_UPPER", "SAME_LOWER"}) {
      Axis axis{.in = 5, .kernel = 4, .stride = 3};
      const int64_t wanted = axis.transposed_out() + extra;
      const int64_t total = std::max<int64_t>(-extra, 0);
      axis.pad_begin = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
      axis.pad_end = total - axis.pad_begin;
      const ReferenceConv conv{.in_channels = 2, .out_channels = 3, .axes = {axis, axis}};
      const auto [data, weights, bias] = operands_of(conv, true);
      expect_everywhere({.op_type = "ConvTranspose",
                         .attributes = {{"auto_pad", mode},
                                        {"strides", std::vector<int64_t>{3, 3}},
                                        {"output_shape", std::vector<int64_t>{wanted, wanted}}}},
                        {data, weights, bias}, {1, 3, wanted, wanted},
                        reference_conv_transpose(conv, {wanted, wanted}, floats(data),
                                                 floats(weights), floats(bias)),
                        true);
    }
  }
}

TEST(ConvTranspose, SameMeansTimesTheStride) {
  const OpCase op{.op_type = "ConvTranspose",
                  .attributes = {{"auto_pad", std::string("SAME_UPPER")},
                                 {"strides", std::vector<int64_t>{3, 2}}}};
  const Tensor result =
      run_op(op, {random_tensor({1, 2, 5, 4}, 1), random_tensor({2, 3, 4, 4}, 2)})[0];
  EXPECT_EQ(result.shape(), (Shape{1, 3, 15, 8}));
}

TEST(Conv, SaysWhatDoesNotFit) {
  const Tensor data = random_tensor({1, 4, 5, 5}, 1), weights = random_tensor({6, 4, 3, 3}, 2);
  const auto code = [](const OpCase& op, const std::vector<Tensor>& inputs) {
    return error_of([&] { run_op(op, inputs); });
  };
  const OpCase conv{.op_type = "Conv"};
  EXPECT_EQ(code(conv, {data, random_tensor({6, 3, 3, 3}, 2)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(conv, {data, random_tensor({6, 4, 6, 3}, 2)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(conv, {data, random_tensor({6, 4, 3}, 2)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(conv, {data, weights, random_tensor({5}, 3)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({.op_type = "Conv", .attributes = {{"group", int64_t{5}}}}, {data, weights}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code({.op_type = "Conv", .attributes = {{"group", int64_t{0}}}}, {data, weights}),
            ErrorCode::MalformedModel);
  EXPECT_EQ(code({.op_type = "Conv", .attributes = {{"strides", std::vector<int64_t>{1, 0}}}},
                 {data, weights}),
            ErrorCode::MalformedModel);
  EXPECT_EQ(code({.op_type = "Conv", .attributes = {{"pads", std::vector<int64_t>{1, 1}}}},
                 {data, weights}),
            ErrorCode::MalformedModel);
  EXPECT_EQ(code({.op_type = "Conv", .attributes = {{"auto_pad", std::string("MAYBE")}}},
                 {data, weights}),
            ErrorCode::MalformedModel);
}

// The attribute and the weights say the same; which of the two a model means is not to be guessed.
TEST(Conv, KernelShapeIsThatOfTheWeights) {
  const Tensor data = random_tensor({1, 4, 5, 5}, 1), weights = random_tensor({4, 4, 3, 3}, 2);
  for (const std::string op_type : {"Conv", "ConvTranspose"}) {
    const auto with_kernel = [&](std::vector<int64_t> kernel) {
      return OpCase{op_type, 17, {{"kernel_shape", std::move(kernel)}}};
    };
    expect_equal(run_op(with_kernel({3, 3}), {data, weights})[0],
                 run_op({op_type}, {data, weights})[0]);
    for (const std::vector<int64_t>& other : {std::vector<int64_t>{1, 1}, {3}, {5, 3}, {0, 3}}) {
      try {
        run_op(with_kernel(other), {data, weights});
        ADD_FAILURE() << op_type << " took a kernel_shape of " << Shape(other).to_string();
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::MalformedModel);
        EXPECT_EQ(error.field("attribute"), "kernel_shape");
      }
    }
  }
}

// Each attribute out of range is named, before the shapes are looked at.
TEST(Conv, NamesTheAttributeThatIsOutOfRange) {
  const Tensor data = random_tensor({1, 4, 5, 5}, 1), weights = random_tensor({4, 4, 3, 3}, 2);
  for (const std::string op_type : {"Conv", "ConvTranspose", "MaxPool", "AveragePool"}) {
    const bool pool = op_type.ends_with("Pool"), transposed = op_type == "ConvTranspose";
    std::vector<std::pair<std::string, AttributeValue>> cases = {
        {"strides", std::vector<int64_t>{0, 1}},     {"dilations", std::vector<int64_t>{1, -1}},
        {"pads", std::vector<int64_t>{0, 0, -1, 0}}, {"strides", std::vector<int64_t>{1}},
        {"auto_pad", std::string("MAYBE")},          {"strides", int64_t{1}}};
    if (!pool) cases.emplace_back("group", int64_t{-1});
    if (transposed) cases.emplace_back("output_padding", std::vector<int64_t>{-1, 0});
    for (const auto& [name, value] : cases) {
      OpCase op = {op_type, 19, {{name, value}}};
      std::vector<Tensor> inputs = {data, weights};
      if (pool) {
        op.attributes.emplace_back("kernel_shape", std::vector<int64_t>{2, 2});
        inputs.pop_back();
      }
      try {
        run_op(op, inputs);
        ADD_FAILURE() << op_type << " took its " << name;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::MalformedModel) << op_type << " " << name;
        EXPECT_EQ(error.field("attribute"), name) << op_type;
      }
    }
  }
}

}  // namespace
}  // namespace fovea::test
