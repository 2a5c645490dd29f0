#include <gtest/gtest.h>

#include <cmath>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

// Operators that take channels-last images, on images of few channels: what they give must not
// depend on the layout. The values themselves are checked where each operator is.
class Layouts : public testing::TestWithParam<int64_t> {
 protected:
  int64_t channels() const { return GetParam(); }
  Tensor image(int64_t height = 5, int64_t width = 7, uint32_t seed = 1) const {
    return random_tensor({2, channels(), height, width}, seed, -2.0f, 2.0f);
  }
  Tensor per_channel(uint32_t seed) const { return random_tensor({channels()}, seed, 0.5f, 2.0f); }
};

void expect_same(const OpCase& op, const std::vector<Tensor>& inputs) {
  const std::string what = text(op.op_type, " of ", inputs[0].shape());
  bool used = false;
  const auto last = run_op_channels_last(op, inputs, &used);
  const auto plain = run_op(op, inputs);
  EXPECT_TRUE(used) << what;
  for (size_t output = 0; output < plain.size(); ++output) {
    ASSERT_EQ(last[output].shape(), plain[output].shape()) << what;
    const auto a = last[output].as<float>(), b = plain[output].as<float>();
    for (size_t i = 0; i < a.size(); ++i) {
      if (std::isnan(a[i]) && std::isnan(b[i])) continue;
      ASSERT_NEAR(a[i], b[i], 1e-5f * (1 + std::abs(b[i]))) << what << ", element " << i;
    }
  }
}

TEST_P(Layouts, Unary) {
  for (const std::string op : {"Abs",         "Neg",
                               "Sign",        "Floor",
                               "Ceil",        "Round",
                               "Sqrt",        "Reciprocal",
                               "Exp",         "Log",
                               "Erf",         "Sin",
                               "Cos",         "Tan",
                               "Asin",        "Acos",
                               "Atan",        "Sinh",
                               "Cosh",        "Asinh",
                               "Acosh",       "Atanh",
                               "Relu",        "LeakyRelu",
                               "Tanh",        "Sigmoid",
                               "Elu",         "Selu",
                               "Celu",        "Softplus",
                               "Mish",        "Softsign",
                               "Gelu",        "Shrink",
                               "Swish",       "HardSwish",
                               "HardSigmoid", "ThresholdedRelu"}) {
    expect_same({op, 24}, {image()});
  }
  expect_same({"HardSigmoid", 17, {{"beta", -0.5f}}}, {image()});
  expect_same({"Shrink", 17, {{"lambd", -1.0f}, {"bias", 0.5f}}}, {image()});
  expect_same({"ThresholdedRelu", 17, {{"alpha", -1.0f}}}, {image()});
  expect_same({"Clip"}, {image(), Tensor::of<float>({}, {0.25f}), Tensor::of<float>({}, {1.0f})});
}

TEST_P(Layouts, SoftmaxOverChannels) {
  for (const std::string op : {"Softmax", "LogSoftmax", "Hardmax"}) {
    expect_same({op, 13, {{"axis", int64_t{1}}}}, {image()});
    expect_same({op, 13, {{"axis", int64_t{-3}}}}, {image()});
  }
}

TEST_P(Layouts, ConcatAndSplit) {
  for (const int64_t axis : {0, 1, 2, 3}) {
    const OpCase concat = {"Concat", 17, {{"axis", axis}}};
    expect_same(concat, {image(5, 7, 1), image(5, 7, 2), image(5, 7, 3)});
    const OpCase split = {"Split", 18, {{"axis", axis}, {"num_outputs", int64_t{2}}}, 2};
    expect_same(split, {image()});
  }
}

