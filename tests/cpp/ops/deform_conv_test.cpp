// DeformConv and its other names.

#include <gtest/gtest.h>

#include <cmath>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

Tensor as_double(const Tensor& tensor) {
  if (tensor.dtype() == DType::Undefined) return {};
  Tensor wide = Tensor::allocate(DType::Double, tensor.shape());
  std::ranges::copy(tensor.as<float>(), wide.mutable_as<double>().begin());
  return wide;
}

struct Deform {
  Shape in;
  Shape weights;
  int64_t groups = 1;
  int64_t offset_groups = 1;
  Ints strides, dilations, pads;
  bool masked = true;
  bool biased = true;

  int axes() const { return in.rank() - 2; }
  Shape out() const {
    Shape shape = {in[0], weights[0]};
    for (int i = 0; i < axes(); ++i) {
      const auto at = static_cast<size_t>(i);
      const int64_t reach = (weights[i + 2] - 1) * dilations[at] + 1;
      const int64_t padded = in[i + 2] + pads[at] + pads[at + static_cast<size_t>(axes())];
      shape.push_back((padded - reach) / strides[at] + 1);
    }
    return shape;
  }
  AttributeList attributes() const {
    return {{"group", groups},
            {"offset_group", offset_groups},
            {"strides", strides},
            {"dilations", dilations},
            {"pads", pads}};
  }
};

// Linear between elements, zeros outside.
double sample(const Tensor& in, const Index& image, const std::vector<double>& position) {
  double sum = 0;
  const auto axes = position.size();
  for (unsigned corner = 0; corner < 1u << axes; ++corner) {
    double weight = 1;
    Index at = image;
    bool inside = true;
    for (size_t axis = 0; axis < axes; ++axis) {
      const double floor = std::floor(position[axis]), t = position[axis] - floor;
      const bool upper = (corner >> axis & 1) != 0;
      at.push_back(static_cast<int64_t>(floor) + (upper ? 1 : 0));
      weight *= upper ? t : 1 - t;
      inside = inside && at.back() >= 0 && at.back() < in.shape()[static_cast<int>(axis) + 2];
    }
    if (inside) sum += weight * double{in.as<float>()[flat_index(in.shape(), at)]};
  }
  return sum;
}

// X, W, offset, B, mask
std::vector<Tensor> inputs_of(const Deform& conv) {
  Shape offsets = conv.out(), mask = conv.out();
  mask[1] = conv.offset_groups * conv.weights.elements(2, conv.weights.rank());
  offsets[1] = mask[1] * conv.axes();
  return {random_tensor(conv.in, 1), random_tensor(conv.weights, 2),
          random_tensor(offsets, 3, -2, 2),
          conv.biased ? random_tensor({conv.weights[0]}, 4) : Tensor(),
          conv.masked ? random_tensor(mask, 5, 0, 1) : Tensor()};
}

std::vector<double> reference(const Deform& conv, const std::vector<Tensor>& inputs) {
  const Tensor &in = inputs[0], &weights = inputs[1], &offsets = inputs[2];
  Shape kernel;
  for (int i = 0; i < conv.axes(); ++i) kernel.push_back(conv.weights[i + 2]);
  const int64_t kernel_size = kernel.elements();
  const int64_t group_outputs = conv.weights[0] / conv.groups;
  const int64_t offset_channels = conv.in[1] / conv.offset_groups;
  std::vector<double> result;
  for (const Index& at : indices_of(conv.out())) {
    double sum = conv.biased ? double{inputs[3].as<float>()[static_cast<size_t>(at[1])]} : 0;
    for (int64_t c = 0; c < conv.weights[1]; ++c) {
      const int64_t channel = at[1] / group_outputs * conv.weights[1] + c;
      const int64_t group = channel / offset_channels;
      int64_t element = 0;
      for (const Index& k : indices_of(kernel)) {
        const auto read = [&](const Tensor& tensor, int64_t second) {
          Index index = at;
          index[1] = second;
          return double{tensor.as<float>()[flat_index(tensor.shape(), index)]};
        };
        std::vector<double> position;
        for (size_t i = 0; i < k.size(); ++i) {
          const int64_t start =
              at[i + 2] * conv.strides[i] - conv.pads[i] + k[i] * conv.dilations[i];
          const int64_t offset =
              (group * kernel_size + element) * std::ssize(k) + static_cast<int64_t>(i);
          position.push_back(static_cast<double>(start) + read(offsets, offset));
        }
        Index weight = {at[1], c};
        weight.insert(weight.end(), k.begin(), k.end());
        const double mask = conv.masked ? read(inputs[4], group * kernel_size + element) : 1;
        sum += sample(in, {at[0], channel}, position) * mask *
               double{weights.as<float>()[flat_index(weights.shape(), weight)]};
        ++element;
      }
    }
    result.push_back(sum);
  }
  return result;
}

void check(const Deform& conv) {
  SCOPED_TRACE(text(conv.in, " ", conv.weights));
  const std::vector<Tensor> inputs = inputs_of(conv);
  std::vector<Tensor> wide;
  for (const Tensor& input : inputs) wide.push_back(as_double(input));
  const std::vector<double> expected = reference(conv, inputs);
  const OpCase op = {"DeformConv", 19, conv.attributes()};
  const Tensor result = run_op(op, inputs, 2)[0], doubles = run_op(op, wide)[0];
  ASSERT_EQ(result.shape(), conv.out());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(result.as<float>()[i], expected[i], 1e-4) << "element " << i;
    ASSERT_NEAR(doubles.as<double>()[i], expected[i], 1e-11) << "element " << i;
  }
}

