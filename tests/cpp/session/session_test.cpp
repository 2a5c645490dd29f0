#include "session/session.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "passes/pass.h"
#include "support/model_builder.h"
#include "support/session_runner.h"

namespace fovea {
namespace {

using test::floats;
using test::load;
using test::ModelBuilder;

Tensor vector_of(std::initializer_list<float> values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
}

ErrorCode code_of(const std::function<void()>& call, std::string_view field = "",
                  std::string* value = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    if (value) *value = error.field(field);
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::Internal;
}

std::string add_model() {
  return ModelBuilder()
      .input("a", DType::Float, {"n"})
      .input("b", DType::Float, {"n"})
      .node("Add", {"a", "b"}, {"sum"})
      .node("Mul", {"sum", "sum"}, {"square"})
      .node("Sub", {"square", "a"}, {"out"})
      .output("out")
      .metadata("key", "value")
      .bytes();
}

TEST(Session, RunsAndRunsAgainWithOtherShapes) {
  const auto session = load(add_model());
  for (int round = 0; round < 2; ++round) {
    const auto two = session->run({{"a", vector_of({1, 2})}, {"b", vector_of({3, 4})}});
    EXPECT_EQ(floats(two[0]), (std::vector<float>{15, 34}));
    const auto one = session->run({{"b", vector_of({5})}, {"a", vector_of({1})}});
    EXPECT_EQ(floats(one[0]), (std::vector<float>{35}));
  }
}

TEST(Session, DescribesItsModel) {
  const auto session = load(add_model());
  const ModelInfo& info = session->info();
  ASSERT_EQ(info.inputs.size(), 2u);
  EXPECT_EQ(info.inputs[1].name, "b");
  EXPECT_EQ(std::get<std::string>((*info.inputs[0].shape)[0]), "n");
  EXPECT_EQ(info.outputs[0].name, "out");
  EXPECT_EQ(info.ir_version, 8);
  EXPECT_EQ(info.metadata[0].second, "value");
}

TEST(Session, FetchesAnyValueByName) {
  const auto session = load(add_model());
  const std::vector<Feed> feeds = {{"a", vector_of({1, 2})}, {"b", vector_of({3, 4})}};
  const auto outputs = session->run(feeds, {"square", "sum", "a"});
  EXPECT_EQ(floats(outputs[0]), (std::vector<float>{16, 36}));
  EXPECT_EQ(floats(outputs[1]), (std::vector<float>{4, 6}));
  EXPECT_EQ(floats(outputs[2]), (std::vector<float>{1, 2}));
  EXPECT_EQ(code_of([&] { session->run(feeds, {"nothing"}); }), ErrorCode::InvalidInput);
}

TEST(Session, NeverWritesToFeedsOrConstants) {
  const auto session = load(ModelBuilder()
                                .input("x", DType::Float, {3})
                                .constant("c", vector_of({1, 2, 3}))
                                .node("Add", {"x", "c"}, {"y"})
                                .node("Add", {"c", "y"}, {"z"})
                                .node("Add", {"y", "z"}, {"out"})
                                .output("y")
                                .output("out")
                                .bytes());
  const Tensor x = vector_of({10, 20, 30});
  for (int round = 0; round < 2; ++round) {
    const auto outputs = session->run({{"x", x}});
    EXPECT_EQ(floats(outputs[0]), (std::vector<float>{11, 22, 33}));
    EXPECT_EQ(floats(outputs[1]), (std::vector<float>{23, 46, 69}));
    EXPECT_EQ(floats(x), (std::vector<float>{10, 20, 30}));
  }
}

TEST(Session, ShapesMayFollowTheContentOfAnInput) {
  const auto session =
      load(ModelBuilder()
               .input("x", DType::Float, {"n"})
               .input("shape", DType::Int64, {2})
               .node("Add", {"x", "x"}, {"twice"})
               .node("Reshape", {"twice", "shape"}, {"folded"})
               .node("Concat", {"folded", "folded"}, {"out"}, {{"axis", int64_t{0}}})
               .output("out")
               .bytes());
  const Tensor x = vector_of({1, 2, 3, 4, 5, 6});
  const auto wide = session->run({{"x", x}, {"shape", Tensor::of<int64_t>({2}, {2, -1})}});
  EXPECT_EQ(wide[0].shape(), Shape({4, 3}));
  const auto tall = session->run({{"x", x}, {"shape", Tensor::of<int64_t>({2}, {3, 2})}});
  EXPECT_EQ(tall[0].shape(), Shape({6, 2}));
  EXPECT_EQ(floats(tall[0]), (std::vector<float>{2, 4, 6, 8, 10, 12, 2, 4, 6, 8, 10, 12}));
}

TEST(Session, ShapeArithmeticIsDoneWhilePlanning) {
  const auto session = load(ModelBuilder()
                                .input("x", DType::Float, {"n", "m"})
                                .constant("last", Tensor::of<int64_t>({1}, {-1}))
                                .constant("zero", Tensor::of<int64_t>({}, {0}))
                                .constant("axes", Tensor::of<int64_t>({1}, {0}))
                                .node("Shape", {"x"}, {"shape"})
                                .node("Gather", {"shape", "zero"}, {"n"}, {{"axis", int64_t{0}}})
                                .node("Unsqueeze", {"n", "axes"}, {"n1"})
                                .node("Concat", {"last", "n1"}, {"target"}, {{"axis", int64_t{0}}})
                                .node("Reshape", {"x", "target"}, {"out"})
                                .output("out")
                                .bytes());
  const auto outputs = session->run({{"x", Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6})}});
  EXPECT_EQ(outputs[0].shape(), Shape({3, 2}));
}

