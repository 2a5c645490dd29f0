#include <gtest/gtest.h>

#include "base/error.h"
#include "session/session.h"
#include "support/model_builder.h"
#include "support/onnx_writer.h"
#include "support/session_runner.h"

// Models as they come: parts that nobody asks for, and data that does not fit.
namespace fovea {
namespace {

using test::floats;
using test::load;
using test::ModelBuilder;
using Floats = std::vector<float>;

Tensor vector_of(std::initializer_list<float> values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
}
Tensor ints(std::vector<int64_t> values) {
  return Tensor::of<int64_t>({std::ssize(values)}, std::span<const int64_t>(values));
}
Tensor filled(float value) { return Tensor::of<float>({1, 1, 1, 1}, {value}); }
Tensor truth(bool value) { return Tensor::of<bool>({}, {value}); }

template <class Call>
Error error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::Internal, "nothing was thrown"};
}

// ---- Names ----

std::string named(const std::string& name, const std::string& op_type,
                  const std::vector<std::string>& inputs, const std::string& output) {
  return test::write<test::NodeField>([&](auto& out) {
    out.add_string(test::NodeField::name, name);
    out.add_string(test::NodeField::op_type, op_type);
    for (const std::string& input : inputs) out.add_string(test::NodeField::input, input);
    out.add_string(test::NodeField::output, output);
  });
}

// Packed weights are kept by the names of nodes.
TEST(Names, OfNodesMayBeTheSame) {
  for (const std::string name : {"", "conv", "a/b:0 \xff"}) {
    const auto session = load(ModelBuilder()
                                  .input("x", DType::Float, {1, 1, 1, 2})
                                  .constant("two", filled(2))
                                  .constant("three", filled(3))
                                  .raw_node(named(name, "Conv", {"x", "two"}, "a"))
                                  .raw_node(named(name, "Conv", {"x", "three"}, "b"))
                                  .output("a")
                                  .output("b")
                                  .bytes());
    const auto outputs = session->run({{"x", Tensor::of<float>({1, 1, 1, 2}, {1, 2})}});
    EXPECT_EQ(floats(outputs[0]), (Floats{2, 4}));
    EXPECT_EQ(floats(outputs[1]), (Floats{3, 6}));
  }
}

TEST(Names, OfValuesMayBeAnything) {
  for (const std::string name : {"x:0", "/a/b", "a b\n", "\xff\xfe", "\u00fc\u2192", "__proto__"}) {
    const std::string result = name + name;
    const auto session = load(ModelBuilder()
                                  .input(name, DType::Float, {2})
                                  .node("Neg", {name}, {result})
                                  .output(result)
                                  .bytes());
    EXPECT_EQ(floats(session->run({{name, vector_of({1, 2})}}, {result})[0]), (Floats{-1, -2}));
    EXPECT_EQ(session->info().outputs[0].name, result);
  }
}

// ---- What is not there ----

TEST(Inputs, ThereMayBeNone) {
  const auto session =
      load(ModelBuilder()
               .constant("a", vector_of({1, 2}))
               .node("Neg", {"a"}, {"b"})
               .node("RandomUniform", {}, {"r"}, {{"shape", std::vector<int64_t>{3}}})
               .output("b")
               .output("r")
               .bytes());
  const auto outputs = session->run({});
  EXPECT_EQ(floats(outputs[0]), (Floats{-1, -2}));
  EXPECT_EQ(outputs[1].shape(), Shape{3});
}

TEST(Outputs, OfNodesMayBeLeftOut) {
  const auto session = load(ModelBuilder()
                                .input("x", DType::Float, {3})
                                .constant("k", ints({1}))
                                .node("TopK", {"x", "k"}, {"", "i"})
                                .node("TopK", {"x", "k"}, {"v", ""})
                                .output("i", DType::Int64)
                                .output("v")
                                .bytes());
  const auto outputs = session->run({{"x", vector_of({1, 3, 2})}});
  EXPECT_EQ(to_int64s(outputs[0]), std::vector<int64_t>{1});
  EXPECT_EQ(floats(outputs[1]), Floats{3});
}

