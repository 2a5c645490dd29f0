#include <gtest/gtest.h>

#include <random>

#include "fusion_checks.h"
#include "session/compiled.h"

// Networks as TensorFlow's exporters write them: images are [N, H, W, C], and each convolution has
// Transposes around it.

namespace fovea {
namespace {

using test::ModelBuilder;
using test::Names;
using Ints = std::vector<int64_t>;

const ModelBuilder::Attribute kToFirst = {"perm", Ints{0, 3, 1, 2}};
const ModelBuilder::Attribute kToLast = {"perm", Ints{0, 2, 3, 1}};

class Network {
 public:
  struct Image {
    std::string name;
    int64_t channels;
  };

  explicit Network(int64_t channels) : input_{"x", channels} {
    model_.input("x", DType::Float, {"n", "h", "w", channels});
  }

  const Image& input() const { return input_; }
  ModelBuilder& model() { return model_; }

  std::string constant(Shape shape) {
    const std::string name = "k" + std::to_string(count_++);
    model_.constant(name, test::random(std::move(shape), static_cast<uint32_t>(count_)));
    return name;
  }
  Image node(const std::string& op_type, Names inputs, int64_t channels,
             std::vector<ModelBuilder::Attribute> attributes = {}) {
    const std::string name = "v" + std::to_string(count_++);
    model_.node(op_type, std::move(inputs), {name}, std::move(attributes));
    return {name, channels};
  }
  // A node on images as ONNX has them.
  Image between(const std::string& op_type, const Image& from, int64_t channels, Names more = {},
                std::vector<ModelBuilder::Attribute> attributes = {}) {
    Names inputs = {node("Transpose", {from.name}, 0, {kToFirst}).name};
    inputs.insert(inputs.end(), more.begin(), more.end());
    const Image made = node(op_type, std::move(inputs), channels, std::move(attributes));
    return node("Transpose", {made.name}, channels, {kToLast});
  }
  Image convolution(const Image& from, int64_t channels, const char* activation = "",
                    int64_t stride = 1) {
    const Image sums = between("Conv", from, channels, {constant({channels, from.channels, 3, 3})},
                               {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{stride, stride}}});
    const Image biased = node("Add", {sums.name, constant({channels})}, channels);
    if (*activation == '\0') return biased;
    Names inputs = {biased.name};
    if (activation == std::string("PRelu")) inputs.push_back(constant({1, 1, channels}));
    return node(activation, inputs, channels);
  }
  Image add(const Image& a, const Image& b) { return node("Add", {a.name, b.name}, a.channels); }
  Image concat(const Image& a, const Image& b) {
    return node("Concat", {a.name, b.name}, a.channels + b.channels, {{"axis", int64_t{3}}});
  }
  Image upscale(const Image& from, int64_t scale) {
    return between("DepthToSpace", from, from.channels / scale / scale, {}, {{"blocksize", scale}});
  }
  Image enlarge(const Image& from) {
    const std::string scales = "k" + std::to_string(count_++);
    model_.constant(scales, Tensor::of<float>({4}, {1, 1, 2, 2}));
    return between("Resize", from, from.channels, {"", scales});
  }

  ModelBuilder finish(const Image& image) { return model_.output(image.name); }