TEST(Session, RejectsFeedsThatDoNotFit) {
  const auto session = load(add_model());
  const Feed a{"a", vector_of({1, 2})};
  const Feed b{"b", vector_of({3, 4})};
  std::string input;
  EXPECT_EQ(code_of([&] { session->run({a}); }, "input", &input), ErrorCode::InvalidInput);
  EXPECT_EQ(input, "b");
  EXPECT_EQ(code_of([&] { session->run({a, b, {"c", vector_of({1})}}); }), ErrorCode::InvalidInput);
  EXPECT_EQ(code_of([&] {
              session->run({a, {"b", Tensor::of<int64_t>({2}, {1, 2})}});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code_of([&] {
              session->run({a, {"b", Tensor::of<float>({1, 2}, {1, 2})}});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(floats(session->run({a, b})[0]), (std::vector<float>{15, 34}));
}

TEST(Session, SaysWhichNodeTheShapesDoNotFit) {
  const auto session = load(add_model());
  std::string node;
  const std::vector<Feed> feeds = {{"a", vector_of({1, 2})}, {"b", vector_of({3, 4, 5})}};
  EXPECT_EQ(code_of([&] { session->run(feeds); }, "node", &node), ErrorCode::InvalidInput);
  EXPECT_EQ(node.substr(0, 4), "Add_");
  EXPECT_EQ(code_of([&] { session->run(feeds); }, "inputs", &node), ErrorCode::InvalidInput);
  EXPECT_EQ(node, "float32[2], float32[3]");
}

// What onnxruntime saves at its highest level runs on the machine that saved it.
TEST(Session, SaysWhereNodesForOneProcessorComeFrom) {
  const std::string bytes = ModelBuilder()
                                .import_opset("com.microsoft.nchwc", 1)
                                .input("x", DType::Float, {1})
                                .node("Conv", {"x"}, {"y"}, {}, "com.microsoft.nchwc")
                                .output("y")
                                .bytes();
  std::string operators;
  EXPECT_EQ(code_of([&] { load(bytes); }, "operators", &operators), ErrorCode::UnsupportedOperator);
  EXPECT_NE(operators.find("ORT_ENABLE_EXTENDED"), std::string::npos) << operators;
}

TEST(Session, ReportsEveryUnsupportedOperatorAtOnce) {
  const std::string bytes = ModelBuilder()
                                .input("x", DType::Float, {1})
                                .node("Fancy", {"x"}, {"y"})
                                .node("Relu", {"y"}, {"z"})
                                .node("Fancier", {"z"}, {"w"})
                                .output("w")
                                .bytes();
  std::string operators;
  EXPECT_EQ(code_of([&] { load(bytes); }, "operators", &operators), ErrorCode::UnsupportedOperator);
  EXPECT_NE(operators.find("Fancy is not implemented: Fancy_"), std::string::npos) << operators;
  EXPECT_NE(operators.find("Fancier"), std::string::npos) << operators;

  const ModelReport report = check_model({std::as_bytes(std::span(bytes)), nullptr});
  ASSERT_EQ(report.unsupported.size(), 2u);
  EXPECT_EQ(report.unsupported[1].op_type, "Fancier");
}

TEST(Session, TakesTheNamesOfPassesOnly) {
  const std::string bytes = add_model();
  std::vector<std::string> names = {"*", "bands"};
  for (const Pass& pass : all_passes()) names.emplace_back(pass.name);
  load(bytes, {.disabled_passes = names});

  for (const char* unknown : {"", "band", "convolution_epilogue", "Attention"}) {
    const SessionOptions options = {.disabled_passes = {"bands", unknown}};
    for (const auto& call : std::vector<std::function<void()>>{
             [&] { load(bytes, options); },
             [&] {
               check_model({std::as_bytes(std::span(bytes)), nullptr}, options);
             }}) {
      try {
        call();
        ADD_FAILURE() << "'" << unknown << "' is taken";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
        EXPECT_EQ(error.field("option"), "disabledPasses");
        EXPECT_NE(error.message().find(text("'", unknown, "'")), std::string::npos);
        for (const std::string& name : names) {
          EXPECT_NE(error.message().find(text("'", name, "'")), std::string::npos) << name;
        }
      }
    }
  }
}

TEST(Session, RunsWholeNodesUntilTheBudgetIsSpent) {
  const auto session = load(add_model(), {.disabled_passes = {"*"}});
  const auto run = session->start({{"a", vector_of({1, 2})}, {"b", vector_of({3, 4})}});
  int slices = 1;
  while (!run->advance(0)) ++slices;
  EXPECT_EQ(slices, 1 + 3);  // the plan, and the nodes
  EXPECT_EQ(floats(run->outputs()[0]), (std::vector<float>{15, 34}));
  EXPECT_EQ(run->profile().size(), 3u);
  EXPECT_THROW(session->start({}), Error);
}

// A 3x3 convolution of 5 channels to 6, and an operator that wants its result in the plain layout.
std::string convolution_model() {
  return ModelBuilder()
      .input("x", DType::Float, {1, 5, "h", "w"})
      .constant("weights", Tensor::of<float>({6, 5, 3, 3}, std::vector<float>(270, 0.5f)))
      .node("Conv", {"x", "weights"}, {"y"})
      .node("Softmax", {"y"}, {"out"})
      .output("out")
      .bytes();
}

std::vector<Feed> convolution_feeds() {
  return {{"x", Tensor::of<float>({1, 5, 9, 10}, std::vector<float>(450, 1.0f))}};
}

TEST(Session, AProfileSaysWhatEachStepDoes) {
  const auto session = load(convolution_model());
  const auto run = session->start(convolution_feeds());
  while (!run->advance(0)) {
  }
  const std::vector<NodeProfile> steps = run->profile();
  ASSERT_EQ(steps.size(), 4u);
  const int64_t pixels_in = 9 * 10, pixels_out = 7 * 8;

  EXPECT_EQ(steps[0].op_type, "ToChannelsLast");
  EXPECT_EQ(steps[0].node, "x/ToChannelsLast");
  EXPECT_EQ(steps[0].algorithm, "NCHW to NHWC");
  EXPECT_EQ(steps[0].macs, 0);
  EXPECT_EQ(steps[0].bytes, sizeof(float) * (5 + 8) * pixels_in);
  EXPECT_EQ(*steps[0].out_shape, (Shape{1, 5, 9, 10}));

  EXPECT_EQ(steps[1].op_type, "Conv");
  EXPECT_EQ(steps[1].algorithm, "Winograd F(4x4, 3x3)");
  EXPECT_EQ(steps[1].macs, 3 * 3 * 5 * 6 * pixels_out);
  EXPECT_EQ(steps[1].bytes, sizeof(float) * (8 * pixels_in + 3 * 3 * 5 * 6 + 8 * pixels_out));
  EXPECT_EQ(*steps[1].out_shape, (Shape{1, 6, 7, 8}));
  EXPECT_GE(steps[1].milliseconds, 0);

  EXPECT_EQ(steps[2].node, "y/ToPlain");
  EXPECT_EQ(steps[2].algorithm, "NHWC to NCHW");

  using Reads = decltype(steps[0].reads);
  EXPECT_EQ(steps[0].reads, (Reads{"x"}));
  EXPECT_EQ(steps[1].reads, (Reads{size_t{0}}));
  EXPECT_EQ(steps[2].reads, (Reads{size_t{1}}));
  EXPECT_EQ(steps[3].reads, (Reads{size_t{2}}));

  EXPECT_EQ(steps[3].op_type, "Softmax");
  EXPECT_EQ(steps[3].algorithm, "");
  EXPECT_EQ(steps[3].bytes, 2 * sizeof(float) * 6 * pixels_out);
}

// A view is no step: what reads it reads what it is a view of.
TEST(Session, AProfileSaysWhatAStepReads) {
  const auto session = load(ModelBuilder()
                                .input("x", DType::Float, {6})
                                .input("z", DType::Float, {2, 3})
                                .constant("shape", Tensor::of<int64_t>({2}, {2, 3}))
                                .node("Erf", {"x"}, {"e"})
                                .node("Reshape", {"e", "shape"}, {"r"})
                                .node("Atan", {"z"}, {"a"})
                                .node("Pow", {"a", "r"}, {"y"})
                                .output("y")
                                .bytes());
  const auto run = session->start({{"x", Tensor::of<float>({6}, std::vector<float>(6, 1.0f))},
                                   {"z", Tensor::of<float>({2, 3}, std::vector<float>(6, 1.0f))}});
  while (!run->advance(0)) {
  }
  const std::vector<NodeProfile> steps = run->profile();
  ASSERT_EQ(steps.size(), 3u);
  using Reads = decltype(steps[0].reads);
  EXPECT_EQ(steps[0].reads, (Reads{"x"}));
  EXPECT_EQ(steps[1].reads, (Reads{"z"}));
  EXPECT_EQ(steps[2].op_type, "Pow");
  EXPECT_EQ(steps[2].reads, (Reads{size_t{1}, size_t{0}}));
}

TEST(Session, KnowsTheShapesOfResultsBeforeItComputes) {
  const auto session = load(convolution_model());
  const auto run = session->start(convolution_feeds(), {"out", "x"});
  EXPECT_EQ(run->planned_shapes(),
            (std::vector<std::optional<Shape>>{Shape{1, 6, 7, 8}, Shape{1, 5, 9, 10}}));
  EXPECT_TRUE(run->profile().empty());
}

TEST(Session, AProfileGrowsWithTheRun) {
  const auto session = load(convolution_model());
  const auto run = session->start(convolution_feeds());
  run->planned_shapes();  // so that nothing is left to plan
  for (size_t steps = 1; !run->advance(0); ++steps) EXPECT_EQ(run->profile().size(), steps);
}

TEST(Session, AProfileHasNoShapeWhereItDependsOnData) {
  const auto session = load(ModelBuilder()
                                .input("x", DType::Float, {"n"})
                                .node("NonZero", {"x"}, {"found"})
                                .output("found", DType::Int64)
                                .bytes());
  const auto run = session->start({{"x", vector_of({0, 2, 3})}});
  EXPECT_EQ(run->planned_shapes(), std::vector<std::optional<Shape>>{std::nullopt});
  while (!run->advance(0)) {
  }
  ASSERT_EQ(run->profile().size(), 1u);
  EXPECT_EQ(run->profile()[0].out_shape, nullptr);
  EXPECT_EQ(run->profile()[0].bytes, 3 * sizeof(float));
}

TEST(Session, AnAbandonedRunLeavesTheSessionUsable) {
  const auto session = load(add_model());
  const std::vector<Feed> feeds = {{"a", vector_of({1, 2})}, {"b", vector_of({3, 4})}};
  session->start(feeds)->advance(0);
  EXPECT_EQ(floats(session->run(feeds)[0]), (std::vector<float>{15, 34}));
}

TEST(Session, OutOfMemoryIsAnErrorAndTheNextRunWorks) {
  const auto session = load(ModelBuilder()
                                .input("shape", DType::Int64, {1})
                                .node("ConstantOfShape", {"shape"}, {"zeros"})
                                .node("Add", {"zeros", "zeros"}, {"out"})
                                .output("out")
                                .bytes(),
                            {.limits = {.tensor_bytes = 1 << 20}});
  std::string wanted;
  EXPECT_EQ(code_of(
                [&] {
                  session->run({{"shape", Tensor::of<int64_t>({1}, {1 << 20})}});
                },
                "bytes", &wanted),
            ErrorCode::OutOfMemory);
  EXPECT_GE(std::stoll(wanted), 4 << 20);
  EXPECT_EQ(session->run({{"shape", Tensor::of<int64_t>({1}, {3})}})[0].shape(), Shape({3}));
}

TEST(Session, TrimGivesMemoryBackAndTheNextRunWorks) {
  const auto session = load(add_model());
  const std::vector<Feed> feeds = {{"a", vector_of({1, 2})}, {"b", vector_of({3, 4})}};
  session->run(feeds);
  session->trim();
  EXPECT_EQ(floats(session->run(feeds)[0]), (std::vector<float>{15, 34}));
}

TEST(Session, EmptyTensorsPassThrough) {
  const auto session = load(add_model());
  const auto outputs = session->run({{"a", vector_of({})}, {"b", vector_of({})}});
  EXPECT_EQ(outputs[0].shape(), Shape({0}));
}

TEST(Session, ConvolutionsOfConstantsMayHaveNoOutputs) {
  const auto session = load(ModelBuilder()
                                .constant("x", Tensor::allocate(DType::Float, {1, 8, 4, 4}))
                                .constant("w", Tensor::allocate(DType::Float, {0, 8, 1, 1}))
                                .node("Conv", {"x", "w"}, {"y"})
                                .output("y")
                                .bytes());
  EXPECT_EQ(session->run({})[0].shape(), Shape({1, 0, 4, 4}));
}

TEST(Session, AFloat16ModelTakesAndGivesFloat16) {
  const auto session = load(ModelBuilder()
                                .input("x", DType::Float16, {2})
                                .constant("c", Tensor::of<Half>({1}, {to_half(0.5f)}))
                                .node("Add", {"x", "c"}, {"y"})
                                .node("Mul", {"y", "y"}, {"out"})
                                .output("out", DType::Float16)
                                .bytes());
  const auto outputs =
      session->run({{"x", Tensor::of<Half>({2}, {to_half(1.0f), to_half(-2.0f)})}});
  EXPECT_EQ(outputs[0].dtype(), DType::Float16);
  EXPECT_EQ(floats(outputs[0]), (std::vector<float>{2.25f, 2.25f}));
}

TEST(Session, InlinesLocalFunctions) {
  ModelBuilder body;
  body.node("Add", {"p", "q"}, {"t"}).node("Mul", {"t", "t"}, {"r"});
  const auto session = load(ModelBuilder()
                                .input("a", DType::Float, {1})
                                .function("SquareOfSum", {"p", "q"}, {"r"}, body)
                                .node("SquareOfSum", {"a", "a"}, {"b"}, {}, "local")
                                .node("SquareOfSum", {"a", "b"}, {"out"}, {}, "local")
                                .output("out")
                                .bytes());
  const auto outputs = session->run({{"a", vector_of({1})}}, {"out", "b"});
  EXPECT_EQ(floats(outputs[0]), (std::vector<float>{25}));
  EXPECT_EQ(floats(outputs[1]), (std::vector<float>{4}));
}

// ---- Operators of the session ----

constexpr OpDef kTwice = {.op_type = "Twice",
                          .domain = "com.example",
                          .meaning = {.infer = infer_like_input},
                          .cpu = {.plan = [](PlanContext& context) -> Kernel {
                            return [count = context.shape(0).elements()](RunContext& run) {
                              const float* in = run.in<float>(0);
                              std::transform(in, in + count, run.out<float>(0),
                                             [](float x) { return 2 * x; });
                            };
                          }}};

class WithTwice final : public Operators {
 public:
  const OpDef* find(std::string_view domain, std::string_view op_type, int opset) const override {
    return knows_twice(domain, op_type) ? &kTwice : kOpTable.find(domain, op_type, opset);
  }
  bool knows(std::string_view domain, std::string_view op_type) const override {
    return knows_twice(domain, op_type) || kOpTable.knows(domain, op_type);
  }

 private:
  static bool knows_twice(std::string_view domain, std::string_view op_type) {
    return domain == kTwice.domain && op_type == kTwice.op_type;
  }
};

TEST(Session, FindsOperatorsWhereItIsTold) {
  const std::string bytes = ModelBuilder()
                                .import_opset("com.example", 1)
                                .input("x", DType::Float, {2})
                                .constant("one", vector_of({1, 1}))
                                .node("Twice", {"one"}, {"two"}, {}, "com.example")
                                .node("Add", {"x", "two"}, {"y"})
                                .node("Twice", {"y"}, {"z"}, {}, "com.example")
                                .output("z")
                                .bytes();
  EXPECT_EQ(code_of([&] { load(bytes); }), ErrorCode::UnsupportedOperator);
  const WithTwice operators;
  const auto session = load(bytes, {.operators = {std::shared_ptr<const void>(), &operators}});
  EXPECT_EQ(floats(session->run({{"x", vector_of({3, 4})}})[0]), (std::vector<float>{10, 12}));
}

}  // namespace
}  // namespace fovea
