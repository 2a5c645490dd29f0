#include <gtest/gtest.h>

#include "fusion_checks.h"

// What networks of images compute over the channels of each pixel, against the same as written.

namespace fovea {
namespace {

using test::check;
using test::ModelBuilder;
using test::Names;
using test::random;

using Ints = std::vector<int64_t>;

std::vector<Feed> image(Shape shape) { return {{"x", random(std::move(shape), 1)}}; }

// How PyTorch's exporter and others write the same.
struct Written {
  bool difference_twice = true;
  bool scale_of_four_axes = false;
  int64_t axis = 1;
};

// (x - mean) / sqrt(variance + epsilon) * scale + bias over the channels of "x".
ModelBuilder normalised(ModelBuilder::Size channels, int64_t scales, const Written& written) {
  const Shape row = written.scale_of_four_axes ? Shape{1, scales, 1, 1} : Shape{scales, 1, 1};
  ModelBuilder model(13);
  model.input("x", DType::Float, {"n", std::move(channels), "h", "w"})
      .constant("two", Tensor::of<float>({}, {2}))
      .constant("epsilon", Tensor::of<float>({}, {1e-5f}))
      .constant("scale", random(row, 2))
      .constant("bias", random(row, 3))
      .node("ReduceMean", {"x"}, {"mean"}, {{"axes", Ints{1}}})
      .node("Sub", {"x", "mean"}, {"d"});
  if (written.difference_twice) model.node("Sub", {"x", "mean"}, {"again"});
  return model.node("Pow", {written.difference_twice ? "again" : "d", "two"}, {"dd"})
      .node("ReduceMean", {"dd"}, {"variance"}, {{"axes", Ints{written.axis}}})
      .node("Add", {"variance", "epsilon"}, {"e"})
      .node("Sqrt", {"e"}, {"deviation"})
      .node("Div", {"d", "deviation"}, {"normal"})
      .node("Mul", {"scale", "normal"}, {"scaled"})
      .node("Add", {"scaled", "bias"}, {"y"})
      .output("y");
}

TEST(ChannelsFusion, LayerNormalization) {
  for (const int64_t channels : {1, 3, 8, 37}) {
    for (const bool twice : {false, true}) {
      check(normalised(channels, channels, {twice, channels == 8}), {"FusedLayerNormalization"},
            {image({1, channels, 5, 7}), image({2, channels, 1, 1}), image({1, channels, 0, 3})});
    }
  }
}

// Scale and bias may turn out to spread images of one channel.
TEST(ChannelsFusion, LayerNormalizationThatSpreadsItsChannels) {
  check(normalised("c", 5, {}), {"FusedLayerNormalization"},
        {image({1, 5, 3, 4}), image({1, 1, 3, 4})});
}

TEST(ChannelsFusion, OtherAxesStay) {
  check(normalised(4, 4, {.axis = 2}),
        {"ReduceMean", "Sub", "Sub", "Pow", "ReduceMean", "Add", "Sqrt", "Div", "Mul", "Add"},
        {image({1, 4, 3, 5})});
}

// Between convolutions nothing changes its layout.
TEST(ChannelsFusion, SoftmaxBetweenConvolutions) {
  for (const std::string op : {"Softmax", "LogSoftmax"}) {
    const ModelBuilder model = ModelBuilder()
                                   .input("x", DType::Float, {1, 3, "h", "w"})
                                   .constant("w0", random({7, 3, 3, 3}, 2))
                                   .constant("w1", random({2, 7, 1, 1}, 3))
                                   .node("Conv", {"x", "w0"}, {"a"})
                                   .node(op, {"a"}, {"b"}, {{"axis", int64_t{1}}})
                                   .node("Conv", {"b", "w1"}, {"y"})
                                   .output("y");
    check(model, {"Conv", op, "Conv"}, {image({1, 3, 9, 8}), image({1, 3, 3, 3})});
  }
}

// A mean of templates that a softmax weighs (Navarrete Michelini et al. 2022, "edge-SR").
TEST(ChannelsFusion, MeanOfTemplates) {
  for (const int64_t templates : {3, 8}) {
    const ModelBuilder model =
        ModelBuilder()
            .input("x", DType::Float, {1, 1, 9, 8})
            .constant("w", random({2 * templates, 1, 3, 3}, 2))
            .constant("shape", Tensor::of<int64_t>({5}, {1, 2, templates, 7, 6}))
            .constant("first", Tensor::of<int64_t>({}, {0}))
            .constant("second", Tensor::of<int64_t>({}, {1}))
            .constant("axes", Tensor::of<int64_t>({1}, {1}))
            .node("Conv", {"x", "w"}, {"both"})
            .node("Reshape", {"both", "shape"}, {"parts"})
            .node("Gather", {"parts", "first"}, {"values"}, {{"axis", int64_t{1}}})
            .node("Gather", {"parts", "second"}, {"keys"}, {{"axis", int64_t{1}}})
            .node("Softmax", {"keys"}, {"weights"}, {{"axis", int64_t{1}}})
            .node("Mul", {"values", "weights"}, {"weighted"})
            .node("ReduceSum", {"weighted", "axes"}, {"y"})
            .output("y");
    check(model, {"Conv", "Slice", "Slice", "Softmax", "Mul", "ReduceSum"}, {image({1, 1, 9, 8})});
  }
}

}  // namespace
}  // namespace fovea
