#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/model_builder.h"
#include "support/random.h"
#include "support/session_runner.h"

// Models of float16: computed in float32, rounded where they say so.

namespace fovea {
namespace {

using test::ModelBuilder;

const std::vector<std::string> kDisabledPasses[] = {{}, {"fold-constants"}, {"*"}};

// ---- models that compute in float32 and store their weights as float16, each followed by a Cast
// (training/half.py), against the same models with the same weights in float32 ----

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
  for (const std::vector<std::string>& disabled : kDisabledPasses) {
    SCOPED_TRACE(testing::PrintToString(disabled));
    const SessionOptions options = {.disabled_passes = disabled};
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

// ---- models that compute in float16, or convert to it ----

constexpr auto kFloat = static_cast<int64_t>(DType::Float);

Tensor halves(const Shape& shape, const std::vector<float>& values) {
  std::vector<Half> out;
  for (const float value : values) out.push_back(to_half(value));
  return Tensor::of<Half>(shape, std::span<const Half>(out));
}

// Every value of the model in all ways to load it.
template <class Check>
void with_and_without_passes(const ModelBuilder& model, const Check& check) {
  for (const std::vector<std::string>& disabled : kDisabledPasses) {
    SCOPED_TRACE(testing::PrintToString(disabled));
    check(*test::load(model.bytes(), {.disabled_passes = disabled}));
  }
}

// What a model converts to a narrower type is rounded, though it is computed in float32.
TEST(Float16, ExplicitConversionsRound) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Tensor x = Tensor::of<float>({5}, {70000.0f, 2049.0f, 257.0f, 1e-9f, -0.1f});
  const std::vector<std::pair<DType, std::vector<float>>> cases = {
      {DType::Float16, {kInfinity, 2048.0f, 257.0f, 0.0f, -0.0999755859375f}},
      {DType::BFloat16, {70144.0f, 2048.0f, 256.0f, 0x1.12p-30f, -0.10009765625f}}};
  for (const auto& [narrow, expected] : cases) {
    const Tensor like =
        narrow == DType::Float16 ? halves({1}, {1.0f}) : Tensor::of<BFloat>({1}, {to_bfloat(1.0f)});
    for (const bool by_example : {false, true}) {
      ModelBuilder model;
      model.input("x", DType::Float, {5}).constant("like", like);
      if (by_example) {
        model.node("CastLike", {"x", "like"}, {"h"});
      } else {
        model.node("Cast", {"x"}, {"h"}, {{"to", static_cast<int64_t>(narrow)}});
      }
      model.node("Cast", {"h"}, {"y"}, {{"to", kFloat}}).output("y");
      with_and_without_passes(model, [&](Session& session) {
        EXPECT_EQ(to_floats(session.run({{"x", x}})[0]), expected);
      });
    }
  }
}

TEST(Float16, ConversionsWithinAFloat16ModelRound) {
  const auto model =
      ModelBuilder()
          .input("x", DType::Float16, {2})
          .node("Cast", {"x"}, {"f"}, {{"to", kFloat}})
          .node("Mul", {"f", "f"}, {"ff"})
          .node("Cast", {"ff"}, {"h"}, {{"to", static_cast<int64_t>(DType::Float16)}})
          .node("Cast", {"h"}, {"y"}, {{"to", kFloat}})
          .output("y");
  with_and_without_passes(model, [&](Session& session) {
    const auto y = session.run({{"x", halves({2}, {2000.0f, 45.25f})}});
    EXPECT_EQ(to_floats(y[0]),
              (std::vector<float>{std::numeric_limits<float>::infinity(), 2048.0f}));
  });
}

// Whether the model declares their types or not.
TEST(Float16, FetchedValuesHaveTheirOwnTypes) {
  const auto model = ModelBuilder()
                         .input("x", DType::Float16, {3})
                         .constant("c", halves({1}, {2.0f}))
                         .constant("zero", halves({}, {0.0f}))
                         .node("Relu", {"x"}, {"h"})
                         .node("Greater", {"h", "zero"}, {"b"})
                         .node("Where", {"b", "h", "c"}, {"w"})
                         .node("Cast", {"w"}, {"f"}, {{"to", kFloat}})
                         .node("Mul", {"w", "c"}, {"y"})
                         .output("y", DType::Float16);
  const std::vector<std::pair<std::string, DType>> types = {
      {"x", DType::Float16}, {"h", DType::Float16}, {"b", DType::Bool},   {"w", DType::Float16},
      {"c", DType::Float16}, {"f", DType::Float},   {"y", DType::Float16}};
  const std::vector<Feed> feeds = {{"x", halves({3}, {-1.0f, 0.5f, 3.0f})}};
  with_and_without_passes(model, [&](Session& session) {
    for (const auto& [name, dtype] : types) {
      EXPECT_EQ(session.run(feeds, {name})[0].dtype(), dtype) << name;
    }
    const std::vector<Tensor> some = session.run(feeds, {"y", "h", "y"});
    EXPECT_EQ(to_floats(some[0]), (std::vector<float>{4.0f, 1.0f, 6.0f}));
    EXPECT_EQ(to_floats(some[1]), (std::vector<float>{0.0f, 0.5f, 3.0f}));
    EXPECT_EQ(to_floats(some[2]), to_floats(some[0]));
  });
}

// In a sequence, tensors have their own types, too.
TEST(Float16, SequencesHoldAndGiveFloat16) {
  const auto model = ModelBuilder()
                         .sequence_input("s", DType::Float16)
                         .input("x", DType::Float16, {2})
                         .constant("zero", Tensor::of<int64_t>({}, {0}))
                         .node("SequenceAt", {"s", "zero"}, {"first"})
                         .node("Add", {"first", "x"}, {"sum"})
                         .node("SequenceInsert", {"s", "sum"}, {"y"})
                         .sequence_output("y", DType::Float16);
  const std::vector<Feed> feeds = {{"s", Tensor::sequence_of({halves({2}, {1.0f, 2.0f})})},
                                   {"x", halves({2}, {0.5f, 0.25f})}};
  with_and_without_passes(model, [&](Session& session) {
    const Tensor y = session.run(feeds)[0];
    ASSERT_EQ(y.elements(), 2);
    const std::vector<float> expected[] = {{1.0f, 2.0f}, {1.5f, 2.25f}};
    for (const size_t i : {size_t{0}, size_t{1}}) {
      const Tensor& item = y.as<Tensor>()[i];
      EXPECT_EQ(item.dtype(), DType::Float16);
      EXPECT_EQ(to_floats(item), expected[i]);
    }
    EXPECT_EQ(feeds[0].tensor.as<Tensor>()[0].dtype(), DType::Float16);
  });
}

ModelBuilder half_convolution() {
  return ModelBuilder()
      .input("x", DType::Float16, {1, 1, 3, 3})
      .constant("w", halves({2, 1, 1, 1}, {2.0f, -1.0f}))
      .node("Conv", {"x", "w"}, {"c"})
      .node("Relu", {"c"}, {"y"})
      .output("y", DType::Float16);
}

TEST(Float16, RunsWithoutAnyPass) {
  with_and_without_passes(half_convolution(), [](Session& session) {
    const Tensor x = halves({1, 1, 3, 3}, {0, 1, 2, 3, 4, -5, -6, -7, -8});
    const Tensor y = session.run({{"x", x}})[0];
    EXPECT_EQ(y.dtype(), DType::Float16);
    EXPECT_EQ(to_floats(y),
              (std::vector<float>{0, 2, 4, 6, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 6, 7, 8}));
  });
}

TEST(Float16, IsCountedWithoutRunning) {
  const auto bytes = std::make_shared<const std::string>(half_convolution().bytes());
  const ModelReport report = check_model({std::as_bytes(std::span(*bytes)), bytes});
  EXPECT_EQ(report.macs, 18);
}

}  // namespace
}  // namespace fovea
