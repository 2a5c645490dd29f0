#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "fusion_checks.h"

// Networks put together by chance of what passes look for, against themselves without passes.

namespace fovea {
namespace {

using test::ModelBuilder;
using test::Names;

class RandomNetwork {
 public:
  explicit RandomNetwork(uint32_t seed) : random_(seed) {
    model_.input("x", DType::Float, {1, kInputs, "h", "w"});
    values_.push_back({"x", kInputs});
    const int nodes = 4 + pick(12);
    for (int i = 0; i < nodes; ++i) add_step();
    model_.output(values_.back().name);
    model_.output(any().name);
  }

  std::string bytes() const { return model_.bytes(); }
  static constexpr int64_t kInputs = 3;

 private:
  // [1, channels, h, w]
  struct Image {
    std::string name;
    int64_t channels;
  };

  int pick(int count) { return static_cast<int>(random_() % static_cast<uint32_t>(count)); }
  // The latest is the likeliest, so that chains grow.
  const Image& any() {
    return pick(3) > 0 ? values_.back() : values_[static_cast<size_t>(pick(count()))];
  }
  int count() const { return static_cast<int>(values_.size()); }

  std::string constant(const Shape& shape) {
    const std::string name = "k" + std::to_string(constants_++);
    model_.constant(name, test::random(shape, random_()));
    return name;
  }
  void add(const std::string& op_type, Names inputs, int64_t channels,
           std::vector<ModelBuilder::Attribute> attributes = {}) {
    const std::string name = "v" + std::to_string(count());
    model_.node(op_type, std::move(inputs), {name}, std::move(attributes));
    values_.push_back({name, channels});
  }

  void add_step();
  void add_convolution(const Image& from);
  void add_activation(const Image& from);
  void add_arithmetic(const Image& from);
  void add_normalization(const Image& from);
  void add_sum_or_product(const Image& from);
  void add_concatenation(const Image& from);
  void add_gate(const Image& from);

  std::mt19937 random_;
  ModelBuilder model_;
  std::vector<Image> values_;
  int constants_ = 0;
};

void RandomNetwork::add_step() {
  const Image from = any();
  switch (pick(9)) {
    case 0:
    case 1:
    case 2:
      return add_convolution(from);
    case 3:
      return add_activation(from);
    case 4:
      return add_arithmetic(from);
    case 5:
      return add_normalization(from);
    case 6:
      return add_sum_or_product(from);
    case 7:
      return add_concatenation(from);
    default:
      return add_gate(from);
  }
}

void RandomNetwork::add_convolution(const Image& from) {
  constexpr int64_t kChannels[] = {1, 3, 4, 8};
  const int64_t channels = kChannels[pick(4)];
  const int64_t side = pick(3) == 0 ? 1 : 3, pad = side / 2;
  const bool transposed = pick(6) == 0;
  Names inputs = {from.name, constant(transposed ? Shape{from.channels, channels, side, side}
                                                 : Shape{channels, from.channels, side, side})};
  if (pick(2) == 0) inputs.push_back(constant({channels}));
  add(transposed ? "ConvTranspose" : "Conv", std::move(inputs), channels,
      {{"pads", std::vector<int64_t>{pad, pad, pad, pad}}});
}

void RandomNetwork::add_activation(const Image& from) {
  const Names names = {"Relu",        "LeakyRelu", "Sigmoid", "Tanh",
                       "HardSigmoid", "HardSwish", "PRelu",   "Clip"};
  const std::string& op_type = names[static_cast<size_t>(pick(static_cast<int>(names.size())))];
  Names inputs = {from.name};
  if (op_type == "PRelu") {
    inputs.push_back(constant(pick(2) == 0 ? Shape{from.channels, 1, 1} : Shape{1}));
  } else if (op_type == "Clip") {
    inputs.push_back(pick(2) == 0 ? "" : constant({}));
    if (pick(2) == 0) inputs.push_back(constant({}));
  }
  add(op_type, std::move(inputs), from.channels);
}

void RandomNetwork::add_arithmetic(const Image& from) {
  const Names names = {"Add", "Sub", "Mul"};
  const Shape shapes[] = {{}, {1}, {from.channels, 1, 1}, {1, from.channels, 1, 1}};
  Names inputs = {from.name, constant(shapes[pick(4)])};
  if (pick(2) == 0) std::swap(inputs[0], inputs[1]);
  add(names[static_cast<size_t>(pick(3))], std::move(inputs), from.channels);
}

void RandomNetwork::add_normalization(const Image& from) {
  const Shape shape = {from.channels};
  Names inputs = {from.name, constant(shape), constant(shape), constant(shape)};
  const std::string variance = "k" + std::to_string(constants_++);
  model_.constant(variance, Tensor::of<float>(shape, std::span<const float>(test::random_floats(
                                                         from.channels, random_(), 0.5f, 2.0f))));
  inputs.push_back(variance);
  add("BatchNormalization", std::move(inputs), from.channels);
}

// With the same number of channels, or one.
void RandomNetwork::add_sum_or_product(const Image& from) {
  const Image& other = any();
  const bool fits = other.channels == from.channels || other.channels == 1 || from.channels == 1;
  if (!fits) return;
  add(pick(3) == 0 ? "Mul" : "Add", {from.name, other.name},
      std::max(from.channels, other.channels));
}

void RandomNetwork::add_concatenation(const Image& from) {
  const Image& other = any();
  add("Concat", {from.name, other.name}, from.channels + other.channels, {{"axis", int64_t{1}}});
}

void RandomNetwork::add_gate(const Image& from) {
  const Image gated = from;
  add("Sigmoid", {gated.name}, gated.channels);
  add("Mul", {gated.name, values_.back().name}, gated.channels);
}

// Sums of up to 150 products, a dozen layers deep, with other roundings.
void expect_alike(const Tensor& actual, const Tensor& expected) {
  constexpr double kTolerance = 1e-4;
  ASSERT_EQ(actual.shape(), expected.shape());
  double scale = 1e-3;
  for (const float value : expected.as<float>()) scale = std::max<double>(scale, std::abs(value));
  for (size_t i = 0; i < static_cast<size_t>(actual.elements()); ++i) {
    ASSERT_NEAR(actual.as<float>()[i], expected.as<float>()[i], kTolerance * scale) << i;
  }
}

TEST(RandomFusion, GivesWhatTheNodesGiveOneByOne) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    const std::string bytes = RandomNetwork(seed).bytes();
    const auto plain = test::load(bytes, {.disabled_passes = {"*"}});
    const auto fused = test::load(bytes, {});
    for (const Shape& shape :
         {Shape{1, RandomNetwork::kInputs, 6, 7}, Shape{1, RandomNetwork::kInputs, 1, 1}}) {
      const std::vector<Feed> feeds = {{"x", test::random(shape, seed)}};
      const std::vector<Tensor> expected = plain->run(feeds), actual = fused->run(feeds);
      for (size_t i = 0; i < expected.size(); ++i) expect_alike(actual[i], expected[i]);
    }
  }
}

}  // namespace
}  // namespace fovea
