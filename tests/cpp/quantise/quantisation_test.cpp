// Whole networks, whose questions the engine answers.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "quantising.h"

namespace fovea::quantise {
namespace {

using test::ModelBuilder;

std::vector<Tensor> images(int64_t channels, int count = 4) {
  std::vector<Tensor> out;
  for (int i = 0; i < count; ++i) {
    out.push_back(smooth_image({1, channels, 17, 14}, static_cast<uint32_t>(i)));
  }
  return out;
}

Tensor weights(Shape shape, uint32_t seed) {
  const float reach = 1.5f / std::sqrt(static_cast<float>(shape.elements(1, shape.rank())));
  return random_tensor(std::move(shape), seed, -reach, reach);
}

const ModelBuilder::Attribute kPads = {"pads", std::vector<int64_t>{1, 1, 1, 1}};

// Three convolutions, the second of which reads a skip as well as the third.
ModelBuilder chain() {
  return ModelBuilder()
      .input("x", DType::Float, {1, 8, "h", "w"})
      .constant("w1", weights({12, 8, 3, 3}, 1))
      .constant("b1", random_tensor({12}, 2))
      .constant("slopes", random_tensor({12, 1, 1}, 3))
      .constant("w2", weights({12, 12, 3, 3}, 4))
      .constant("w3", weights({4, 12, 3, 3}, 5))
      .constant("b3", random_tensor({4}, 6))
      .node("Conv", {"x", "w1", "b1"}, {"first"}, {kPads})
      .node("PRelu", {"first", "slopes"}, {"activated"})
      .node("Conv", {"activated", "w2"}, {"second"}, {kPads})
      .node("Add", {"second", "activated"}, {"added"})
      .node("Conv", {"added", "w3", "b3"}, {"third"}, {kPads})
      .node("DepthToSpace", {"third"}, {"y"}, {{"blocksize", int64_t{2}}})
      .output("y");
}

Options all_of_it() {
  Options options;
  options.keep_float.emplace();
  return options;
}

double error(const std::string& model, const std::string& original, const Tensor& image) {
  const auto a = test::load(model)->run({{"x", image}});
  const auto b = test::load(original)->run({{"x", image}});
  double sum = 0, signal = 0;
  for (size_t i = 0; i < a[0].as<float>().size(); ++i) {
    sum += std::pow(a[0].as<float>()[i] - b[0].as<float>()[i], 2);
    signal += std::pow(b[0].as<float>()[i], 2);
  }
  return std::sqrt(sum / signal);
}

TEST(Quantisation, GivesAFileThatComputesNearlyTheSame) {
  const std::string model = chain().bytes();
  const Result result = quantised(model, all_of_it(), images(8));
  EXPECT_EQ(count(result.model, "Conv"), 3);
  EXPECT_EQ(count(result.model, "QuantizeLinear"), 3);
  EXPECT_EQ(count(result.model, "DequantizeLinear"), 6);
  EXPECT_LT(error(result.model, model, smooth_image({1, 8, 30, 21}, 77)), 0.03);
  EXPECT_LT(result.model.size(), model.size());
  EXPECT_EQ(result.report.bytes_before, model.size());
  EXPECT_EQ(result.report.bytes_after, result.model.size());
  EXPECT_TRUE(std::isnan(result.report.psnr_before));
  ASSERT_EQ(result.report.layers.size(), 3u);
  for (const LayerReport& layer : result.report.layers) {
    EXPECT_TRUE(layer.quantised) << layer.node;
    EXPECT_GT(layer.weights_snr, 15);
    EXPECT_GT(layer.loss_db, 0);
    EXPECT_EQ(layer.macs,
              17 * 14 * (layer.input == "added" ? 4 : 12) * (layer.input == "x" ? 8 : 12) * 9);
    EXPECT_LT(layer.bytes_after, layer.bytes_before);
    EXPECT_EQ(layer.histogram.size(), size_t{Histogram::kBins});
  }
}

TEST(Quantisation, SeesLessOfALossTheMoreIsEnlarged) {
  const std::string model = chain().bytes();
  Options options = all_of_it();
  const double doubled = quantised(model, options, images(8)).report.loss_db;
  options.enlargement = 4;
  const double four_times = quantised(model, options, images(8)).report.loss_db;
  // 5 dB of the error, of which a large one takes less.
  EXPECT_GT(doubled, 2 * four_times);
  EXPECT_LT(doubled, std::sqrt(10.0) * four_times);
}

TEST(Quantisation, HoldsItsBudget) {
  const std::string model = chain().bytes();
  const double all = quantised(model, all_of_it(), images(8)).report.loss_db;
  for (const double part : {0.9, 0.4, 0.0}) {
    Options options;
    options.budget_db = part * all;
    const Result result = quantised(model, options, images(8));
    EXPECT_LE(result.report.loss_db, options.budget_db);
    EXPECT_LT(count(result.model, "QuantizeLinear"), 3);
    for (const LayerReport& layer : result.report.layers) {
      EXPECT_EQ(layer.quantised, layer.reason.empty()) << layer.node;
    }
  }
  Options generous;
  generous.budget_db = 1.1 * all;
  EXPECT_EQ(count(quantised(model, generous, images(8)).model, "QuantizeLinear"), 3);
}

TEST(Quantisation, IsTheSameEachTime) {
  const std::string model = chain().bytes();
  EXPECT_EQ(quantised(model, {}, images(8)).model, quantised(model, {}, images(8)).model);
}

TEST(Quantisation, TakesAllItsOptions) {
  const std::string model = chain().bytes();
  const Tensor other = smooth_image({1, 8, 9, 9}, 5);
  for (const Method method : {Method::MinMax, Method::Percentile, Method::Mse, Method::Entropy}) {
    for (const DType activations : {DType::Uint8, DType::Int8}) {
      for (const bool yes : {false, true}) {
        Options options = all_of_it();
        options.method = method;
        options.activations = activations;
        options.per_channel = yes;
        options.bias_correction = !yes;
        options.equalise = yes;
        options.float16 = yes;
        options.rounding = yes ? Rounding::Gptq : Rounding::Nearest;
        const Result result = quantised(model, options, images(8, 2));
        EXPECT_LT(error(result.model, model, other), 0.15);
      }
    }
  }
}

TEST(Quantisation, EverywhereMakesAllValuesBytes) {
  const std::string model = chain().bytes();
  Options options = all_of_it();
  options.placement = Placement::Everywhere;
  const Result result = quantised(model, options, images(8));
  // x, first, activated, second, added, third and y.
  EXPECT_EQ(count(result.model, "QuantizeLinear"), 7);
  // Those, three weights and three biases, the second of which corrects means.
  EXPECT_EQ(count(result.model, "DequantizeLinear"), 13);
  EXPECT_LT(error(result.model, model, smooth_image({1, 8, 12, 20}, 3)), 0.08);
  const onnx::Model decoded = onnx::decode(std::as_bytes(std::span(result.model)));
  EXPECT_EQ(decoded.graph.outputs[0].name, "y");
  // What only moves bytes has the scale of what it moves.
  const auto scale_of = [&](std::string_view value) {
    for (const onnx::Node& node : decoded.graph.nodes) {
      if (node.op_type != "QuantizeLinear" || !node.outputs[0].starts_with(value)) continue;
      for (const onnx::Tensor& tensor : decoded.graph.initializers) {
        if (tensor.name == node.inputs[1]) return tensor.raw_data;
      }
    }
    return std::span<const std::byte>();
  };
  ASSERT_EQ(scale_of("third").size(), sizeof(float));
  EXPECT_TRUE(std::ranges::equal(scale_of("third"), scale_of("y_")));
}

TEST(Quantisation, LeavesWhatIsNamedFloat) {
  ModelBuilder builder = chain();
  const std::string model = builder.bytes();
  const Result all = quantised(model, all_of_it(), images(8));
  Options options;
  options.keep_float = {all.report.layers[1].node};
  const Result result = quantised(model, options, images(8));
  EXPECT_EQ(count(result.model, "QuantizeLinear"), 2);
  EXPECT_FALSE(result.report.layers[1].quantised);
  options.keep_float = {"nobody"};
  EXPECT_THROW(quantised(model, options, images(8)), Error);
}

TEST(Quantisation, TellsOfAllLayersInTheirOrder) {
  ModelBuilder builder;
  builder.input("x", DType::Float, {1, 2, 17, 14})
      .constant("w0", weights({8, 2, 3, 3}, 1))
      .constant("w1", weights({8, 8, 3, 3}, 2))
      .constant("w2", weights({2, 8, 1, 1}, 3))
      .node("Conv", {"x", "w0"}, {"a"})
      .node("Conv", {"a", "w1"}, {"b"})
      .node("Conv", {"b", "w2"}, {"y"})
      .output("y");
  const Report report = quantised(builder.bytes(), all_of_it(), images(2)).report;
  ASSERT_EQ(report.layers.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(report.layers[i].op_type, "Conv");
    EXPECT_EQ(report.layers[i].quantised, i == 1);
    EXPECT_EQ(report.layers[i].reason.empty(), i == 1);
  }
}

TEST(Quantisation, TellsTheLossAgainstTheTruth) {
  const std::string model = chain().bytes();
  const auto all = images(8, 3);
  std::vector<Sample> samples(3);
  samples[2].held_out = true;
  Tensor truth = copy_of(test::load(model)->run({{"x", all[2]}})[0]);
  for (float& x : truth.mutable_as<float>()) x += 0.01f;
  samples[2].truth = truth;
  Options options = all_of_it();
  options.peak = 1;
  const Result result = quantised(model, options, all, samples);
  EXPECT_NEAR(result.report.psnr_before, 40, 1e-3);
  EXPECT_LT(result.report.psnr_after, result.report.psnr_before);
  samples[2].truth = Tensor::of<float>({1}, {0.0f});
  EXPECT_THROW(quantised(model, options, all, samples), Error);
}

// A model of one node, whose weights are a constant of any kind.
ModelBuilder one(const std::string& op_type, Shape input, std::vector<std::string> inputs,
                 std::vector<ModelBuilder::Attribute> attributes = {}) {
  ModelBuilder builder;
  std::vector<ModelBuilder::Size> sizes(input.begin(), input.end());
  builder.input("x", DType::Float, sizes);
  builder.node(op_type, std::move(inputs), {"y"}, std::move(attributes)).output("y");
  return builder;
}

TEST(Quantisation, KnowsAllThatMultipliesByWeights) {
  struct Case {
    std::string op_type;
    Shape input;
    Shape weights;
    std::vector<ModelBuilder::Attribute> attributes;
  };
  const std::vector<Case> cases = {
      {"Conv", {2, 4, 11, 9}, {6, 4, 3, 3}, {}},
      {"Conv", {1, 8, 11, 9}, {8, 4, 3, 3}, {{"group", int64_t{2}}}},
      {"Conv", {1, 6, 16, 17}, {6, 1, 7, 7}, {{"group", int64_t{6}}}},
      {"Conv",
       {1, 4, 12, 13},
       {5, 4, 3, 3},
       {{"strides", std::vector<int64_t>{2, 3}}, {"dilations", std::vector<int64_t>{2, 1}}}},
      {"Conv", {1, 4, 12, 13}, {5, 4, 3, 4}, {{"auto_pad", std::string("SAME_LOWER")}}},
      {"Conv", {1, 4, 12, 13}, {5, 4, 3, 4}, {{"auto_pad", std::string("SAME_UPPER")}}},
      {"Conv", {1, 64, 5, 4}, {3, 64, 1, 1}, {}},
      {"Gemm", {20, 40}, {40, 7}, {}},
      {"Gemm", {20, 40}, {7, 40}, {{"transB", int64_t{1}}}},
      {"MatMul", {2, 3, 10, 40}, {40, 7}, {}},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    const Case& one_case = cases[i];
    SCOPED_TRACE(i);
    const std::string model = one(one_case.op_type, one_case.input, {"x", "w"}, one_case.attributes)
                                  .constant("w", weights(one_case.weights, 3))
                                  .bytes();
    std::vector<Tensor> inputs;
    for (uint32_t seed = 0; seed < 3; ++seed) inputs.push_back(smooth_image(one_case.input, seed));
    const Result result = quantised(model, all_of_it(), inputs);
    EXPECT_EQ(count(result.model, "QuantizeLinear"), 1);
    EXPECT_LT(error(result.model, model, smooth_image(one_case.input, 9)), 0.02);
  }
}

TEST(Quantisation, FindsWeightsBehindConstantsAndCasts) {
  Tensor halves = Tensor::allocate(DType::Float16, {4, 4, 3, 3});
  const Tensor floats = weights({4, 4, 3, 3}, 8);
  for (size_t i = 0; i < 144; ++i) halves.mutable_as<Half>()[i] = to_half(floats.as<float>()[i]);
  for (const bool cast : {false, true}) {
    ModelBuilder builder;
    builder.input("x", DType::Float, {1, 4, 17, 14});
    if (cast) {
      builder.constant("halves", halves).node("Cast", {"halves"}, {"w"}, {{"to", int64_t{1}}});
    } else {
      builder.node("Constant", {}, {"w"}, {{"value", floats}});
    }
    const std::string model = builder.node("Conv", {"x", "w"}, {"y"}).output("y").bytes();
    const Result result = quantised(model, all_of_it(), images(4));
    EXPECT_EQ(count(result.model, "DequantizeLinear"), 2);
    // What the weights were made of is gone.
    EXPECT_EQ(count(result.model, cast ? "Cast" : "Constant"), 0);
    const onnx::Model decoded = onnx::decode(std::as_bytes(std::span(result.model)));
    EXPECT_EQ(std::ranges::count(decoded.graph.initializers, "halves", &onnx::Tensor::name), 0);
  }
}

TEST(Quantisation, KeepsWeightsThatOthersRead) {
  const std::string model = one("Conv", {1, 4, 17, 14}, {"x", "w"})
                                .constant("w", weights({4, 4, 3, 3}, 8))
                                .node("Identity", {"w"}, {"same"})
                                .output("same")
                                .bytes();
  const Result result = quantised(model, all_of_it(), images(4));
  EXPECT_EQ(test::load(result.model)->run({{"x", images(4)[0]}})[1].shape(), (Shape{4, 4, 3, 3}));
}

TEST(Quantisation, RaisesOldOpsets) {
  ModelBuilder builder(11);
  builder.input("x", DType::Float, {1, 4, 17, 14})
      .constant("w", weights({4, 4, 3, 3}, 8))
      .node("Conv", {"x", "w"}, {"c"})
      .node("Squeeze", {"c"}, {"y"}, {{"axes", std::vector<int64_t>{0}}})
      .output("y");
  const Result result = quantised(builder.bytes(), all_of_it(), images(4));
  EXPECT_EQ(test::load(result.model)->run({{"x", images(4)[0]}})[0].shape(), (Shape{4, 15, 12}));
}

TEST(Quantisation, TakesValuesThatAreAlwaysZero) {
  ModelBuilder builder;
  builder.input("x", DType::Float, {1, 4, 17, 14})
      .constant("none", Tensor::of<float>({}, {0.0f}))
      .constant("w1", weights({4, 4, 3, 3}, 8))
      .constant("zeros", Tensor::of<float>({4, 4, 3, 3}, std::vector<float>(144)))
      .node("Conv", {"x", "zeros"}, {"a"})
      .node("Conv", {"a", "w1"}, {"y"})
      .output("y");
  const Result result = quantised(builder.bytes(), all_of_it(), images(4));
  const auto outputs = test::load(result.model)->run({{"x", images(4)[0]}});
  for (const float x : outputs[0].as<float>()) EXPECT_EQ(x, 0);
  EXPECT_TRUE(std::isfinite(result.report.loss_db));
}

// ---- What cannot be done ----

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
    return error.message();
  }
  return "no error";
}

