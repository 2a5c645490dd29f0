#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "session/compiled.h"
#include "support/model_builder.h"
#include "support/random.h"
#include "support/session_runner.h"

// Networks cut into bands, against the same networks on whole images, for every height.

namespace fovea {
namespace {

using test::ModelBuilder;
using Pads = std::vector<int64_t>;

constexpr BandLimits kAlways = {
    .fast_whole = 0, .cache_bytes = 0, .largest_whole = 0, .fewest_rows = 1};

Tensor random(Shape shape, uint32_t seed) {
  const int64_t count = shape.elements();
  return Tensor::of<float>(std::move(shape),
                           std::span<const float>(test::random_floats(count, seed, -0.3f, 0.3f)));
}

// A model being built, whose nodes get names and weights by themselves.
class Network {
 public:
  explicit Network(int64_t channels) : channels_(channels) {
    model_.input("x", DType::Float, {1, channels, "h", "w"});
  }

  std::string conv(const std::string& x, int64_t in, int64_t out, int64_t kernel, Pads pads,
                   int64_t stride = 1, int64_t dilation = 1) {
    return node("Conv", {x, constant({out, in, kernel, kernel}), constant({out})},
                {{"pads", std::move(pads)},
                 {"strides", Pads{stride, stride}},
                 {"dilations", Pads{dilation, dilation}}});
  }
  std::string same(const std::string& x, int64_t in, int64_t out) {
    return conv(x, in, out, 3, {1, 1, 1, 1});
  }
  std::string deconv(const std::string& x, int64_t in, int64_t out, int64_t kernel, int64_t stride,
                     int64_t pad, int64_t output_padding) {
    return node("ConvTranspose", {x, constant({in, out, kernel, kernel}), constant({out})},
                {{"pads", Pads(4, pad)},
                 {"strides", Pads{stride, stride}},
                 {"output_padding", Pads{output_padding, output_padding}}});
  }
  std::string repeat(const std::string& x, float times) {
    const std::string scales = "c" + std::to_string(constants_++);
    model_.constant(scales, Tensor::of<float>({4}, {1, 1, times, times}));
    return node("Resize", {x, "", scales}, {{"mode", std::string("nearest")}});
  }
  std::string node(const std::string& op_type, std::vector<std::string> inputs,
                   std::vector<ModelBuilder::Attribute> attributes = {}) {
    const std::string output = "v" + std::to_string(values_++);
    model_.node(op_type, std::move(inputs), {output}, std::move(attributes));
    return output;
  }
  std::string constant(Shape shape) {
    const std::string name = "c" + std::to_string(constants_++);
    model_.constant(name, random(std::move(shape), static_cast<uint32_t>(constants_)));
    return name;
  }

  std::string number(float value) {
    const std::string name = "c" + std::to_string(constants_++);
    model_.constant(name, Tensor::of<float>({}, {value}));
    return name;
  }
  std::string ints(Pads values) {
    const std::string name = "c" + std::to_string(constants_++);
    model_.constant(name,
                    Tensor::of<int64_t>({std::ssize(values)}, std::span<const int64_t>(values)));
    return name;
  }

  void check(const std::vector<std::string>& outputs, int64_t least_height = 1,
             Precision precision = Precision::Default);
  Graph graph(const std::string& output) { return model_.output(output).graph(); }

