// If, Loop, Scan and SequenceMap as whole models run them: captures, nesting, shapes that change,
// limits.

#include <gtest/gtest.h>

#include "base/error.h"
#include "session/session.h"
#include "support/model_builder.h"
#include "support/nd.h"

namespace fovea::test {
namespace {

using Options = SessionOptions;

std::unique_ptr<Session> load(const ModelBuilder& model, Options options = {}) {
  const auto bytes = std::make_shared<std::string>(model.bytes());
  return Session::load({std::as_bytes(std::span(*bytes)), bytes}, std::make_shared<ThreadPool>(2),
                       std::move(options));
}

// With and without passes.
std::vector<Tensor> run(const ModelBuilder& model, const std::vector<Feed>& feeds) {
  std::vector<Tensor> outputs = load(model)->run(feeds);
  const std::vector<Tensor> plain = load(model, {.disabled_passes = {"*"}})->run(feeds);
  for (size_t i = 0; i < outputs.size(); ++i) EXPECT_TRUE(identical(outputs[i], plain[i]));
  return outputs;
}

Tensor floats(std::initializer_list<float> values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
}
Tensor truth(bool value) { return Tensor::of<bool>({}, {value}); }
Tensor number(int64_t value) { return Tensor::of<int64_t>({}, {value}); }

using Floats = std::vector<float>;

ModelBuilder double_or_negate() {
  return ModelBuilder(21)
      .input("c", DType::Bool, {})
      .input("x", DType::Float, {"n"})
      .constant("two", Tensor::of<float>({}, {2}))
      .branch("If", {"c"}, {"y"},
              {{"then_branch", ModelBuilder().node("Mul", {"x", "two"}, {"d"}).output("d")},
               {"else_branch", ModelBuilder().node("Neg", {"x"}, {"d"}).output("d")}})
      .node("Add", {"y", "two"}, {"z"})
      .output("z");
}

TEST(If, TakesTheBranchThatIsMeant) {
  const auto session = load(double_or_negate());
  for (const bool condition : {true, false, true}) {
    const auto out = session->run({{"c", truth(condition)}, {"x", floats({1, 5})}});
    EXPECT_EQ(values_of<float>(out[0]), condition ? (Floats{4, 12}) : (Floats{1, -3}));
  }
  EXPECT_EQ(values_of<float>(run(double_or_negate(), {{"c", truth(true)}, {"x", floats({})}})[0]),
            Floats{});
}

TEST(If, AConditionIsOneElement) {
  EXPECT_EQ(
      error_of([] {
        load(ModelBuilder(21)
                 .input("c", DType::Bool, {"n"})
                 .branch("If", {"c"}, {"y"},
                         {{"then_branch", ModelBuilder().constant("a", floats({1})).output("a")},
                          {"else_branch", ModelBuilder().constant("b", floats({2})).output("b")}})
                 .output("y"))
            ->run({{"c", Tensor::of<bool>({2}, {true, true})}});
      }),
      ErrorCode::InvalidInput);
}

// Adds x to the state and keeps each state: the state grows by concatenation, too.
ModelBuilder growing_loop() {
  const ModelBuilder body = ModelBuilder()
                                .input("i", DType::Int64, {})
                                .input("going", DType::Bool, {})
                                .input("sum", DType::Float, {"n"})
                                .input("all", DType::Float, {"m"})
                                .node("Identity", {"going"}, {"on"})
                                .node("Add", {"sum", "x"}, {"next"})
                                .node("Concat", {"all", "next"}, {"longer"}, {{"axis", int64_t{0}}})
                                .output("on", DType::Bool)
                                .output("next")
                                .output("longer")
                                .output("next");
  return ModelBuilder(21)
      .input("trips", DType::Int64, {})
      .input("x", DType::Float, {"n"})
      .constant("zero", Tensor::of<float>({1}, {0}))
      .constant("none", Tensor::of<float>({0}, {}))
      .branch("Loop", {"trips", "", "zero", "none"}, {"last", "long", "each"}, {{"body", body}})
      .output("last")
      .output("long")
      .output("each");
}

TEST(Loop, StateAndShapesGoFromTripToTrip) {
  const auto out = run(growing_loop(), {{"trips", number(3)}, {"x", floats({2})}});
  EXPECT_EQ(values_of<float>(out[0]), Floats{6});
  EXPECT_EQ(values_of<float>(out[1]), (Floats{2, 4, 6}));
  EXPECT_EQ(values_of<float>(out[2]), (Floats{2, 4, 6}));
  EXPECT_EQ(out[2].shape(), (Shape{3, 1}));
}

TEST(Loop, OfNoTripsGivesWhatItWasGiven) {
  const auto out = run(growing_loop(), {{"trips", number(0)}, {"x", floats({2})}});
  EXPECT_EQ(values_of<float>(out[0]), Floats{0});
  EXPECT_EQ(out[1].shape(), Shape({0}));
  EXPECT_EQ(out[2].shape()[0], 0);
}

TEST(Loop, EndsWhereItsConditionDoes) {
  const ModelBuilder body = ModelBuilder()
                                .input("i", DType::Int64, {})
                                .input("going", DType::Bool, {})
                                .input("s", DType::Float, {})
                                .node("Add", {"s", "x"}, {"next"})
                                .node("Less", {"next", "bound"}, {"on"})
                                .output("on", DType::Bool)
                                .output("next");
  const ModelBuilder model = ModelBuilder(21)
                                 .input("x", DType::Float, {})
                                 .constant("bound", Tensor::of<float>({}, {10}))
                                 .branch("Loop", {"", "", "x"}, {"y"}, {{"body", body}})
                                 .output("y");
  EXPECT_EQ(values_of<float>(run(model, {{"x", Tensor::of<float>({}, {4})}})[0]), Floats{12});
}

// One input is left out and one value is captured: as many reads as inputs, all of them constants.
TEST(Loop, OfConstantsThatReadsAnInputIsNoConstant) {
  const ModelBuilder body = ModelBuilder()
                                .input("i", DType::Int64, {})
                                .input("going", DType::Bool, {})
                                .input("s", DType::Float, {})
                                .node("Add", {"s", "x"}, {"next"})
                                .node("Identity", {"going"}, {"on"})
                                .output("on", DType::Bool)
                                .output("next");
  const ModelBuilder model = ModelBuilder(21)
                                 .input("x", DType::Float, {})
                                 .constant("trips", number(3))
                                 .constant("zero", Tensor::of<float>({}, {0}))
                                 .branch("Loop", {"trips", "", "zero"}, {"y"}, {{"body", body}})
                                 .output("y");
  EXPECT_EQ(values_of<float>(run(model, {{"x", Tensor::of<float>({}, {4})}})[0]), Floats{12});
}

TEST(Loop, IsBoundByALimitOfTripsAndCanBeLeft) {
  const ModelBuilder body = ModelBuilder()
                                .input("i", DType::Int64, {})
                                .input("going", DType::Bool, {})
                                .node("Identity", {"going"}, {"on"})
                                .output("on", DType::Bool);
  const ModelBuilder model = ModelBuilder(21)
                                 .input("x", DType::Float, {})
                                 .branch("Loop", {"", ""}, {}, {{"body", body}})
                                 .node("Neg", {"x"}, {"y"})
                                 .output("y");
  // Nothing reads what the endless loop makes: it is no part of the model.
  EXPECT_EQ(values_of<float>(run(model, {{"x", Tensor::of<float>({}, {4})}})[0]), Floats{-4});

  const ModelBuilder endless_body = ModelBuilder()
                                        .input("i", DType::Int64, {})
                                        .input("going", DType::Bool, {})
                                        .input("s", DType::Float, {})
                                        .node("Identity", {"going"}, {"on"})
                                        .node("Neg", {"s"}, {"next"})
                                        .output("on", DType::Bool)
                                        .output("next");
  const ModelBuilder endless = ModelBuilder(21)
                                   .input("x", DType::Float, {})
                                   .branch("Loop", {"", "", "x"}, {"y"}, {{"body", endless_body}})
                                   .output("y");
  Options options;
  options.limits.trips = 1000;
  const auto session = load(endless, options);
  const Feed feed = {"x", Tensor::of<float>({}, {4})};
  EXPECT_EQ(error_of([&] { session->run({feed}); }), ErrorCode::LimitExceeded);
  // Still usable, and a run can be left after any slice.
  auto under_way = session->start({feed});
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(under_way->advance(0));
  under_way.reset();
  EXPECT_EQ(error_of([&] { session->run({feed}); }), ErrorCode::LimitExceeded);
}

TEST(Loop, NestsAndCapturesFromAllAround) {
  const ModelBuilder inner = ModelBuilder()
                                 .input("j", DType::Int64, {})
                                 .input("go", DType::Bool, {})
                                 .input("t", DType::Float, {"n"})
                                 .node("Identity", {"go"}, {"go_on"})
                                 .node("Add", {"t", "scaled"}, {"t_next"})
                                 .output("go_on", DType::Bool)
                                 .output("t_next");
  const ModelBuilder outer =
      ModelBuilder()
          .input("i", DType::Int64, {})
          .input("going", DType::Bool, {})
          .input("s", DType::Float, {"n"})
          .node("Mul", {"x", "two"}, {"scaled"})
          .branch("Loop", {"trips", "going", "s"}, {"s_next"}, {{"body", inner}})
          .node("Identity", {"going"}, {"on"})
          .output("on", DType::Bool)
          .output("s_next");
  const ModelBuilder model = ModelBuilder(21)
                                 .input("trips", DType::Int64, {})
                                 .input("x", DType::Float, {"n"})
                                 .constant("two", Tensor::of<float>({}, {2}))
                                 .branch("Loop", {"trips", "", "x"}, {"y"}, {{"body", outer}})
                                 .output("y");
  // x + trips * trips * 2 x
  EXPECT_EQ(values_of<float>(run(model, {{"trips", number(3)}, {"x", floats({1, 10})}})[0]),
            (Floats{19, 190}));
}

TEST(Loop, ErrorsInsideNameTheNode) {
  const ModelBuilder body = ModelBuilder()
                                .input("i", DType::Int64, {})
                                .input("going", DType::Bool, {})
                                .input("s", DType::Float, {"n"})
                                .node("Identity", {"going"}, {"on"})
                                .node("Concat", {"s", "s"}, {"next"}, {{"axis", int64_t{0}}})
                                .node("Add", {"next", "x"}, {"sum"})
                                .output("on", DType::Bool)
                                .output("sum");
  const ModelBuilder model = ModelBuilder(21)
                                 .input("trips", DType::Int64, {})
                                 .input("x", DType::Float, {"m"})
                                 .constant("one", Tensor::of<float>({1}, {1}))
                                 .branch("Loop", {"trips", "", "one"}, {"y"}, {{"body", body}})
                                 .output("y");
  const auto session = load(model);
  try {
    session->run({{"trips", number(3)}, {"x", floats({1, 2})}});
    FAIL() << "no error was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.field("op"), "Add");
  }
  EXPECT_EQ(values_of<float>(session->run({{"trips", number(1)}, {"x", floats({1, 2})}})[0]),
            (Floats{2, 3}));
}

TEST(Scan, GoesThroughAxesInBothDirections) {
  const ModelBuilder body = ModelBuilder()
                                .input("sum", DType::Float, {"n"})
                                .input("row", DType::Float, {"n"})
                                .node("Add", {"sum", "row"}, {"next"})
                                .node("Identity", {"next"}, {"out"})
                                .output("next")
                                .output("out");
  const auto model = [&](std::vector<ModelBuilder::Attribute> attributes) {
    attributes.emplace_back("num_scan_inputs", int64_t{1});
    return ModelBuilder(21)
        .input("zero", DType::Float, {"n"})
        .input("x", DType::Float, {"a", "b"})
        .branch("Scan", {"zero", "x"}, {"last", "each"}, {{"body", body}}, std::move(attributes))
        .output("last")
        .output("each");
  };
  const Tensor x = Tensor::of<float>({3, 2}, {1, 2, 10, 20, 100, 200});
  const auto rows = run(model({}), {{"zero", floats({0, 0})}, {"x", x}});
  EXPECT_EQ(values_of<float>(rows[0]), (Floats{111, 222}));
  EXPECT_EQ(values_of<float>(rows[1]), (Floats{1, 2, 11, 22, 111, 222}));
  const std::vector<int64_t> one = {1};
  const auto columns = run(model({{"scan_input_axes", one},
                                  {"scan_input_directions", one},
                                  {"scan_output_axes", one},
                                  {"scan_output_directions", one}}),
                           {{"zero", floats({0, 0, 0})}, {"x", x}});
  EXPECT_EQ(values_of<float>(columns[0]), (Floats{3, 30, 300}));
  EXPECT_EQ(values_of<float>(columns[1]), (Floats{3, 2, 30, 20, 300, 200}));
}

// There is nothing to fold: what a body is computed with, only a run has.
TEST(Scan, OfConstantsIsComputedByARun) {
  const ModelBuilder body = ModelBuilder()
                                .input("sum", DType::Float, {2})
                                .input("row", DType::Float, {2})
                                .node("Add", {"sum", "row"}, {"next"})
                                .node("Identity", {"next"}, {"out"})
                                .output("next")
                                .output("out");
  const ModelBuilder model =
      ModelBuilder(21)
          .constant("zero", Tensor::of<float>({2}, {0, 0}))
          .constant("x", Tensor::of<float>({2, 3}, {1, 2, 3, 10, 20, 30}))
          .branch("Scan", {"zero", "x"}, {"last", "each"}, {{"body", body}},
                  {{"num_scan_inputs", int64_t{1}}, {"scan_input_axes", std::vector<int64_t>{1}}})
          .output("last")
          .output("each");
  const auto results = run(model, {});
  EXPECT_EQ(values_of<float>(results[0]), (Floats{6, 60}));
  EXPECT_EQ(values_of<float>(results[1]), (Floats{1, 10, 3, 30, 6, 60}));
}

TEST(SequenceMap, RunsItsBodyForEachTensor) {
  const ModelBuilder body = ModelBuilder()
                                .input("item", DType::Float, {"n"})
                                .input("same", DType::Float, {})
                                .node("Mul", {"item", "same"}, {"out"})
                                .output("out");
  const ModelBuilder model = ModelBuilder(21)
                                 .input("a", DType::Float, {"n"})
                                 .input("b", DType::Float, {"m"})
                                 .constant("three", Tensor::of<float>({}, {3}))
                                 .node("SequenceConstruct", {"a", "b"}, {"s"})
                                 .branch("SequenceMap", {"s", "three"}, {"t"}, {{"body", body}})
                                 .node("ConcatFromSequence", {"t"}, {"y"}, {{"axis", int64_t{0}}})
                                 .output("y");
  EXPECT_EQ(values_of<float>(run(model, {{"a", floats({1})}, {"b", floats({2, 4})}})[0]),
            (Floats{3, 6, 12}));
}

// A product whose weights lie outside is packed once for all trips.
TEST(Loop, ReadsWeightsFromOutside) {
  const ModelBuilder body = ModelBuilder()
                                .input("i", DType::Int64, {})
                                .input("going", DType::Bool, {})
                                .input("s", DType::Float, {1, 2})
                                .node("Identity", {"going"}, {"on"})
                                .node("MatMul", {"s", "w"}, {"next"})
                                .output("on", DType::Bool)
                                .output("next");
  const ModelBuilder model = ModelBuilder(21)
                                 .input("trips", DType::Int64, {})
                                 .input("x", DType::Float, {1, 2})
                                 .constant("w", Tensor::of<float>({2, 2}, {1, 1, 1, 0}))
                                 .branch("Loop", {"trips", "", "x"}, {"y"}, {{"body", body}})
                                 .output("y");
  // Fibonacci's numbers.
  EXPECT_EQ(values_of<float>(
                run(model, {{"trips", number(10)}, {"x", Tensor::of<float>({1, 2}, {1, 0})}})[0]),
            (Floats{89, 55}));
}

}  // namespace
}  // namespace fovea::test