TEST(Quantisation, SaysWhyItCannot) {
  const std::string model = chain().bytes();
  const auto says = [&](const std::string& bytes, const Options& options, std::vector<Tensor> all,
                        const std::string& part) {
    const std::string message = message_of([&] { quantised(bytes, options, all); });
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  says(model, {}, {}, "no pictures or feeds");
  Options budget;
  budget.budget_db = -1;
  says(model, budget, images(8), "budget");
  Options activations;
  activations.activations = DType::Int16;
  says(model, activations, images(8), "int16");
  says(quantised(model, {}, images(8)).model, {}, images(8), "quantised already");
  says(one("Relu", {1, 4, 17, 14}, {"x"}).bytes(), {}, images(4), "nothing to quantise");
  says(one("Conv", {1, 1, 17, 14}, {"x", "w"}).constant("w", weights({1, 1, 3, 3}, 1)).bytes(), {},
       images(1), "only 9 products");
  Tensor broken = weights({4, 4, 3, 3}, 1);
  broken.mutable_as<float>()[7] = std::numeric_limits<float>::quiet_NaN();
  says(one("Conv", {1, 4, 17, 14}, {"x", "w"}).constant("w", broken).bytes(), {}, images(4),
       "not all finite");
  auto infinite = images(8);
  infinite[1].mutable_as<float>()[3] = std::numeric_limits<float>::infinity();
  says(model, {}, infinite, "not finite");
}

TEST(Quantisation, CanBeLeftAtAnyQuestion) {
  const std::string model = chain().bytes();
  const auto all = images(8, 2);
  const auto original = test::load(model);
  for (int last = 0; last < 12; ++last) {
    Quantisation quantisation(model, {}, std::vector<Sample>(2));
    std::unique_ptr<Session> candidate;
    for (int i = 0; i < last; ++i) {
      const Question* question = quantisation.question();
      ASSERT_TRUE(question);
      if (question->model != 0) candidate = test::load(std::string(question->bytes));
      Session& session = question->model == 0 ? *original : *candidate;
      quantisation.answer(session.run({{"x", all[question->sample]}}, question->fetches));
    }
  }
}

TEST(Quantisation, RefusesAnswersToOtherQuestions) {
  Quantisation quantisation(chain().bytes(), {}, std::vector<Sample>(1));
  ASSERT_TRUE(quantisation.question());
  EXPECT_THROW(quantisation.answer({}), Error);
  // Of other sizes than the weights say.
  while (const Question* question = quantisation.question()) {
    std::vector<Tensor> values(question->fetches.size(), random_tensor({1, 3, 2, 2}, 1));
    try {
      quantisation.answer(std::move(values));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
      return;
    }
  }
  FAIL() << "it took any answer";
}

}  // namespace
}  // namespace fovea::quantise