 private:
  ModelBuilder model_{13};
  Image input_;
  int count_ = 0;
};

ModelBuilder espcn(int64_t channels) {
  Network net(channels);
  auto image = net.convolution(net.input(), 8, "Tanh");
  image = net.convolution(image, 8, "Relu");
  image = net.convolution(image, channels * 4);
  return net.finish(net.upscale(image, 2));
}

ModelBuilder edsr(int64_t channels) {
  Network net(channels);
  auto image = net.node("Sub", {"x", net.constant({channels})}, channels);
  const auto head = image = net.convolution(image, 8);
  for (int block = 0; block < 2; ++block) {
    const auto residual = net.convolution(net.convolution(image, 8, "PRelu"), 8);
    const auto scaled = net.node("Mul", {residual.name, net.constant({})}, 8);
    image = net.add(scaled, image);
  }
  image = net.add(net.convolution(image, 8), head);
  image = net.upscale(net.convolution(image, 16), 2);
  image = net.convolution(image, channels);
  return net.finish(net.node("Add", {image.name, net.constant({channels})}, channels));
}

// With squeeze and excitation in the middle.
ModelBuilder unet(int64_t channels) {
  Network net(channels);
  const auto fine = net.convolution(net.input(), 8, "Relu");
  const auto small =
      net.between("MaxPool", fine, 8, {}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  auto image = net.convolution(small, 12, "LeakyRelu");
  const auto means = net.node("ReduceMean", {image.name}, 12, {{"axes", Ints{1, 2}}});
  const auto gates = net.node("Sigmoid", {net.convolution(means, 12).name}, 12);
  image = net.node("Mul", {image.name, gates.name}, 12);
  image = net.concat(net.enlarge(image), fine);
  image = net.convolution(image, channels, "Sigmoid");
  return net.finish(image);
}

int64_t transposes(const Names& names) { return std::ranges::count(names, "Transpose"); }

using Twin = ModelBuilder (*)(int64_t channels);

class Twins : public testing::TestWithParam<Twin> {};

TEST_P(Twins, HaveOneTransposeAtEachBorder) {
  for (const int64_t channels : {1, 3, 4}) {
    SCOPED_TRACE(channels);
    const std::string bytes = GetParam()(channels).bytes();
    const auto plain = test::load(bytes, {.disabled_passes = {"*"}});
    for (const int threads : {1, 3}) {
      const auto moved = test::load(bytes, {}, threads);
      for (const Shape& shape : {Shape{1, 8, 6, channels}, Shape{2, 4, 10, channels}}) {
        const std::vector<Feed> feeds = {{"x", test::random(shape, 7)}};
        // A multiple of 4 lies in memory as our own form has it.
        EXPECT_LE(transposes(test::ran(*moved, feeds)), channels == 4 ? 0 : 2);
        test::expect_close(moved->run(feeds), plain->run(feeds));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Transposes, Twins, testing::Values(espcn, edsr, unet));

TEST(Twins, AreFusedAsOthersAre) {
  const auto session = test::load(espcn(4).bytes());
  const std::vector<Feed> feeds = {{"x", test::random({1, 8, 8, 4}, 1)}};
  EXPECT_EQ(test::ran(*session, feeds), (Names{"FusedConv", "FusedConv", "FusedConv"}));
}

// ---- By chance ----

class RandomTwin {
 public:
  explicit RandomTwin(uint32_t seed) : random_(seed), net_(kInputs) {
    values_.push_back(net_.input());
    const int nodes = 3 + pick(14);
    for (int i = 0; i < nodes; ++i) add_step();
    net_.model().output(values_.back().name);
    net_.model().output(any().name);
  }

  std::string bytes() { return net_.model().bytes(); }
  Graph graph() { return net_.model().graph(); }
  static constexpr int64_t kInputs = 3;

 private:
  using Image = Network::Image;

  int pick(int count) { return static_cast<int>(random_() % static_cast<uint32_t>(count)); }
  Image any() {
    return pick(3) > 0 ? values_.back()
                       : values_[static_cast<size_t>(pick(static_cast<int>(values_.size())))];
  }

  void add_step();
  Image arithmetic(const Image& from);
  Image along_axes(const Image& from);

  std::mt19937 random_;
  Network net_;
  std::vector<Image> values_;  // all of the same height and width
};

void RandomTwin::add_step() {
  const Image from = any(), other = any();
  const Names activations = {"Relu", "Sigmoid", "PRelu", "Tanh"};
  switch (pick(8)) {
    case 0:
    case 1:
    case 2:
      values_.push_back(
          net_.convolution(from, 1 + pick(8), pick(2) == 0 ? "" : activations[pick(4)].c_str()));
      return;
    case 3:
      values_.push_back(arithmetic(from));
      return;
    case 4:
      values_.push_back(net_.concat(from, other));
      return;
    case 5:
      if (from.channels == other.channels) values_.push_back(net_.add(from, other));
      return;
    case 6:
      values_.push_back(net_.between("MaxPool", from, from.channels, {},
                                     {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}}));
      return;
    default:
      values_.push_back(along_axes(from));
  }
}

RandomTwin::Image RandomTwin::arithmetic(const Image& from) {
  const Names names = {"Add", "Sub", "Mul", "Max"};
  const Shape shapes[] = {
      {}, {1}, {from.channels}, {1, 1, from.channels}, {1, 1, 1, from.channels}};
  Names inputs = {from.name, net_.constant(shapes[pick(5)])};
  if (pick(2) == 0) std::swap(inputs[0], inputs[1]);
  return net_.node(names[static_cast<size_t>(pick(4))], inputs, from.channels);
}

RandomTwin::Image RandomTwin::along_axes(const Image& from) {
  const auto axis = [&] { return ModelBuilder::Attribute("axis", int64_t{pick(4)}); };
  switch (pick(4)) {
    case 0:
      return net_.node("Softmax", {from.name}, from.channels, {axis()});
    case 1: {
      const auto means =
          net_.node("ReduceMean", {from.name}, from.channels, {{"axes", Ints{1, 2}}});
      return net_.node("Mul", {from.name, means.name}, from.channels);
    }
    case 2: {
      const auto most = net_.node("ReduceMax", {from.name}, 1, {{"axes", Ints{pick(2) - 1}}});
      return net_.node("Sub", {from.name, most.name}, from.channels);
    }
    default: {
      // [N, W, H, C] and back, with something between.
      const ModelBuilder::Attribute swapped = {"perm", Ints{0, 2, 1, 3}};
      const auto there = net_.node("Transpose", {from.name}, 0, {swapped});
      const auto gate = net_.node("Sigmoid", {there.name}, 0);
      return net_.node("Transpose", {gate.name}, from.channels, {swapped});
    }
  }
}

int64_t transposes_left(const Graph& graph, std::vector<std::string> disabled) {
  ThreadPool pool(1);
  const auto compiled = compile(graph, {}, {.disabled_passes = std::move(disabled)}, pool);
  return std::ranges::count(compiled->graph.nodes, "Transpose", &Node::op_type);
}

// A dozen layers deep.
constexpr double kDeep = 1e-4;

TEST(RandomTwins, GiveWhatTheNodesGiveOneByOne) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    RandomTwin twin(seed);
    const std::string bytes = twin.bytes();
    EXPECT_LE(transposes_left(twin.graph(), {}), transposes_left(twin.graph(), {"*"}));
    const auto plain = test::load(bytes, {.disabled_passes = {"*"}});
    const auto moved = test::load(bytes);
    const auto cut = test::load(
        bytes,
        {.bands = {.fast_whole = 0, .cache_bytes = 0, .largest_whole = 0, .fewest_rows = 1}});
    for (const Shape& shape :
         {Shape{1, 6, 7, RandomTwin::kInputs}, Shape{2, 1, 1, RandomTwin::kInputs}}) {
      const std::vector<Feed> feeds = {{"x", test::random(shape, seed)}};
      const auto expected = plain->run(feeds);
      for (int run = 0; run < 2; ++run) test::expect_close(moved->run(feeds), expected, kDeep);
      test::expect_close(cut->run(feeds), expected, kDeep);
    }
  }
}

}  // namespace
}  // namespace fovea
