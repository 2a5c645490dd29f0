// Quantised networks: what the passes make integers of, against the same models as they are
// written.

#include <gtest/gtest.h>

#include "fusion_checks.h"

namespace fovea {
namespace {

using test::ModelBuilder;
using test::Names;
using test::random;

// Which of a model's ranges are how.
struct Ranges {
  DType bytes = DType::Uint8;
  int point = 0;
  DType weights = DType::Int8;
  bool by_channel = true;
  bool has_weight_points = false;
};

template <class T>
Tensor bytes(Shape shape, uint32_t seed) {
  const Tensor floats = random(shape, seed);
  Tensor tensor = Tensor::allocate(dtype_of<T>, std::move(shape));
  for (size_t i = 0; i < static_cast<size_t>(tensor.elements()); ++i) {
    const auto number = static_cast<int>(floats.as<float>()[i] * 200);
    tensor.mutable_as<T>()[i] = static_cast<T>(number);
  }
  return tensor;
}

Tensor byte(DType dtype, int value) {
  return dtype == DType::Int8 ? Tensor::of<int8_t>({}, {static_cast<int8_t>(value)})
                              : Tensor::of<uint8_t>({}, {static_cast<uint8_t>(value)});
}

// A model whose lines are the network's.
class Network {
 public:
  explicit Network(const Ranges& ranges, int64_t channels) : ranges_(ranges) {
    model.input("x", DType::Float, {"n", channels, "h", "w"});
    model.constant("point", byte(ranges.bytes, ranges.point));
  }

  // Quantised by a scale, and back.
  Network& quantised(const std::string& from, const std::string& to, float scale) {
    model.constant(to + " scale", Tensor::of<float>({}, {scale}))
        .node("QuantizeLinear", {from, to + " scale", "point"}, {to + " bytes"})
        .node("DequantizeLinear", {to + " bytes", to + " scale", "point"}, {to});
    return *this;
  }
  // Of an image of that scale; the bias is quantised unless the scale is 0.
  Network& convolution(const std::string& from, const std::string& to, Shape weights, float scale,
                       std::vector<ModelBuilder::Attribute> attributes);

  ModelBuilder model;