 private:
  int64_t channels_;
  ModelBuilder model_;
  int values_ = 0, constants_ = 0;
};

bool has_bands(Session& session, const std::vector<Feed>& feeds) {
  const auto run = session.start(feeds);
  int slices = 1;
  while (!run->advance(0)) ++slices;
  // A band is the least that runs at once, a profile knows of nodes only.
  return slices > static_cast<int>(run->profile().size());
}

// Sums of up to 200 products, several layers deep, in other tiles: relative to the largest value.
// Larger tiles round 5 times as much.
double tolerance_of(Precision precision) { return precision == Precision::Fast ? 1e-4 : 2e-5; }

void expect_close(const Tensor& actual, const Tensor& expected, double tolerance) {
  ASSERT_EQ(actual.shape(), expected.shape());
  double largest = 0;
  for (const float value : expected.as<float>()) {
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  for (size_t k = 0; k < static_cast<size_t>(actual.elements()); ++k) {
    ASSERT_NEAR(actual.as<float>()[k], expected.as<float>()[k], tolerance * largest) << k;
  }
}

void Network::check(const std::vector<std::string>& outputs, int64_t least_height,
                    Precision precision) {
  for (const std::string& output : outputs) model_.output(output);
  const auto whole = test::load(model_.bytes(), {.disabled_passes = {"*"}});
  const std::vector<std::string> unfused = {"convolution-epilogue"};
  for (const auto& passes : {std::vector<std::string>{}, unfused}) {
    for (const int threads : {1, 3}) {
      const auto cut = test::load(
          model_.bytes(), {.disabled_passes = passes, .precision = precision, .bands = kAlways},
          threads);
      EXPECT_TRUE(has_bands(*cut, {{"x", random({1, channels_, 400, 11}, 9)}}));
      for (int64_t h = least_height; h < least_height + 23; ++h) {
        SCOPED_TRACE(h);
        const std::vector<Feed> feeds = {{"x", random({1, channels_, h, 11}, 1)}};
        const auto expected = whole->run(feeds), actual = cut->run(feeds);
        for (size_t i = 0; i < outputs.size(); ++i)
          expect_close(actual[i], expected[i], tolerance_of(precision));
      }
    }
  }
}

TEST(Bands, ChainsOfEveryPadding) {
  for (const int64_t before : {0, 1, 2}) {
    for (const int64_t after : {0, 1, 2}) {
      Network network(3);
      const Pads pads = {before, 1, after, 1};
      std::string x = network.node("Relu", {network.conv("x", 3, 5, 3, pads)});
      x = network.conv(x, 5, 8, 3, pads);
      network.check({network.conv(x, 8, 4, 1, {0, 0, 0, 0})}, 5);
    }
  }
}

TEST(Bands, TilesOfSixRows) {
  Network network(8);
  const std::string x = network.same("x", 8, 12);
  const std::string sum = network.node("Add", {network.same(x, 12, 12), x});
  const std::string halved = network.conv(sum, 12, 8, 3, {1, 1, 1, 1}, 2);
  network.check({network.same(network.repeat(halved, 2), 8, 12)}, 1, Precision::Fast);
}

TEST(Bands, KernelsStridesAndDilations) {
  Network network(2);
  std::string x = network.conv("x", 2, 6, 5, {2, 2, 2, 2});
  x = network.conv(x, 6, 6, 3, {2, 2, 2, 2}, 1, 2);
  x = network.node("Sigmoid", {network.conv(x, 6, 9, 3, {1, 1, 1, 1}, 2)});
  x = network.conv(x, 9, 3, 7, {3, 3, 3, 3});
  network.check({x});
}

// Bands would advance by 2^93 rows for one.
TEST(Bands, AbsurdStridesNeedNone) {
  ModelBuilder model;
  model.input("x", DType::Float, {1, 1, "h", "w"})
      .constant("two", Tensor::of<float>({1, 1, 1, 1}, {2}));
  const std::vector<std::string> values = {"x", "a", "b", "c"};
  for (size_t i = 0; i < 3; ++i) {
    model.node("Conv", {values[i], "two"}, {values[i + 1]},
               {{"strides", Pads{(int64_t{1} << 31) - 1, 1}}});
  }
  const auto session = test::load(model.output("c").bytes(), {.bands = kAlways});
  const std::vector<Feed> feeds = {{"x", Tensor::of<float>({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6})}};
  EXPECT_EQ(test::floats(session->run(feeds)[0]), (std::vector<float>{8, 16, 24}));
}

// A view of an image has other rows: it is there when all of the image is.
TEST(Bands, EndBeforeViewsOfWhatTheyMake) {
  Network network(4);
  std::string x = network.node("Relu", {network.same("x", 4, 8)});
  const std::string halves = network.ints({0, 2, -1, 11});
  x = network.node("Reshape", {x, halves});
  x = network.node("Sigmoid", {network.same(x, 2, 4)});
  x = network.node("Transpose", {x}, {{"perm", Pads{0, 2, 3, 1}}});
  x = network.node("Tanh", {network.node("Exp", {x})});
  x = network.node("Transpose", {x}, {{"perm", Pads{0, 3, 1, 2}}});
  x = network.node("Relu", {network.same(x, 4, 3)});
  network.check({x});
}

TEST(Bands, ResidualsFarApartAndAddends) {
  Network network(4);
  const std::string first = network.same("x", 4, 8);
  std::string x = first;
  for (int i = 0; i < 4; ++i) {
    const std::string inner = network.node("Relu", {network.same(x, 8, 8)});
    x = network.node("Add", {network.same(inner, 8, 8), x});
  }
  network.check({network.node("Add", {network.same(x, 8, 8), first})});
}

TEST(Bands, DenseBlocks) {
  Network network(4);
  const std::string a = network.node("LeakyRelu", {network.same("x", 4, 5)});
  const std::string b = network.node(
      "LeakyRelu", {network.same(network.node("Concat", {"x", a}, {{"axis", int64_t{1}}}), 9, 3)});
  const std::string all = network.node("Concat", {"x", a, b}, {{"axis", int64_t{1}}});
  network.check({network.same(all, 12, 4)});
}

TEST(Bands, DenseBlocksWithoutConcatenation) {
  Network network(3);
  const auto joined = [&](const std::vector<std::string>& parts) {
    return network.node("Concat", parts, {{"axis", int64_t{1}}});
  };
  const std::string x = network.same("x", 3, 8);
  const std::string a = network.node("LeakyRelu", {network.same(x, 8, 4)});
  const std::string b = network.node("LeakyRelu", {network.same(joined({x, a}), 12, 4)});
  const std::string c = network.same(joined({x, a, b}), 16, 8);
  network.check({network.node("Add", {c, x})});
}

TEST(Bands, PointwiseConvolutionsWithoutConcatenation) {
  Network network(3);
  const std::string a = network.node("LeakyRelu", {network.same("x", 3, 5)});
  const std::string b = network.same(a, 5, 4);
  const std::string all = network.node("Concat", {b, "x", a}, {{"axis", int64_t{1}}});
  const std::string c = network.conv(all, 12, 6, 1, {0, 0, 0, 0});
  network.check({network.same(network.node("Sigmoid", {c}), 6, 4)});
}

TEST(Bands, PixelShuffleOverAnEnlargedInput) {
  Network network(3);
  std::string x = network.node("PRelu", {network.same("x", 3, 8), network.constant({8, 1, 1})});
  x = network.node("DepthToSpace", {network.same(x, 8, 12)},
                   {{"blocksize", int64_t{2}}, {"mode", std::string("CRD")}});
  network.check({network.node("Add", {x, network.repeat("x", 2)})});
}

TEST(Bands, ConvolutionsAfterPixelShuffleAndRepetition) {
  Network network(3);
  std::string x =
      network.node("DepthToSpace", {network.same("x", 3, 20)}, {{"blocksize", int64_t{2}}});
  x = network.same(x, 5, 6);
  x = network.same(network.repeat(x, 3), 6, 4);
  network.check({x});
}

TEST(Bands, TransposedConvolutions) {
  for (const auto& [kernel, stride, pad, more] : {std::array<int64_t, 4>{9, 3, 4, 2},
                                                  {4, 2, 1, 0},
                                                  {2, 2, 0, 0},
                                                  {2, 2, 0, 1},
                                                  {3, 2, 1, 1},
                                                  {3, 3, 1, 2},
                                                  {4, 3, 3, 0},
                                                  {5, 3, 2, 1}}) {
    SCOPED_TRACE(::testing::Message() << kernel << "x" << kernel << " pads " << pad);
    Network network(3);
    std::string x = network.same("x", 3, 8);
    x = network.deconv(x, 8, 5, kernel, stride, pad, more);
    network.check({network.same(x, 5, 2)}, 2);
    Network last(3);
    last.check({last.deconv(last.same("x", 3, 8), 8, 1, kernel, stride, pad, more)}, 2);
  }
}

TEST(Bands, SlicesOfChannelsAndColumns) {
  const auto slice = [](Network& network, const std::string& x, int64_t axis, int64_t from,
                        int64_t to, int64_t step = 1) {
    return network.node("Slice", {x, network.ints({from}), network.ints({to}), network.ints({axis}),
                                  network.ints({step})});
  };
  constexpr int64_t kAll = std::numeric_limits<int64_t>::max();
  Network network(3);
  const std::string wide = network.same("x", 3, 13);
  const std::string kept = slice(network, wide, 1, 0, 4), others = slice(network, wide, 1, 4, 13);
  const std::string deeper = network.same(network.same(others, 9, 4), 4, 4);
  network.check({network.same(network.node("Add", {deeper, kept}), 4, 3)});
  Network columns(3);
  const std::string some = slice(columns, columns.same("x", 3, 5), 3, 1, kAll, 2);
  columns.check({columns.same(slice(columns, some, 2, 0, kAll), 5, 3)});
  // Rows that are left out or upside down need all.
  for (const auto& [from, to, step] :
       {std::array<int64_t, 3>{1, kAll, 1}, {0, -1, 1}, {-1, -kAll, -1}}) {
    Network rows(3);
    const std::string turned =
        slice(rows, rows.same(rows.same("x", 3, 5), 5, 5), 2, from, to, step);
    rows.check({rows.same(rows.same(turned, 5, 3), 3, 4)}, 3);
  }
}

TEST(Bands, ValuesThatAreWantedWhole) {
  Network network(3);
  const std::string middle = network.node("Relu", {network.same("x", 3, 6)});
  const std::string last = network.same(network.same(middle, 6, 5), 5, 7);
  network.check({last, middle, network.node("GlobalAveragePool", {middle})});
}

TEST(Bands, AStepThatNeedsAllRowsOfAnotherEndsThem) {
  Network network(3);
  const std::string a = network.same(network.same("x", 3, 6), 6, 6);
  const std::string scale = network.node("GlobalAveragePool", {a});
  network.check({network.same(network.node("Mul", {a, scale}), 6, 3)});
}

// Over the channels of each pixel, in either layout.
TEST(Bands, OperatorsOverChannels) {
  Network network(3);
  std::string x = network.same("x", 3, 6);
  const std::string mean = network.node("ReduceMean", {x}, {{"axes", Pads{1}}});
  const std::string centred = network.node("Sub", {x, mean});
  const std::string squares = network.node("Mul", {centred, centred});
  const std::string variance = network.node("ReduceMean", {squares}, {{"axes", Pads{1}}});
  const std::string deviation =
      network.node("Sqrt", {network.node("Add", {variance, network.number(1e-3f)})});
  x = network.node("Div", {centred, deviation});
  x = network.node("Mul", {x, network.constant({6, 1, 1})});
  x = network.same(network.node("Add", {x, network.constant({6, 1, 1})}), 6, 5);
  const std::string shares = network.node("Softmax", {x}, {{"axis", int64_t{1}}});
  network.check({network.same(network.node("Mul", {shares, x}), 5, 2)});
  Network reduced(3);
  const std::string z = reduced.same("x", 3, 6);
  const std::string largest = reduced.node("ReduceMax", {z}, {{"axes", Pads{1}}});
  reduced.check({reduced.same(reduced.node("Sub", {z, largest}), 6, 2)});
  Network sliced(3);
  const std::string all = sliced.same("x", 3, 6);
  const auto part = [&](int64_t first) {
    return sliced.node("Slice",
                       {all, sliced.ints({first}), sliced.ints({first + 3}), sliced.ints({1})});
  };
  sliced.check({sliced.same(sliced.node("Mul", {part(0), part(3)}), 3, 2)});
  Network plain(3);
  const std::string y = plain.node("Softmax", {"x"}, {{"axis", int64_t{1}}});
  plain.check({plain.node("Mul", {plain.node("Hardmax", {y}, {{"axis", int64_t{1}}}), "x"})});
}

// What a band program keeps of its images is a small part of them.
TEST(Bands, TakeLittleMemory) {
  Network network(3);
  std::string x = "x";
  for (int64_t i = 0, in = 3; i < 6; ++i, in = 32) x = network.same(x, in, 32);
  const Graph graph = network.graph(x);
  const auto bytes_with = [&](BandLimits limits) {
    ThreadPool pool(1);
    const auto compiled = compile(graph, {.fetches = {x}}, {.bands = limits}, pool);
    const std::vector<ValueType> feeds = {{DType::Float, Shape{1, 3, 512, 64}, Layout::Plain, {}}};
    return plan_first(compiled->plans.environment(), feeds)->arena_bytes;
  };
  const uint64_t image = 512 * 64 * 32 * sizeof(float);
  EXPECT_GE(bytes_with(BandLimits::none()), 2 * image);
  EXPECT_LE(bytes_with(kAlways), image + image / 4);
}

}  // namespace
}  // namespace fovea