TEST(Tensors, MayBeEmptyOrScalars) {
  const auto session = load(ModelBuilder()
                                .input("x", DType::Float, {"n"})
                                .constant("none", vector_of({}))
                                .constant("one", Tensor::of<float>({}, {1}))
                                .node("Concat", {"none", "x"}, {"y"}, {{"axis", int64_t{0}}})
                                .node("Add", {"one", "one"}, {"z"})
                                .node("Mul", {"none", "one"}, {"e"})
                                .output("y")
                                .output("z")
                                .output("e")
                                .bytes());
  for (const Tensor& x : {vector_of({}), vector_of({5})}) {
    const auto outputs = session->run({{"x", x}});
    EXPECT_EQ(floats(outputs[0]), floats(x));
    EXPECT_EQ(outputs[1].shape(), Shape{});
    EXPECT_EQ(outputs[2].shape(), Shape{0});
  }
}

// ---- Branches ----

ModelBuilder unheard() { return ModelBuilder().node("Unheard", {"x"}, {"b"}).output("b"); }
ModelBuilder negated() {
  return ModelBuilder()
      .constant("two", vector_of({2}))
      .node("Mul", {"x", "two"}, {"a"})
      .node("Neg", {"a"}, {"b"})
      .output("b");
}

// A model without any pass and with all of them.
void expect_result(const ModelBuilder& model, const Floats& expected) {
  const std::string bytes = model.bytes();
  for (const bool optimised : {true, false}) {
    SessionOptions options;
    if (!optimised) options.disabled_passes = {"*"};
    const auto session = load(bytes, options);
    EXPECT_EQ(floats(session->run({{"x", vector_of({1, 2})}})[0]), expected);
    EXPECT_TRUE(
        check_model({std::as_bytes(std::span(bytes)), nullptr}, options).unsupported.empty());
  }
}

TEST(Branches, ThatAreNotTakenMayHoldAnything) {
  for (const bool condition : {true, false}) {
    expect_result(ModelBuilder()
                      .input("x", DType::Float, {2})
                      .constant("c", truth(condition))
                      .branch("If", {"c"}, {"y"},
                              {{"then_branch", condition ? negated() : unheard()},
                               {"else_branch", condition ? unheard() : negated()}})
                      .output("y"),
                  {-2, -4});
  }
}

TEST(Branches, AreKnownFromWhatIsComputedOfConstants) {
  expect_result(
      ModelBuilder()
          .input("x", DType::Float, {2})
          .node("Constant", {}, {"one"}, {{"value_int", int64_t{1}}})
          .node("Constant", {}, {"other"}, {{"value_int", int64_t{2}}})
          .node("Equal", {"one", "other"}, {"same"})
          .node("Not", {"same"}, {"c"})
          .branch("If", {"c"}, {"y"}, {{"then_branch", negated()}, {"else_branch", unheard()}})
          .output("y"),
      {-2, -4});
}

TEST(Branches, NestAndGiveWhatIsOutside) {
  const ModelBuilder inner =
      ModelBuilder()
          .branch("If", {"c"}, {"i"}, {{"then_branch", negated()}, {"else_branch", unheard()}})
          .node("Add", {"i", "twice"}, {"b"})
          .output("b");
  expect_result(
      ModelBuilder()
          .input("x", DType::Float, {2})
          .constant("c", truth(true))
          .node("Add", {"x", "x"}, {"twice"})
          .branch("If", {"c"}, {"y"}, {{"then_branch", inner}, {"else_branch", unheard()}})
          .output("y"),
      {0, 0});
  expect_result(
      ModelBuilder()
          .input("x", DType::Float, {2})
          .constant("c", truth(true))
          .branch("If", {"c"}, {"y"},
                  {{"then_branch", ModelBuilder().output("x")}, {"else_branch", unheard()}})
          .output("y"),
      {1, 2});
}

TEST(Branches, ThatMayBeTakenNeedTheirOperators) {
  const std::string bytes =
      ModelBuilder()
          .input("x", DType::Float, {2})
          .input("c", DType::Bool, {})
          .branch("If", {"c"}, {"y"}, {{"then_branch", negated()}, {"else_branch", unheard()}})
          .output("y")
          .bytes();
  EXPECT_EQ(error_of([&] { load(bytes); }).code(), ErrorCode::UnsupportedOperator);
}