TEST_P(Layouts, SliceAndPad) {
  for (const int64_t step : {-3, -1, 1, 2}) {
    const int64_t first = step < 0 ? 100 : 0, end = step < 0 ? -100 : 100;
    for (const int64_t axis : {0, 1, 2, 3}) {
      expect_same({"Slice"}, {image(), int64_vector({first}), int64_vector({end}),
                              int64_vector({axis}), int64_vector({step})});
    }
  }
  for (const std::string mode : {"constant", "reflect", "edge", "wrap"}) {
    const OpCase pad = {"Pad", 19, {{"mode", mode}}};
    for (const auto& pads : {std::vector<int64_t>{0, 0, 1, 2, 0, 0, 2, 1},
                             {0, 0, -1, 0, 0, 0, 2, -2},
                             {0, 0, 0, 3, 0, 0, 0, 0},
                             {1, 0, 0, 0, 1, 0, 0, 0},
                             {0, 0, 0, 0, 0, 0, 0, 0}}) {
      expect_same(pad, {image(), int64_vector(pads)});
    }
  }
}

TEST_P(Layouts, PadOfChannels) {
  for (const auto& [before, after] : {std::pair<int64_t, int64_t>{0, 4}, {0, 1}, {2, 3}, {5, 0}}) {
    const Tensor pads = int64_vector({0, before, 0, 0, 0, after, 0, 0});
    expect_same({"Pad", 19}, {image(), pads});
    expect_same({"Pad", 19}, {image(), pads, Tensor::of<float>({}, {2.5f})});
    expect_same(
        {"Pad",
         2,
         {{"pads", std::vector<int64_t>{0, before, 0, 0, 0, after, 0, 0}}, {"value", -1.5f}}},
        {image()});
  }
}

TEST_P(Layouts, Reductions) {
  for (const std::string op : {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd",
                               "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"}) {
    for (const int64_t keep : {0, 1}) {
      for (const auto& axes : {std::vector<int64_t>{1}, {2, 3}, {1, 2, 3}}) {
        expect_same({op, 18, {{"keepdims", keep}}}, {image(), int64_vector(axes)});
      }
    }
    for (const int64_t axis : {2, 3}) expect_same({op, 18}, {image(), int64_vector({axis})});
  }
}

TEST_P(Layouts, Normalization) {
  expect_same({"BatchNormalization"},
              {image(), per_channel(2), per_channel(3), per_channel(4), per_channel(5)});
}

TEST_P(Layouts, Pools) {
  const AttributeList window = {{"kernel_shape", std::vector<int64_t>{3, 2}},
                                {"strides", std::vector<int64_t>{2, 1}},
                                {"pads", std::vector<int64_t>{1, 0, 1, 1}}};
  for (const std::string op : {"MaxPool", "AveragePool"}) {
    expect_same({op, 17, window}, {image()});
  }
  for (const std::string op : {"GlobalMaxPool", "GlobalAveragePool"}) expect_same({op}, {image()});
}

TEST_P(Layouts, Resize) {
  for (const std::string mode : {"nearest", "linear", "cubic"}) {
    const OpCase resize = {"Resize", 18, {{"mode", mode}}};
    for (const auto& [height, width] :
         {std::pair<int64_t, int64_t>{10, 14}, {3, 14}, {5, 3}, {5, 1}, {1, 7}}) {
      expect_same(resize,
                  {image(), Tensor(), Tensor(), int64_vector({2, channels(), height, width})});
    }
  }
}

TEST_P(Layouts, Shuffles) {
  expect_same({"SpaceToDepth", 17, {{"blocksize", int64_t{2}}}}, {image(4, 6)});
  for (const std::string mode : {"DCR", "CRD"}) {
    const OpCase shuffle = {"DepthToSpace", 17, {{"blocksize", int64_t{2}}, {"mode", mode}}};
    expect_same(shuffle, {random_tensor({2, 4 * channels(), 3, 5}, 1)});
  }
}

INSTANTIATE_TEST_SUITE_P(FewChannels, Layouts, testing::Values(1, 2, 3, 4, 5));

}  // namespace
}  // namespace fovea::test
