// Operators that the host computes: what is asked, what is answered, and in which types.

#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "session/session.h"
#include "support/model_builder.h"
#include "support/nd.h"
#include "support/session_runner.h"

namespace fovea::test {
namespace {

constexpr const char* kDomain = "com.example";

// Gives each of its outputs the type and the shape of its first input.
class Alike : public CustomOperator {
 public:
  explicit Alike(std::string type = "Custom", int first_opset = 1, std::string in_domain = kDomain)
      : CustomOperator(std::move(in_domain), std::move(type), first_opset) {}
  void infer(InferContext& context) const override {
    for (int i = 0; i < context.output_count(); ++i) {
      context.set_output(i, context.dtype(0), context.shape(0));
    }
  }
};

// Says nothing of its outputs.
class Unknown : public Alike {
 public:
  using Alike::Alike;
  void infer(InferContext& context) const override {
    for (int i = 0; i < context.output_count(); ++i) {
      context.set_dynamic_output(i, DType::Undefined);
    }
  }
};

// Has as many elements as its second input says.
class Sized : public CustomOperator {
 public:
  Sized() : CustomOperator(kDomain, "Custom", 1, {1}) {}
  void infer(InferContext& context) const override {
    context.set_output(0, context.dtype(0), Shape(context.int64s(1)));
  }
};

SessionOptions with(std::unique_ptr<CustomOperator> custom,
                    std::vector<std::string> disabled = {}) {
  std::vector<std::unique_ptr<CustomOperator>> all;
  all.push_back(std::move(custom));
  return {.disabled_passes = std::move(disabled),
          .operators = std::make_shared<CustomOperators>(std::move(all), kOpTable)};
}

template <class Custom>
SessionOptions with(std::vector<std::string> disabled = {}) {
  return with(std::make_unique<Custom>(), std::move(disabled));
}

using Host = std::function<std::vector<Tensor>(const HostQuestion&)>;

std::vector<Tensor> run(Session& session, std::vector<Feed> feeds, const Host& host) {
  const auto run = session.start(std::move(feeds));
  while (!run->advance(1e6)) {
    if (run->question()) run->answer(host(*run->question()));
  }
  std::vector<Tensor> outputs;
  for (const Tensor& output : run->outputs()) outputs.push_back(copy_of(output));
  return outputs;
}

Tensor row(std::initializer_list<float> values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
}

// One more than each element of input 0.
std::vector<Tensor> add_one(const HostQuestion& question) {
  std::vector<float> values = floats(question.inputs.at(0));
  for (float& value : values) value += 1;
  return {Tensor::of<float>(question.inputs[0].shape(), std::span<const float>(values))};
}

ModelBuilder model() {
  return ModelBuilder().import_opset(kDomain, 1).input("x", DType::Float, {"n"});
}

ModelBuilder chain() {
  return model()
      .node("Add", {"x", "x"}, {"a"})
      .node("Custom", {"a"}, {"b"}, {}, kDomain)
      .node("Neg", {"b"}, {"c"})
      .node("Custom", {"c"}, {"d"}, {}, kDomain)
      .node("Mul", {"d", "b"}, {"y"})
      .output("y");
}

using Floats = std::vector<float>;

TEST(Custom, NodesAreComputedByTheHost) {
  for (const auto& options : {with<Alike>(), with<Unknown>(), with<Alike>({"*"})}) {
    const auto session = load(chain().bytes(), options);
    EXPECT_EQ(floats(run(*session, {{"x", row({1, 2})}}, add_one)[0]), (Floats{-6, -20}));
    EXPECT_EQ(floats(run(*session, {{"x", row({0, 1, 2})}}, add_one)[0]), (Floats{0, -6, -20}));
  }
}

TEST(Custom, OutputsAreKnownBeforeWhereInferSaysSo) {
  const auto shape = [](const SessionOptions& options) {
    const auto session = load(chain().bytes(), options);
    return session->start({{"x", row({1, 2})}})->planned_shapes()[0];
  };
  EXPECT_EQ(shape(with<Alike>()), Shape({2}));
  EXPECT_EQ(shape(with<Unknown>()), std::nullopt);
}

TEST(Custom, InferKnowsTheElementsItAsksFor) {
  const auto session = load(model()
                                .input("rank", DType::Int64, {1})
                                .node("Add", {"rank", "rank"}, {"twice"})
                                .node("Custom", {"x", "twice"}, {"y"}, {}, kDomain)
                                .output("y")
                                .bytes(),
                            with<Sized>());
  const auto outputs = run(*session, {{"x", row({7})}, {"rank", int64_vector({2})}},
                           [](const HostQuestion& question) -> std::vector<Tensor> {
                             const float value = floats(question.inputs[0])[0];
                             return {row({value, value, value, value})};
                           });
  EXPECT_EQ(floats(outputs[0]), (Floats{7, 7, 7, 7}));
}

TEST(Custom, InputsAndOutputsMayBeLeftOut) {
  const auto session = load(model()
                                .node("Custom", {"x", "", "x"}, {"a", "", "c"}, {}, kDomain)
                                .node("Sub", {"a", "c"}, {"y"})
                                .output("y")
                                .bytes(),
                            with<Alike>());
  const auto outputs =
      run(*session, {{"x", row({5})}}, [](const HostQuestion& question) -> std::vector<Tensor> {
        EXPECT_EQ(question.inputs.size(), 3u);
        EXPECT_EQ(question.inputs[1].dtype(), DType::Undefined);
        return {row({9}), Tensor(), row({2})};
      });
  EXPECT_EQ(floats(outputs[0]), (Floats{7}));
}

TEST(Custom, NodesOfConstantsAreNotFoldedNorShared) {
  const auto session = load(model()
                                .constant("one", row({1}))
                                .node("Custom", {"one"}, {"a"}, {}, kDomain)
                                .node("Custom", {"one"}, {"b"}, {}, kDomain)
                                .node("Add", {"a", "b"}, {"c"})
                                .node("Add", {"c", "x"}, {"y"})
                                .output("y")
                                .bytes(),
                            with<Alike>());
  float next = 0;
  const Host count = [&](const HostQuestion&) -> std::vector<Tensor> { return {row({++next})}; };
  EXPECT_EQ(floats(run(*session, {{"x", row({0})}}, count)[0]), (Floats{3}));
  EXPECT_EQ(floats(run(*session, {{"x", row({0})}}, count)[0]), (Floats{7}));
}

TEST(Custom, NodesMayBeInLoopsAndBranches) {
  const ModelBuilder then_branch =
      ModelBuilder().node("Custom", {"state"}, {"next"}, {}, kDomain).output("next");
  const ModelBuilder else_branch = ModelBuilder().node("Neg", {"state"}, {"next"}).output("next");
  const ModelBuilder body =
      ModelBuilder()
          .input("trip", DType::Int64, {})
          .input("go", DType::Bool, {})
          .input("state", DType::Float, {"n"})
          .branch("If", {"go"}, {"new"},
                  {{"then_branch", then_branch}, {"else_branch", else_branch}})
          .output("go", DType::Bool)
          .output("new")
          .output("new");
  const auto session = load(model()
                                .constant("trips", Tensor::of<int64_t>({}, {3}))
                                .branch("Loop", {"trips", "", "x"}, {"y", "all"}, {{"body", body}})
                                .output("y")
                                .output("all")
                                .bytes(),
                            with<Alike>());
  const auto outputs = run(*session, {{"x", row({1, 10})}}, add_one);
  EXPECT_EQ(floats(outputs[0]), (Floats{4, 13}));
  EXPECT_EQ(floats(outputs[1]), (Floats{2, 11, 3, 12, 4, 13}));
}

TEST(Custom, NodesMayBeInFunctions) {
  // The functions of these models import no other domain than their own.
  const ModelBuilder body = ModelBuilder()
                                .node("Custom", {"a"}, {"b"}, {}, "local")
                                .node("Custom", {"b"}, {"c"}, {}, "local");
  const auto session = load(model()
                                .function("Twice", {"a"}, {"c"}, body)
                                .node("Twice", {"x"}, {"y"}, {}, "local")
                                .output("y")
                                .bytes(),
                            with(std::make_unique<Alike>("Custom", 1, "local")));
  EXPECT_EQ(floats(run(*session, {{"x", row({1})}}, add_one)[0]), (Floats{3}));
}

TEST(Custom, TheHostSeesTheTypesOfTheModel) {
  const std::vector<float> values = {1.5f, -2};
  Tensor halves = Tensor::allocate(DType::Float16, {2});
  halves.mutable_as<uint16_t>()[0] = 0x3e00;
  halves.mutable_as<uint16_t>()[1] = 0xc000;
  const auto session = load(ModelBuilder()
                                .import_opset(kDomain, 1)
                                .input("x", DType::Float16, {"n"})
                                .node("Neg", {"x"}, {"a"})
                                .node("Custom", {"a"}, {"b"}, {}, kDomain)
                                .node("Add", {"b", "x"}, {"y"})
                                .output("y", DType::Float16)
                                .bytes(),
                            with<Alike>());
  const auto outputs =
      run(*session, {{"x", halves}}, [](const HostQuestion& question) -> std::vector<Tensor> {
        EXPECT_EQ(question.inputs[0].dtype(), DType::Float16);
        EXPECT_EQ(floats(question.inputs[0]), (Floats{-1.5f, 2}));
        return {copy_of(question.inputs[0])};
      });
  EXPECT_EQ(outputs[0].dtype(), DType::Float16);
  EXPECT_EQ(floats(outputs[0]), (Floats{0, 0}));
}

TEST(Custom, BoolsAreZeroAndOne) {
  const auto session = load(model()
                                .node("Custom", {"x"}, {"a"}, {}, kDomain)
                                .node("Cast", {"a"}, {"y"}, {{"to", int64_t{1}}})
                                .output("y")
                                .bytes(),
                            with<Unknown>());
  const auto outputs =
      run(*session, {{"x", row({1})}}, [](const HostQuestion&) -> std::vector<Tensor> {
        Tensor truth = Tensor::allocate(DType::Bool, {1});
        truth.mutable_as<uint8_t>()[0] = 7;
        return {truth};
      });
  EXPECT_EQ(floats(outputs[0]), (Floats{1}));
}

// What goes wrong, and a run after it.
Error failure(const SessionOptions& options, const Host& host) {
  const auto session = load(model()
                                .node("Custom", {"x"}, {"y"}, {}, kDomain)
                                .node("Neg", {"y"}, {"z"})
                                .output("z")
                                .bytes(),
                            options);
  Error caught(ErrorCode::Internal, "nothing was thrown");
  try {
    run(*session, {{"x", row({1, 2})}}, host);
  } catch (const Error& error) {
    caught = error;
  }
  EXPECT_EQ(floats(run(*session, {{"x", row({1, 2})}}, add_one)[0]), (Floats{-2, -3}));
  return caught;
}

TEST(Custom, AnswersAreWhatInferSaid) {
  const auto message = [](std::vector<Tensor> answer) {
    const Error error = failure(with<Alike>(), [&](const HostQuestion&) { return answer; });
    EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
    EXPECT_EQ(error.field("op"), "Custom");
    EXPECT_EQ(error.field("node"), "Custom_1");
    EXPECT_EQ(error.field("output"), "0");
    return error.message();
  };
  EXPECT_EQ(message({row({1})}),
            "Custom node 'Custom_1': output 0 is to be float32[2], not float32[1]");
  EXPECT_EQ(message({int64_vector({1, 2})}),
            "Custom node 'Custom_1': output 0 is to be float32[2], not int64[2]");
  EXPECT_EQ(message({}), "Custom node 'Custom_1': output 0 is to be float32[2], not left out");
  EXPECT_EQ(
      failure(with<Unknown>(), [](const HostQuestion&) { return std::vector<Tensor>(); }).message(),
      "Custom node 'Custom_1': output 0 is to be anything[?], not left out");
}

TEST(Custom, ARunIsLeftWithItsQuestion) {
  const auto session = load(chain().bytes(), with<Alike>());
  {
    const auto left = session->start({{"x", row({1, 2})}});
    while (!left->question()) left->advance(0);
    EXPECT_FALSE(left->advance(1e6));
    EXPECT_EQ(left->question()->node->op_type, "Custom");
  }
  const auto run_to_end = [&] { session->run({{"x", row({1, 2})}}); };
  EXPECT_EQ(error_of(run_to_end), ErrorCode::InvalidInput);
  EXPECT_EQ(floats(run(*session, {{"x", row({1, 2})}}, add_one)[0]), (Floats{-6, -20}));
}

TEST(Custom, AnswersAreAskedFor) {
  const auto session = load(chain().bytes(), with<Alike>());
  const auto run = session->start({{"x", row({1})}});
  EXPECT_EQ(error_of([&] { run->answer({row({1})}); }), ErrorCode::InvalidInput);
}

TEST(Custom, TakesNoGraphs) {
  const auto session = load(
      model()
          .branch("Custom", {"x"}, {"y"},
                  {{"body", ModelBuilder().node("Neg", {"x"}, {"z"}).output("z")}}, {}, kDomain)
          .output("y")
          .bytes(),
      with<Alike>());
  EXPECT_EQ(error_of([&] {
              run(*session, {{"x", row({1})}}, add_one);
            }),
            ErrorCode::UnsupportedAttribute);
}

TEST(Custom, TakesTensorsOnly) {
  const auto session = load(model()
                                .node("SequenceConstruct", {"x", "x"}, {"s"})
                                .node("Custom", {"s"}, {"y"}, {}, kDomain)
                                .output("y")
                                .bytes(),
                            with<Unknown>());
  EXPECT_EQ(error_of([&] {
              run(*session, {{"x", row({1})}}, add_one);
            }),
            ErrorCode::UnsupportedAttribute);
}

TEST(Custom, TheNewestThatTheOpsetKnowsIsTaken) {
  std::vector<std::unique_ptr<CustomOperator>> all;
  for (const int since : {1, 4, 2, 9}) all.push_back(std::make_unique<Alike>("Custom", since));
  const CustomOperator* const second = all[2].get();
  const CustomOperators operators(std::move(all), kOpTable);
  Node node;
  node.def = operators.find(kDomain, "Custom", 3);
  EXPECT_EQ(CustomOperators::of(node), second);
  EXPECT_FALSE(operators.find(kDomain, "Custom", 0));
  EXPECT_TRUE(operators.knows(kDomain, "Custom"));
  EXPECT_FALSE(operators.knows(kDomain, "Relu"));
  EXPECT_TRUE(operators.find("", "Relu", 17));
}

TEST(Custom, TheLaterOfTwoCounts) {
  std::vector<std::unique_ptr<CustomOperator>> all;
  all.push_back(std::make_unique<Alike>());
  all.push_back(std::make_unique<Unknown>());
  const CustomOperator* const later = all[1].get();
  const CustomOperators operators(std::move(all), kOpTable);
  Node node;
  node.def = operators.find(kDomain, "Custom", 1);
  EXPECT_EQ(CustomOperators::of(node), later);
}

TEST(Custom, ReplacesNoStandardOperator) {
  EXPECT_EQ(error_of([] { with(std::make_unique<Alike>("Relu", 1, "")); }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([] { with(std::make_unique<Alike>("Any", 1, "fovea")); }),
            ErrorCode::InvalidInput);
  with(std::make_unique<Alike>("ImageDecoder", 20, ""));
  with(std::make_unique<Alike>("Gelu", 1, "com.microsoft"));
}

TEST(Custom, OperatorsAreReportedAsSupported) {
  const std::string bytes = chain().bytes();
  const ModelBytes given = {std::as_bytes(std::span(bytes)), nullptr};
  EXPECT_EQ(check_model(given, {}).unsupported.size(), 2u);
  const ModelReport report = check_model(given, with<Alike>());
  EXPECT_TRUE(report.unsupported.empty());
  EXPECT_EQ(report.operators.at("Custom"), 2);
}

}  // namespace
}  // namespace fovea::test