TEST(Branches, OfACaptureThatTheCallerMayFeedAreLeftOpen) {
  const auto session =
      load(ModelBuilder()
               .input("x", DType::Float, {2})
               .input("c", DType::Bool, {})
               .constant("c", truth(true))
               .branch("If", {"c"}, {"y"},
                       {{"then_branch", negated()}, {"else_branch", ModelBuilder().output("x")}})
               .output("y")
               .bytes());
  const Feed x{"x", vector_of({1, 2})};
  EXPECT_EQ(floats(session->run({x})[0]), (Floats{-2, -4}));
  EXPECT_EQ(floats(session->run({x, {"c", truth(false)}})[0]), (Floats{1, 2}));
}

// ---- Opsets ----

TEST(Opsets, NewerThanTheEngineAreNamed) {
  const Error error = error_of([] {
    load(ModelBuilder(kLatestOpset + 1)
             .input("x", DType::Float, {2})
             .node("Relu", {"x"}, {"y"})
             .output("y")
             .bytes());
  });
  EXPECT_EQ(error.code(), ErrorCode::UnsupportedOperator);
  EXPECT_NE(error.message().find("opset 29"), std::string::npos) << error.message();
}

TEST(Opsets, OfUnknownDomainsMayBeImported) {
  const auto session = load(ModelBuilder()
                                .import_opset("nobody.knows", 7)
                                .input("x", DType::Float, {2})
                                .node("Neg", {"x"}, {"y"})
                                .output("y")
                                .bytes());
  EXPECT_EQ(floats(session->run({{"x", vector_of({1, 2})}})[0]), (Floats{-1, -2}));
}

// ---- Indices ----

struct Indexed {
  const char* op_type;
  Tensor data;
  std::vector<int64_t> good;
  std::vector<int64_t> bad;
  Shape shape;
  bool updates;
};

// Indices that only a run knows.
TEST(Indices, OutsideAreErrorsThatNameTheNode) {
  const Tensor data = Tensor::of<float>({2, 2}, {1, 2, 3, 4});
  const Indexed cases[] = {
      {"Gather", data, {1, -2}, {1, 2}, {2}, false},
      {"Gather", data, {0}, {-3}, {1}, false},
      {"GatherElements", data, {0, 1}, {0, 2}, {1, 2}, false},
      {"GatherND", data, {1, 1}, {1, 2}, {1, 2}, false},
      {"GatherND", data, {1, 1}, {2, 1}, {1, 2}, false},
      {"ScatterElements", data, {0, 1}, {0, 2}, {1, 2}, true},
      {"ScatterND", data, {1, 1}, {1, -3}, {1, 2}, true},
  };
  for (const Indexed& one : cases) {
    SCOPED_TRACE(one.op_type);
    std::vector<ModelBuilder::Size> dims;
    for (const int64_t dim : one.shape) dims.emplace_back(dim);
    ModelBuilder model;
    model.input("x", DType::Float, {2, 2}).input("i", DType::Int64, dims);
    std::vector<std::string> inputs = {"x", "i"};
    if (one.updates) {
      const bool tuples = std::string(one.op_type) == "ScatterND";
      model.constant("u", tuples ? vector_of({9}) : vector_of({8, 9}).reshaped({1, 2}));
      inputs.push_back("u");
    }
    const auto session = load(model.node(one.op_type, inputs, {"y"}).output("y").bytes());
    const auto run = [&](const std::vector<int64_t>& indices) {
      return session->run({{"x", one.data}, {"i", ints(indices).reshaped(one.shape)}});
    };
    const Tensor before = run(one.good)[0];
    const Error error = error_of([&] { run(one.bad); });
    EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
    EXPECT_EQ(error.field("op"), one.op_type);
    EXPECT_FALSE(error.field("node").empty());
    EXPECT_NE(error.message().find("outside dimension 2"), std::string::npos) << error.message();
    EXPECT_EQ(floats(run(one.good)[0]), floats(before));
  }
}

}  // namespace
}  // namespace fovea
