#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "support/model_builder.h"
#include "support/random.h"
#include "support/session_runner.h"

// Models that compute in float32 and store their weights as float16, each followed by a Cast
// (training/half.py), against the same models with the same weights in float32.

namespace fovea {
namespace {

using test::ModelBuilder;

enum class Storage { Float32, Float16 };

// A network whose weights are added one by one, rounded to float16 in either storage.
class Network {
 public:
  explicit Network(Storage storage) : storage_(storage) {
    model_.input("x", DType::Float, {1, 4, "h", "w"});
  }

  void weight(const std::string& name, Shape shape) {
    const int64_t count = shape.elements();
    std::vector<Half> halves;
    std::vector<float> floats;
    for (const float value : test::random_floats(count, seed_++, -0.3f, 0.3f)) {
      halves.push_back(to_half(value));
      floats.push_back(to_float(halves.back()));
    }
    if (storage_ == Storage::Float32) {
      model_.constant(name, Tensor::of<float>(shape, floats));
    } else {
      model_.constant(name + ".float16", Tensor::of<Half>(shape, halves));
      model_.node("Cast", {name + ".float16"}, {name},
                  {{"to", static_cast<int64_t>(DType::Float)}});
    }
  }

  void convolution(const std::string& in, const std::string& out, int64_t from, int64_t to) {
    weight(out + ".weight", {to, from, 3, 3});
    weight(out + ".bias", {to});
    model_.node("Conv", {in, out + ".weight", out + ".bias"}, {out},
                {{"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  }

  ModelBuilder& model() { return model_; }

 private:
  Storage storage_;
  ModelBuilder model_;
  uint32_t seed_ = 1;
};

// All that is done to weights at load: packing, transforms, folded scales, slopes of an epilogue.
std::string bytes_of(Storage storage) {
  Network network(storage);
  network.convolution("x", "a", 4, 16);
  network.weight("slopes", {16, 1, 1});
  network.model().node("PRelu", {"a", "slopes"}, {"b"});
  network.convolution("b", "c", 16, 16);
  network.weight("scale", {1, 16, 1, 1});
  network.model().node("Mul", {"c", "scale"}, {"d"}).node("Add", {"d", "b"}, {"e"});
  network.convolution("e", "f", 16, 12);
  network.model().node("DepthToSpace", {"f"}, {"y"}, {{"blocksize", int64_t{2}}}).output("y");
  return network.model().bytes();
}

struct Ran {
  std::vector<std::pair<std::string, std::string>> steps;  // operators and their algorithms
  std::vector<float> output;
};

Ran run(Storage storage, const SessionOptions& options) {
  const auto session = test::load(bytes_of(storage), options);
  const Tensor image = Tensor::of<float>(
      {1, 4, 19, 22}, std::span<const float>(test::random_floats(4 * 19 * 22, 99, 0.0f, 1.0f)));
  const auto started = session->start({{"x", image}});
  while (!started->advance(0)) {
  }
  Ran ran;
  for (const NodeProfile& step : started->profile()) {
    ran.steps.emplace_back(step.op_type, step.algorithm);
  }
  ran.output = to_floats(started->outputs()[0]);
  return ran;
}

TEST(Float16Weights, RunAsFloat32OnesDo) {
  for (const char* disabled : {"", "widen-float16", "*"}) {
    SCOPED_TRACE(disabled);
    const SessionOptions options = {.disabled_passes = {disabled}};
    const Ran expected = run(Storage::Float32, options);
    const Ran actual = run(Storage::Float16, options);
    EXPECT_EQ(actual.output, expected.output);
    for (const auto& [op_type, algorithm] : actual.steps) EXPECT_NE(op_type, "Cast");
  }
}

TEST(Float16Weights, AreFusedAndTransformedAsFloat32Ones) {
  const Ran expected = run(Storage::Float32, {});
  EXPECT_EQ(run(Storage::Float16, {}).steps, expected.steps);
  EXPECT_EQ(
      std::ranges::count(expected.steps, "FusedConv", &std::pair<std::string, std::string>::first),
      3);
}

}  // namespace
}  // namespace fovea
