// com.microsoft: FusedConv, NhwcConv, NhwcFusedConv, NhwcMaxPool, ConvTransposeWithDynamicPads; by
// what ONNX's own operators make.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "support/near.h"
#include "support/op_cases.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;

// Axes in another order: axis i of the result is axis order[i].
template <class T>
Tensor moved(const Tensor& tensor, const std::vector<int>& order) {
  Shape shape;
  for (const int axis : order) shape.push_back(tensor.shape()[axis]);
  Tensor out = Tensor::allocate(dtype_of<T>, shape);
  for (const Index& at : indices_of(shape)) {
    Index from(at.size());
    for (size_t i = 0; i < order.size(); ++i) from[static_cast<size_t>(order[i])] = at[i];
    out.mutable_as<T>()[flat_index(shape, at)] = tensor.as<T>()[flat_index(tensor.shape(), from)];
  }
  return out;
}

const std::vector<int> kToLast = {0, 2, 3, 1}, kToSecond = {0, 3, 1, 2};

const AttributeList kWindow = {
    {"group", int64_t{2}}, {"pads", Ints{1, 0, 1, 2}}, {"strides", Ints{2, 1}}};

struct Activation {
  const char* name;
  Floats parameters;
  std::function<double(double)> map;
};

const Activation kActivations[] = {
    {"", {}, [](double x) { return x; }},
    {"Relu", {}, [](double x) { return std::max(x, 0.0); }},
    {"LeakyRelu", {0.25f}, [](double x) { return x < 0 ? 0.25 * x : x; }},
    {"Tanh", {}, [](double x) { return std::tanh(x); }},
    {"Sigmoid", {}, [](double x) { return 1 / (1 + std::exp(-x)); }},
    {"Clip", {-0.5f, 0.25f}, [](double x) { return std::clamp(x, -0.5, 0.25); }},
    {"HardSigmoid", {0.5f, 0.25f}, [](double x) { return std::clamp(0.5 * x + 0.25, 0.0, 1.0); }},
    {"HardSwish", {}, [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
};

TEST(MicrosoftFusedConv, AddsAndActivates) {
  const Tensor x = random_tensor({2, 4, 5, 4}, 1), w = random_tensor({6, 2, 3, 3}, 2),
               b = random_tensor({6}, 3);
  const Tensor conv = run_op({.op_type = "Conv", .attributes = kWindow}, {x, w, b})[0];
  const Tensor z = random_tensor(conv.shape(), 4);
  for (const Activation& activation : kActivations) {
    SCOPED_TRACE(activation.name);
    AttributeList attributes = kWindow;
    attributes.emplace_back("activation", std::string(activation.name));
    if (!activation.parameters.empty())
      attributes.emplace_back("activation_params", activation.parameters);
    for (const bool adds : {false, true}) {
      std::vector<double> expected;
      for (size_t i = 0; i < static_cast<size_t>(conv.elements()); ++i) {
        expected.push_back(
            activation.map(double{conv.as<float>()[i]} + (adds ? double{z.as<float>()[i]} : 0)));
      }
      const Tensor plain =
          run_op(microsoft("FusedConv", attributes), {x, w, b, adds ? z : Tensor()})[0];
      expect_near(plain, conv.shape(), expected);
      const Tensor last =
          run_op(microsoft("NhwcFusedConv", attributes),
                 {moved<float>(x, kToLast), w, b, adds ? moved<float>(z, kToLast) : Tensor()})[0];
      expect_near(moved<float>(last, kToSecond), conv.shape(), expected);
    }
  }
  const auto refused = [&](const char* name, const Floats& parameters) {
    return error_of([&] {
      run_op(microsoft("FusedConv", {{"activation", std::string(name)},
                                     {"activation_params", parameters},
                                     {"group", int64_t{2}}}),
             {x, w});
    });
  };
  EXPECT_EQ(refused("Softmax", {}), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(refused("Clip", {1}), ErrorCode::MalformedModel);
  EXPECT_EQ(refused("LeakyRelu", {}), ErrorCode::MalformedModel);
  EXPECT_EQ(refused("HardSigmoid", {1, 2, 3}), ErrorCode::MalformedModel);
}

TEST(NhwcConv, HasChannelsLast) {
  const Tensor x = random_tensor({1, 4, 5, 3}, 1), w = random_tensor({2, 2, 3, 2}, 2);
  const Tensor expected = run_op({.op_type = "Conv", .attributes = kWindow}, {x, w})[0];
  const Tensor out = run_op(microsoft("NhwcConv", kWindow), {moved<float>(x, kToLast), w})[0];
  EXPECT_EQ(out.shape(), moved<float>(expected, kToLast).shape());
  expect_near(moved<float>(out, kToSecond), expected.shape(),
              {expected.as<float>().begin(), expected.as<float>().end()});
  EXPECT_EQ(error_of([&] { run_op(microsoft("NhwcConv"), {x, w}); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op(microsoft("NhwcConv"), {random_tensor({4}, 1), w});
            }),
            ErrorCode::InvalidInput);
}

TEST(NhwcMaxPool, HasChannelsLast) {
  const Tensor x = iota_tensor<uint8_t>({1, 3, 4, 5});
  const AttributeList window = {
      {"kernel_shape", Ints{2, 3}}, {"strides", Ints{1, 2}}, {"pads", Ints{1, 0, 0, 1}}};
  const Tensor expected = run_op({.op_type = "MaxPool", .attributes = window}, {x})[0];
  expect_equal(run_op(microsoft("NhwcMaxPool", window), {moved<uint8_t>(x, kToLast)})[0],
               moved<uint8_t>(expected, kToLast));
}

template <class T>
void expect_max_of_every_rank() {
  for (const int axes : {1, 2, 3}) {
    for (const int64_t channels : {1, 3, 16, 21}) {
      Shape shape = {2, channels};
      std::vector<int> to_last = {0};
      for (int axis = 0; axis < axes; ++axis) {
        shape.push_back(7 - axis);
        to_last.push_back(axis + 2);
      }
      to_last.push_back(1);
      const auto each = [&](int64_t value) { return Ints(static_cast<size_t>(axes), value); };
      Ints pads = each(1);
      pads.insert(pads.end(), static_cast<size_t>(axes), 0);
      const AttributeList window = {{"kernel_shape", each(3)},
                                    {"strides", each(2)},
                                    {"dilations", each(2)},
                                    {"pads", pads},
                                    {"ceil_mode", int64_t{1}}};
      const Tensor x = random_bytes<T>(shape, 1);
      const Tensor expected = run_op({.op_type = "MaxPool", .attributes = window}, {x})[0];
      expect_equal(run_op(microsoft("NhwcMaxPool", window), {moved<T>(x, to_last)})[0],
                   moved<T>(expected, to_last));
    }
  }
}

TEST(NhwcMaxPool, OfEveryRank) {
  expect_max_of_every_rank<uint8_t>();
  expect_max_of_every_rank<int8_t>();
}

TEST(ConvTransposeWithDynamicPads, ReadsPads) {
  const Tensor x = random_tensor({1, 2, 4, 3}, 1), w = random_tensor({2, 3, 3, 3}, 2),
               b = random_tensor({3}, 3);
  const AttributeList strides = {{"strides", Ints{2, 2}}};
  AttributeList padded = strides;
  padded.emplace_back("pads", Ints{1, 0, 2, 1});
  expect_equal(run_op(microsoft("ConvTransposeWithDynamicPads", strides),
                      {x, w, int64_vector({1, 0, 2, 1}), b})[0],
               run_op({.op_type = "ConvTranspose", .attributes = padded}, {x, w, b})[0]);
  expect_equal(run_op(microsoft("ConvTransposeWithDynamicPads", strides), {x, w})[0],
               run_op({.op_type = "ConvTranspose", .attributes = strides}, {x, w})[0]);
}

}  // namespace
}  // namespace fovea::test