 private:
  Ranges ranges_;
};

Network& Network::convolution(const std::string& from, const std::string& to, Shape weights,
                              float scale, std::vector<ModelBuilder::Attribute> attributes) {
  const int64_t outputs = weights[0];
  const auto name = [&](const char* what) { return to + ' ' + what; };
  const Tensor all =
      ranges_.weights == DType::Int8 ? bytes<int8_t>(weights, 5) : bytes<uint8_t>(weights, 5);
  const Shape scales = ranges_.by_channel ? Shape{outputs} : Shape{};
  Tensor of_weights = random(scales, 6), of_bias = Tensor::allocate(DType::Float, {outputs});
  for (float& x : of_weights.mutable_as<float>()) x = 0.01f + x * x * 0.01f;
  for (int64_t o = 0; o < outputs; ++o) {
    of_bias.mutable_as<float>()[static_cast<size_t>(o)] =
        scale * of_weights.as<float>()[ranges_.by_channel ? static_cast<size_t>(o) : 0];
  }
  model.constant(name("w"), all).constant(name("scales"), of_weights);
  Names inputs = {name("w"), name("scales")};
  if (ranges_.has_weight_points) {
    const Tensor points =
        ranges_.weights == DType::Int8 ? bytes<int8_t>(scales, 7) : bytes<uint8_t>(scales, 7);
    model.constant(name("points"), points);
    inputs.push_back(name("points"));
  }
  model.node("DequantizeLinear", inputs, {name("weights")}, {{"axis", int64_t{0}}});
  if (scale > 0) {
    Tensor bias = Tensor::allocate(DType::Int32, {outputs});
    for (int32_t i = 0; i < outputs; ++i) {
      bias.mutable_as<int32_t>()[static_cast<size_t>(i)] = 37 * i - 100;
    }
    model.constant(name("b"), bias)
        .constant(name("of b"), of_bias)
        .node("DequantizeLinear", {name("b"), name("of b")}, {name("bias")},
              {{"axis", int64_t{0}}});
  } else {
    model.constant(name("bias"), random({outputs}, 8));
  }
  model.node("Conv", {from, name("weights"), name("bias")}, {to}, std::move(attributes));
  return *this;
}

std::vector<ModelBuilder::Attribute> padded(int64_t pad) {
  return {{"pads", std::vector<int64_t>{pad, pad, pad, pad}}};
}

// The model's results fused are those written out but for `steps` of `scale`, and mostly the same.
void check(const ModelBuilder& model, const Names& operators, const Shape& image, double scale) {
  const auto plain = test::load(model.bytes(), {.disabled_passes = {"*"}});
  for (const int threads : {1, 3}) {
    const auto fused = test::load(model.bytes(), {}, threads);
    const std::vector<Feed> feeds = {{"x", random(image, 1)}};
    EXPECT_EQ(test::ran(*fused, feeds), operators);
    const Tensor expected = plain->run(feeds)[0], actual = fused->run(feeds)[0];
    ASSERT_EQ(actual.shape(), expected.shape());
    int64_t unlike = 0;
    for (size_t i = 0; i < static_cast<size_t>(actual.elements()); ++i) {
      const double error = std::abs(actual.as<float>()[i] - expected.as<float>()[i]);
      ASSERT_LE(error, 1.01 * scale) << i;
      unlike += error > 0.01 * scale ? 1 : 0;
    }
    EXPECT_LE(unlike, 1 + actual.elements() / 1000);
  }
}

const Ranges kRanges[] = {
    {},
    {.point = 113, .has_weight_points = true},
    {.bytes = DType::Int8, .point = -37, .by_channel = false},
    {.point = 255, .weights = DType::Uint8, .by_channel = false, .has_weight_points = true},
    {.bytes = DType::Int8, .point = 0, .weights = DType::Uint8, .has_weight_points = true},
};

TEST(Quantised, ConvolutionsBetweenBytes) {
  for (const Ranges& ranges : kRanges) {
    for (const Shape& weights : {Shape{5, 3, 3, 3}, {16, 9, 3, 3}, {8, 4, 1, 1}, {1, 12, 5, 5}}) {
      for (const float bias : {0.0f, 0.004f}) {
        Network network(ranges, weights[1]);
        network.quantised("x", "a", 0.004f)
            .convolution("a", "b", weights, bias, padded(weights[2] / 2))
            .quantised("b", "y", 0.01f)
            .model.output("y");
        const Names names = {"QuantizeLinear", "FusedQLinearConv", "DequantizeLinear"};
        check(network.model, names, {2, weights[1], 11, 7}, 0.01);
        check(network.model, names, {1, weights[1], 6, 14}, 0.01);
      }
    }
  }
}

TEST(Quantised, QLinearConv) {
  for (const bool biased : {false, true}) {
    ModelBuilder model;
    model.input("x", DType::Float, {1, 6, "h", "w"})
        .constant("scale", Tensor::of<float>({}, {0.004f}))
        .constant("point", Tensor::of<uint8_t>({}, {113}))
        .constant("w", bytes<int8_t>({5, 6, 3, 3}, 1))
        .constant("scales", Tensor::of<float>({5}, {0.01f, 0.02f, 0.015f, 0.017f, 0.012f}))
        .constant("points", Tensor::of<int8_t>({5}, {0, 0, 0, 0, 0}))
        .constant("to", Tensor::of<float>({}, {0.03f}))
        .constant("bias", Tensor::of<int32_t>({5}, {100, -200, 3000, 7, 0}))
        .node("QuantizeLinear", {"x", "scale", "point"}, {"bytes"});
    Names inputs = {"bytes", "scale", "point", "w", "scales", "points", "to", "point"};
    if (biased) inputs.push_back("bias");
    model.node("QLinearConv", inputs, {"y bytes"}, padded(1))
        .node("DequantizeLinear", {"y bytes", "to", "point"}, {"y"})
        .output("y");
    check(model, {"QuantizeLinear", "FusedQLinearConv", "DequantizeLinear"}, {1, 6, 9, 10}, 0.03);
  }
}

// Both operands are stored channels last, with lanes that hold anything; one broadcasts.
TEST(Quantised, QLinearAdd) {
  for (const bool broadcasts : {false, true}) {
    Network network({.point = 90}, 6);
    network.model.import_opset("com.microsoft", 1)
        .constant("c scale", Tensor::of<float>({}, {0.02f}))
        .constant("one", bytes<uint8_t>({1, 6, 1, 1}, 4))
        .constant("sum scale", Tensor::of<float>({}, {0.03f}));
    network.quantised("x", "a", 0.004f)
        .convolution("a", "b", {6, 6, 3, 3}, 0.004f, padded(1))
        .model.node("QuantizeLinear", {"b", "c scale", "point"}, {"c"});
    network.convolution("a", "d", {6, 6, 1, 1}, 0.004f, {})
        .model.node("QuantizeLinear", {"d", "c scale", "point"}, {"e"})
        .node("QLinearAdd",
              {"c", "c scale", "point", broadcasts ? "one" : "e", "c scale", "point", "sum scale",
               "point"},
              {"f"}, {}, "com.microsoft")
        .node("DequantizeLinear", {"f", "sum scale", "point"}, {"y"})
        .output("y");
    // A sum of two images is a convolution's last step.
    Names names = {"QuantizeLinear", "FusedQLinearConv", "FusedQLinearConv", "DequantizeLinear"};
    if (broadcasts) names[2] = "QLinearAdd";
    check(network.model, names, {1, 6, 9, 10}, 0.03);
  }
}

// As onnxruntime's tool writes it, and with activations before anything is rounded.
TEST(Quantised, Activations) {
  for (const bool rounded : {false, true}) {
    for (const std::string op_type : {"Relu", "LeakyRelu", "PRelu", "Clip"}) {
      Network network({.point = 101}, 8);
      network.quantised("x", "a", 0.004f).convolution("a", "b", {12, 8, 3, 3}, 0.004f, padded(1));
      if (rounded) network.quantised("b", "c", 0.011f);
      const std::string from = rounded ? "c" : "b";
      network.model.constant("slopes", random({12, 1, 1}, 9))
          .constant("low", Tensor::of<float>({}, {-0.4f}))
          .constant("high", Tensor::of<float>({}, {0.3f}));
      Names inputs = {from};
      if (op_type == "PRelu") inputs = {from, "slopes"};
      if (op_type == "Clip") inputs = {from, "low", "high"};
      network.model.node(op_type, inputs, {"d"});
      network.quantised("d", "y", 0.009f).model.output("y");
      check(network.model, {"QuantizeLinear", "FusedQLinearConv", "DequantizeLinear"},
            {1, 8, 9, 10}, 0.012);
    }
  }
}

TEST(Quantised, SumsAndFloatResults) {
  for (const bool quantises : {false, true}) {
    Network network({.point = 120}, 8);
    network.quantised("x", "a", 0.004f)
        .convolution("a", "b", {8, 8, 3, 3}, 0.004f, padded(1))
        .model.node("Add", {"x", "b"}, {"c"})
        .node("Relu", {"c"}, {"d"});
    if (quantises) network.quantised("d", "e", 0.01f).model.output("e");
    if (!quantises) network.model.output("d");
    Names names = {"QuantizeLinear", "FusedQLinearConv"};
    if (quantises) names.push_back("DequantizeLinear");
    check(network.model, names, {1, 8, 9, 10}, quantises ? 0.01 : 1e-3);
  }
}

// Channels that are no multiple of four, and are read as they are stored by some and not by others.
TEST(Quantised, BytesThatOthersRead) {
  Network network({.point = 99}, 6);
  network.quantised("x", "a", 0.004f)
      .convolution("a", "b", {6, 6, 3, 3}, 0.004f, padded(1))
      .quantised("b", "c", 0.01f)
      .convolution("c", "d", {6, 6, 3, 3}, 0.01f, padded(1))
      .quantised("d", "e", 0.02f)
      .model.node("Add", {"c", "e"}, {"f"})
      .node("MaxPool", {"f"}, {"y"}, {{"kernel_shape", std::vector<int64_t>{2, 2}}})
      .output("y");
  check(network.model, {"QuantizeLinear", "FusedQLinearConv", "FusedQLinearConv", "MaxPool"},
        {1, 6, 9, 10}, 0.03);
}

// A band of rows at a time, channels last where they are a multiple of four.
TEST(Quantised, InBands) {
  for (const int channels : {5, 8}) {
    Network network({.point = 77}, 3);
    network.model.constant("w", random({channels, 3, 3, 3}, 2))
        .constant("v", random({3, channels, 3, 3}, 3))
        .node("Conv", {"x", "w"}, {"a"}, padded(1));
    network.quantised("a", "b", 0.01f).model.node("Conv", {"b", "v"}, {"y"}, padded(1)).output("y");
    const auto plain = test::load(network.model.bytes(), {.disabled_passes = {"*"}});
    constexpr BandLimits always = {
        .fast_whole = 0, .cache_bytes = 0, .largest_whole = 0, .fewest_rows = 1};
    for (int64_t height = 5; height < 30; ++height) {
      const std::vector<Feed> feeds = {{"x", random({1, 3, height, 21}, 1)}};
      const auto cut = test::load(network.model.bytes(), {.bands = always});
      const Tensor actual = cut->run(feeds)[0], expected = plain->run(feeds)[0];
      ASSERT_EQ(actual.shape(), expected.shape());
      // One number that is rounded to the other side moves nine times three others.
      int64_t unlike = 0;
      for (size_t i = 0; i < static_cast<size_t>(actual.elements()); ++i) {
        const float error = std::abs(actual.as<float>()[i] - expected.as<float>()[i]);
        ASSERT_LE(error, 0.02f);
        unlike += error > 1e-4f ? 1 : 0;
      }
      EXPECT_LE(unlike, 27 * 3);
    }
  }
}

// Outside of an image are its zero points, in bands as well: results are the same to the bit.
TEST(Quantised, ConvolutionsInBands) {
  for (const Ranges& ranges : kRanges) {
    Network network(ranges, 8);
    network.quantised("x", "a", 0.006f)
        .convolution("a", "b", {8, 8, 3, 3}, 0.006f, padded(1))
        .quantised("b", "c", 0.02f)
        .convolution("c", "d", {8, 8, 5, 5}, 0.02f, padded(2))
        .model.node("Add", {"d", "x"}, {"e"})
        .node("Relu", {"e"}, {"f"});
    network.quantised("f", "g", 0.03f)
        .convolution("g", "y", {3, 8, 3, 3}, 0.03f, padded(1))
        .model.output("y");
    constexpr BandLimits always = {
        .fast_whole = 0, .cache_bytes = 0, .largest_whole = 0, .fewest_rows = 1};
    const auto whole = test::load(network.model.bytes(), {.bands = BandLimits::none()});
    for (const int threads : {1, 3}) {
      const auto cut = test::load(network.model.bytes(), {.bands = always}, threads);
      for (int64_t height = 6; height < 30; ++height) {
        const std::vector<Feed> feeds = {{"x", random({1, 8, height, 21}, 1)}};
        const Tensor actual = cut->run(feeds)[0], expected = whole->run(feeds)[0];
        ASSERT_EQ(to_floats(actual), to_floats(expected)) << height;
      }
    }
  }
}

TEST(Quantised, Groups) {
  struct Grouped {
    int64_t groups;
    Shape weights;
    int64_t dilation;
  };
  const Grouped cases[] = {{6, {6, 1, 3, 3}, 1}, {8, {8, 1, 5, 5}, 1}, {8, {8, 1, 3, 3}, 2},
                           {4, {8, 1, 3, 3}, 1}, {4, {8, 2, 3, 3}, 1}, {4, {12, 3, 3, 3}, 1},
                           {2, {6, 5, 3, 3}, 1}, {3, {12, 4, 1, 1}, 1}};
  for (const Ranges& ranges : kRanges) {
    for (const Grouped& one : cases) {
      const int64_t channels = one.groups * one.weights[1];
      auto attributes = padded(one.weights[2] / 2);
      attributes.emplace_back("group", one.groups);
      attributes.emplace_back("dilations", std::vector<int64_t>{one.dilation, one.dilation});
      Network network(ranges, channels);
      network.quantised("x", "a", 0.004f)
          .convolution("a", "b", one.weights, 0.004f, attributes)
          .model.node("Relu", {"b"}, {"c"});
      network.quantised("c", "y", 0.01f).model.output("y");
      check(network.model, {"QuantizeLinear", "FusedQLinearConv", "DequantizeLinear"},
            {2, channels, 11, 9}, 0.01);
    }
  }
}

// What is added to a convolution's result is bytes, too: others' or its own image.
TEST(Quantised, SumsOfBytes) {
  for (const Ranges& ranges : kRanges) {
    for (const bool quantises : {false, true}) {
      for (const std::string other : {"x", "a"}) {
        for (const int64_t channels : {8, 6}) {
          Network network(ranges, channels);
          network.quantised("x", "q", 0.0035f);
          const std::string from = other == "x" ? "q" : "a";
          network.quantised("x", "a", 0.004f)
              .convolution("a", "b", {channels, channels, 3, 3}, 0.004f, padded(1))
              .model.node("Add", {from, "b"}, {"c"})
              .node("LeakyRelu", {"c"}, {"d"}, {{"alpha", 0.2f}});
          if (quantises) network.quantised("d", "y", 0.01f).model.output("y");
          if (!quantises) network.model.node("Identity", {"d"}, {"y"}).output("y");
          const auto plain = test::load(network.model.bytes(), {.disabled_passes = {"*"}});
          const auto fused = test::load(network.model.bytes());
          const std::vector<Feed> feeds = {{"x", random({1, channels, 9, 10}, 1)}};
          const Names names = test::ran(*fused, feeds);
          EXPECT_TRUE(std::ranges::find(names, "FusedQLinearConv") != names.end());
          if (quantises) EXPECT_TRUE(std::ranges::find(names, "Add") == names.end());
          const Tensor expected = plain->run(feeds)[0], actual = fused->run(feeds)[0];
          const double step = quantises ? 0.01 : 0;
          int64_t unlike = 0;
          for (size_t i = 0; i < static_cast<size_t>(actual.elements()); ++i) {
            const double error = std::abs(actual.as<float>()[i] - expected.as<float>()[i]);
            ASSERT_LE(error, 1.01 * step + 1e-4) << i;
            unlike += error > 1e-4 ? 1 : 0;
          }
          // Sums of multiples of scales lie on ties now and then, more often where products and
          // sums are rounded at once.
          EXPECT_LE(unlike, 1 + actual.elements() / 200);
        }
      }
    }
  }
}

// Two values of bytes, what differs by channel, and parts of a value.
TEST(Quantised, ElementsOfSeveralBytes) {
  for (const std::string op_type : {"Add", "Mul"}) {
    Network network({.point = 90}, 6);
    network.quantised("x", "a", 0.004f)
        .quantised("x", "b", 0.003f)
        .model.node(op_type, {"a", "b"}, {"c"});
    network.quantised("c", "y", 0.006f).model.output("y");
    check(network.model,
          {"QuantizeLinear", "QuantizeLinear", "QLinear" + op_type, "DequantizeLinear"},
          {2, 6, 9, 10}, 0.006);
  }
  for (const int64_t channels : {8, 6}) {
    Network network({.point = 101}, channels);
    network.model.constant("slopes", random({channels, 1, 1}, 9));
    network.quantised("x", "a", 0.004f)
        .convolution("a", "b", {channels, channels, 3, 3}, 0.004f, padded(1))
        .quantised("b", "c", 0.011f)
        .quantised("c", "d", 0.013f)
        .model.node("PRelu", {"d", "slopes"}, {"e"});
    network.quantised("e", "y", 0.009f).model.output("y");
    check(network.model, {"QuantizeLinear", "FusedQLinearConv", "ByteTable", "DequantizeLinear"},
          {2, channels, 9, 10}, 0.012);
  }
  Network network({.point = 90}, 6);
  network.model.constant("sizes", Tensor::of<int64_t>({2}, {2, 4}));
  network.quantised("x", "a", 0.004f)
      .model.node("Split", {"a", "sizes"}, {"b", "c"}, {{"axis", int64_t{1}}});
  network.quantised("b", "d", 0.004f)
      .quantised("c", "e", 0.004f)
      .model.node("Concat", {"e", "d"}, {"y"}, {{"axis", int64_t{1}}})
      .output("y");
  const auto fused = test::load(network.model.bytes());
  const Names names = test::ran(*fused, {{"x", random({1, 6, 3, 10}, 1)}});
  EXPECT_EQ(std::ranges::count(names, "QuantizeLinear"), 1);
  check(network.model, names, {1, 6, 3, 10}, 0.004);
}

// What no kernel of integers takes is computed in floats.
TEST(Quantised, FallsBack) {
  // One channel to floats.
  Network first({.point = 3}, 1);
  first.quantised("x", "a", 0.004f)
      .convolution("a", "b", {8, 1, 3, 3}, 0.004f, padded(1))
      .model.node("Relu", {"b"}, {"y"})
      .output("y");
  check(first.model, {"QuantizeLinear", "DequantizeLinear", "FusedConv"}, {1, 1, 6, 6}, 1e-3);

  Network broadcasts({}, 4);
  broadcasts.model.input("s", DType::Float, {1, 4, 1, 1});
  broadcasts.quantised("x", "a", 0.004f)
      .convolution("a", "b", {4, 4, 3, 3}, 0.004f, padded(1))
      .model.node("Add", {"b", "s"}, {"y"})
      .output("y");
  const std::vector<Feed> feeds = {{"x", random({1, 4, 6, 6}, 1)}, {"s", random({1, 4, 1, 1}, 2)}};
  const auto expected =
      test::load(broadcasts.model.bytes(), {.disabled_passes = {"*"}})->run(feeds);
  test::expect_close(test::load(broadcasts.model.bytes())->run(feeds), expected, 1e-4);
}

// Elements that are computed one by one become those of a table; those that move stay bytes.
TEST(Quantised, TablesAndMoves) {
  const auto between = [](const std::string& op_type, Names others,
                          std::vector<ModelBuilder::Attribute> attributes, const Names& operators,
                          float scale = 0.004f) {
    SCOPED_TRACE(op_type);
    for (const Ranges& ranges : {Ranges{.point = 100}, {.bytes = DType::Int8, .point = -3}}) {
      Network network(ranges, 8);
      network.model.constant("two", Tensor::of<float>({}, {2}))
          .constant("pads", Tensor::of<int64_t>({8}, {0, 0, 1, 0, 0, 1, 2, 0}))
          .constant("sizes", Tensor::of<float>({4}, {1, 1, 2, 2}));
      network.quantised("x", "a", 0.004f);
      others.insert(others.begin(), "a");
      network.model.node(op_type, others, {"b"}, attributes);
      others.erase(others.begin());
      network.quantised("b", "y", scale).model.output("y");
      check(network.model, operators, {1, 8, 6, 5}, scale);
    }
  };
  const Names table = {"QuantizeLinear", "ByteTable", "DequantizeLinear"};
  between("Sigmoid", {}, {}, table);
  between("LeakyRelu", {}, {{"alpha", 0.3f}}, table);
  between("Clip", {"", "two"}, {}, table);
  between("Relu", {}, {}, table, 0.007f);
  const auto moved = [](const char* op_type) {
    return Names{"QuantizeLinear", op_type, "DequantizeLinear"};
  };
  between("DepthToSpace", {}, {{"blocksize", int64_t{2}}}, moved("DepthToSpace"));
  between("Transpose", {}, {{"perm", std::vector<int64_t>{0, 2, 3, 1}}},
          {"Transpose", "QuantizeLinear", "DequantizeLinear"});
  between("MaxPool", {}, {{"kernel_shape", std::vector<int64_t>{2, 2}}}, moved("MaxPool"));
  between("Pad", {"pads"}, {}, moved("Pad"));
  between("Resize", {"", "sizes"}, {{"mode", std::string("nearest")}}, moved("Resize"));
  between("Concat", {"a"}, {{"axis", int64_t{1}}}, moved("Concat"));
  // Of other scales, they are rounded again.
  between("MaxPool", {}, {{"kernel_shape", std::vector<int64_t>{2, 2}}},
          {"QuantizeLinear", "DequantizeLinear", "MaxPool", "QuantizeLinear", "DequantizeLinear"},
          0.005f);
}

// Zero points of types that are no integers.
TEST(Quantised, OtherTypesStay) {
  const ModelBuilder model = ModelBuilder(21)
                                 .input("x", DType::Float, {4})
                                 .constant("zero", Tensor::of<float>({}, {0}))
                                 .constant("scale", Tensor::of<float>({}, {0.25f}))
                                 .node("Cast", {"zero"}, {"point"}, {{"to", int64_t{20}}})
                                 .node("QuantizeLinear", {"x", "scale", "point"}, {"q"})
                                 .node("DequantizeLinear", {"q", "scale", "point"}, {"d"})
                                 .node("QuantizeLinear", {"d", "scale", "point"}, {"e"})
                                 .node("DequantizeLinear", {"e", "scale", "point"}, {"y"})
                                 .output("y");
  const std::vector<Feed> feeds = {{"x", random({4}, 1)}};
  const auto expected = test::load(model.bytes(), {.disabled_passes = {"*"}})->run(feeds);
  test::expect_close(test::load(model.bytes())->run(feeds), expected);
}

// A product of [n, channels, h, depth] and what follows it.
void check_product(const std::string& op_type, int64_t depth, int64_t columns, bool transposed,
                   bool biased, const std::string& activation, bool quantises) {
  SCOPED_TRACE(op_type + " of depth " + std::to_string(depth));
  const bool gemm = op_type == "Gemm";
  Network network({.point = 131}, 8);
  ModelBuilder& model = network.model;
  model.constant("rows", Tensor::of<int64_t>({2}, {-1, depth}))
      .constant("w", bytes<int8_t>(transposed ? Shape{columns, depth} : Shape{depth, columns}, 3))
      .constant("bias", random({columns}, 8));
  Tensor scales = random({columns}, 6);
  for (float& x : scales.mutable_as<float>()) x = 0.01f + x * x * 0.01f;
  model.constant("scales", scales)
      .constant("points", bytes<int8_t>({columns}, 7))
      .node("DequantizeLinear", {"w", "scales", "points"}, {"weights"},
            {{"axis", int64_t{transposed ? 0 : 1}}});
  std::string from = "x";
  if (gemm) model.node("Reshape", {from, "rows"}, {"two"});
  if (gemm) from = "two";
  network.quantised(from, "a", 0.004f);
  Names inputs = {"a", "weights"};
  std::vector<ModelBuilder::Attribute> attributes;
  if (gemm) attributes.emplace_back("transB", int64_t{transposed ? 1 : 0});
  if (gemm && biased) inputs.push_back("bias");
  model.node(op_type, inputs, {"b"}, attributes);
  std::string last = "b";
  if (!gemm && biased) model.node("Add", {last, "bias"}, {"c"});
  if (!gemm && biased) last = "c";
  if (!activation.empty()) model.node(activation, {last}, {"d"});
  if (!activation.empty()) last = "d";
  if (quantises) network.quantised(last, "y", 0.03f);
  if (!quantises) model.node("Identity", {last}, {"y"});
  model.output("y");
  const Shape image = {1, 8, 3, depth};
  const auto fused = test::load(model.bytes());
  const Names names = test::ran(*fused, {{"x", random(image, 1)}});
  EXPECT_TRUE(std::ranges::find(names, "FusedQLinearMatMul") != names.end());
  EXPECT_TRUE(std::ranges::find(names, op_type) == names.end());
  EXPECT_TRUE(std::ranges::find(names, "Add") == names.end());
  check(model, names, image, quantises ? 0.03 : 1e-3);
}

TEST(Quantised, Products) {
  for (const std::string op_type : {"MatMul", "Gemm"}) {
    for (const int64_t columns : {1, 5, 8, 19, 300}) {
      check_product(op_type, 10, columns, op_type == "Gemm", columns % 2 == 0, "", true);
      check_product(op_type, 35, columns, false, true, "Relu", true);
      check_product(op_type, 33, columns, op_type == "Gemm", true, "LeakyRelu", false);
    }
  }
}

// Both factors are fed; and as QLinearMatMul has it.
TEST(Quantised, ProductsOfNoWeights) {
  Network network({.point = 131}, 8);
  network.quantised("x", "a", 0.004f)
      .model.node("Transpose", {"a"}, {"t"}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}})
      .node("MatMul", {"a", "t"}, {"b"});
  network.quantised("b", "y", 0.03f).model.output("y");
  const Names names =
      test::ran(*test::load(network.model.bytes()), {{"x", random({1, 8, 3, 10}, 1)}});
  check(network.model, names, {1, 8, 3, 10}, 0.03);

  for (const bool by_column : {false, true}) {
    const Shape scales = by_column ? Shape{3} : Shape{};
    ModelBuilder model;
    model.input("x", DType::Float, {1, "m", 6})
        .constant("scale", Tensor::of<float>({}, {0.004f}))
        .constant("point", Tensor::of<uint8_t>({}, {113}))
        .constant("w", bytes<int8_t>({6, 3}, 1))
        .constant("scales", by_column ? Tensor::of<float>({3}, {0.01f, 0.02f, 0.015f})
                                      : Tensor::of<float>({}, {0.013f}))
        .constant("points", bytes<int8_t>(scales, 4))
        .constant("to", Tensor::of<float>({}, {0.03f}))
        .node("QuantizeLinear", {"x", "scale", "point"}, {"bytes"})
        .node("QLinearMatMul", {"bytes", "scale", "point", "w", "scales", "points", "to", "point"},
              {"y bytes"})
        .node("DequantizeLinear", {"y bytes", "to", "point"}, {"y"})
        .output("y");
    check(model, {"QuantizeLinear", "FusedQLinearMatMul", "DequantizeLinear"}, {1, 7, 6}, 0.03);
  }
}

}  // namespace
}  // namespace fovea