const Deform kImage = {.in = {2, 4, 6, 7},
                       .weights = {6, 4, 3, 2},
                       .strides = {1, 2},
                       .dilations = {2, 1},
                       .pads = {1, 0, 2, 1}};

TEST(DeformConv, Images) {
  check(kImage);
  for (const bool masked : {false, true}) {
    for (const bool biased : {false, true}) {
      Deform conv = kImage;
      conv.masked = masked;
      conv.biased = biased;
      check(conv);
    }
  }
  Deform grouped = kImage;
  grouped.groups = 2;
  grouped.offset_groups = 4;
  grouped.weights = {6, 2, 3, 2};
  check(grouped);
  check({.in = {1, 1, 1, 1},
         .weights = {1, 1, 1, 1},
         .strides = {1, 1},
         .dilations = {1, 1},
         .pads = {0, 0, 0, 0}});
}

TEST(DeformConv, OtherRanks) {
  check({.in = {2, 3, 9}, .weights = {2, 3, 4}, .strides = {2}, .dilations = {1}, .pads = {1, 1}});
  check({.in = {1, 2, 4, 3, 5},
         .weights = {3, 2, 2, 1, 3},
         .offset_groups = 2,
         .strides = {1, 1, 2},
         .dilations = {1, 1, 1},
         .pads = {0, 0, 1, 0, 0, 1}});
}

// Columns of more than 32 MiB are made a part of the rows at a time.
TEST(DeformConv, RowsOfLargeImagesOneAfterTheOther) {
  const Deform conv = {.in = {1, 16, 260, 260},
                       .weights = {1, 16, 3, 3},
                       .strides = {1, 1},
                       .dilations = {1, 1},
                       .pads = {1, 1, 1, 1},
                       .masked = false,
                       .biased = false};
  std::vector<Tensor> inputs = inputs_of(conv);
  std::ranges::fill(inputs[2].mutable_as<float>(), 0.0f);
  const Tensor result = run_op({"DeformConv", 19, conv.attributes()}, inputs, 2)[0];
  const Tensor plain = run_op({"Conv", 11, {{"pads", conv.pads}}}, {inputs[0], inputs[1]})[0];
  ASSERT_EQ(result.shape(), plain.shape());
  for (size_t i = 0; i < plain.as<float>().size(); ++i) {
    ASSERT_NEAR(result.as<float>()[i], plain.as<float>()[i], 1e-4) << i;
  }
}

TEST(DeformConv, OtherNames) {
  Deform conv = kImage;
  conv.groups = 2;
  conv.offset_groups = 2;
  conv.weights = {6, 2, 3, 2};
  conv.pads = {1, 2, 1, 2};
  const std::vector<Tensor> in = inputs_of(conv);
  const Tensor expected = run_op({"DeformConv", 19, conv.attributes()}, in)[0];
  const AttributeList attributes = {{"stride", conv.strides},
                                    {"padding", Ints{1, 2}},
                                    {"dilation", conv.dilations},
                                    {"groups", int64_t{2}},
                                    {"deform_groups", int64_t{2}}};
  for (const std::string domain : {"mmdeploy", "mmcv"}) {
    expect_equal(run_op({"MMCVModulatedDeformConv2d", 1, attributes, 1, domain},
                        {in[0], in[2], in[4], in[1], in[3]})[0],
                 expected);
  }
  const Tensor unmasked = run_op({"DeformConv", 19, conv.attributes()}, {in[0], in[1], in[2]})[0];
  AttributeList pairs = attributes;
  pairs[1] = {"padding", Ints{1, 1, 2, 2}};
  expect_equal(run_op({"MMCVDeformConv2d", 1, attributes, 1, "mmcv"}, {in[0], in[2], in[1]})[0],
               unmasked);
  expect_equal(run_op({"MMCVDeformConv2d", 1, pairs, 1, "mmdeploy"}, {in[0], in[2], in[1]})[0],
               unmasked);
  std::vector<Tensor> all = {in[0], in[1], in[2], in[4], in[3]};
  for (const int64_t number : {1, 2, 1, 2, 2, 1, 2, 2}) all.push_back(int64_vector({number}));
  all.push_back(Tensor::of<bool>({}, {true}));
  expect_equal(run_op({"deform_conv2d", 1, {}, 1, "torchvision"}, all)[0], expected);
}

TEST(DeformConv, Errors) {
  const std::vector<Tensor> in = inputs_of(kImage);
  const auto code = [&](size_t changed, const Tensor& to, AttributeList more = {}) {
    std::vector<Tensor> inputs = in;
    inputs[changed] = to;
    AttributeList attributes = kImage.attributes();
    attributes.insert(attributes.end(), more.begin(), more.end());
    return error_of([&] { run_op({"DeformConv", 19, attributes}, inputs); });
  };
  EXPECT_EQ(code(1, random_tensor({6, 3, 3, 2}, 1)), ErrorCode::InvalidInput);
  EXPECT_EQ(code(1, random_tensor({6, 4, 3}, 1)), ErrorCode::InvalidInput);
  EXPECT_EQ(code(2, random_tensor({2, 12, 4, 3}, 1)), ErrorCode::InvalidInput);
  EXPECT_EQ(code(3, random_tensor({5}, 1)), ErrorCode::InvalidInput);
  EXPECT_EQ(code(4, random_tensor({2, 12, 4, 3}, 1)), ErrorCode::InvalidInput);
  EXPECT_EQ(code(0, in[0], {{"offset_group", int64_t{3}}}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(0, in[0], {{"offset_group", int64_t{0}}}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(0, in[0], {{"group", int64_t{0}}}), ErrorCode::MalformedModel);
  EXPECT_EQ(code(0, in[0], {{"kernel_shape", Ints{3, 3}}}), ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test
