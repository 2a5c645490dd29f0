#include "session/inspection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "support/conformance.h"
#include "support/model_builder.h"
#include "support/nd.h"
#include "support/npy.h"
#include "support/session_runner.h"

// What is said of a model without running it, against runs.

namespace fovea::test {
namespace {

namespace fs = std::filesystem;
using Shapes = std::vector<std::optional<Shape>>;

Inspection inspect(const std::string& bytes, SessionOptions options = {}, int threads = 1) {
  options.depot = heap_depot();
  return Inspection({std::as_bytes(std::span(bytes)), nullptr},
                    std::make_shared<ThreadPool>(threads), std::move(options));
}

struct Reference {
  fs::path folder;
  std::string model;
  std::vector<Feed> feeds;
  Shapes shapes;
};

// Its factors are an input: so sizes depend on data.
constexpr std::string_view kOfData = "textbook_srcnn_any_factor";

// The other networks of tests/data/torch with the inputs that are there for them.
std::vector<Reference> references() {
  std::vector<Reference> found;
  for (const auto& entry : fs::directory_iterator("tests/data/torch")) {
    if (entry.path().filename() == kOfData) continue;
    Reference reference = {entry.path(), read_file(entry.path() / "model.onnx"), {}, {}};
    const Inspection inspection = inspect(reference.model);
    for (const InputInfo& input : inspection.report().info.inputs) {
      Tensor tensor = read_npy(reference.folder / ("in_" + input.name + ".npy"));
      reference.shapes.push_back(tensor.shape());
      reference.feeds.push_back({input.name, std::move(tensor)});
    }
    found.push_back(std::move(reference));
  }
  return found;
}

TEST(Inspection, SaysOfEveryValueWhatARunGives) {
  for (const Reference& reference : references()) {
    SCOPED_TRACE(reference.folder);
    const Inspection inspection = inspect(reference.model);
    const TypesAtSizes types = inspection.types_at(reference.shapes);
    EXPECT_FALSE(types.refusal) << types.refusal->message();
    std::vector<std::string> names;
    for (const auto& value : inspection.values()) names.push_back(value.name);
    ASSERT_EQ(types.shapes.size(), names.size());
    const auto session = load(reference.model, {.disabled_passes = {"*"}});
    const std::vector<Tensor> results = session->run(reference.feeds, names);
    for (size_t i = 0; i < names.size(); ++i) {
      EXPECT_EQ(inspection.values()[i].dtype, results[i].dtype()) << names[i];
      EXPECT_EQ(types.shapes[i], results[i].shape()) << names[i];
    }
  }
}

TEST(Inspection, CountsAsAProfileDoes) {
  for (const Reference& reference : references()) {
    SCOPED_TRACE(reference.folder);
    const auto session = load(reference.model, {.disabled_passes = {"*"}});
    const auto run = session->start(reference.feeds);
    while (!run->advance(1e6)) {
    }
    int64_t macs = 0;
    for (const NodeProfile& node : run->profile()) macs += node.macs;
    EXPECT_EQ(inspect(reference.model).types_at(reference.shapes).macs, macs);
  }
}

// On all threads, since each has scratch memory of its own; and with every pass, with bands and
// packed weights.
TEST(Inspection, TellsTheMemoryOfASession) {
  constexpr int kThreads = 3;
  for (const Reference& reference : references()) {
    SCOPED_TRACE(reference.folder);
    const auto need = inspect(reference.model, {}, kThreads).memory_at(reference.shapes);
    ASSERT_TRUE(need);
    const auto session = load(reference.model, {}, kThreads);
    session->run(reference.feeds);
    const Session::Held held = session->held();
    uint64_t fed = 0;
    for (const Feed& feed : reference.feeds) fed += feed.tensor.bytes();
    EXPECT_EQ(need->weights, held.weights);
    EXPECT_EQ(need->activations, held.arenas + fed);
    EXPECT_GE(need->peak, need->weights + need->activations);
  }
}

TEST(Inspection, LeavesOpenWhatDependsOnData) {
  const std::string bytes = ModelBuilder()
                                .input("x", DType::Float, {"n", 4})
                                .node("Relu", {"x"}, {"before"})
                                .node("NonZero", {"before"}, {"found"})
                                .node("Transpose", {"found"}, {"after"})
                                .node("Shape", {"before"}, {"sizes"})
                                .output("after")
                                .output("sizes")
                                .bytes();
  const Inspection inspection = inspect(bytes);
  const Shapes inputs = {Shape{3, 4}};
  const TypesAtSizes types = inspection.types_at(inputs);
  EXPECT_EQ(types.shapes, (Shapes{Shape{3, 4}, Shape{3, 4}, std::nullopt, std::nullopt, Shape{2}}));
  EXPECT_EQ(types.macs, std::nullopt);
  EXPECT_EQ(inspection.memory_at(inputs), std::nullopt);
  std::vector<DType> dtypes;
  for (const auto& value : inspection.values()) dtypes.push_back(value.dtype);
  EXPECT_EQ(dtypes,
            (std::vector{DType::Float, DType::Float, DType::Int64, DType::Int64, DType::Int64}));
}

TEST(Inspection, SaysWhichNodeRefusesAndWhatDoesNotFollowFromIt) {
  const std::string bytes = ModelBuilder()
                                .input("x", DType::Float, {1, "c", "h", "w"})
                                .node("DepthToSpace", {"x"}, {"y"}, {{"blocksize", int64_t{2}}})
                                .node("Relu", {"y"}, {"out"})
                                .node("Abs", {"x"}, {"other"})
                                .output("out")
                                .output("other")
                                .bytes();
  const Inspection inspection = inspect(bytes);
  const TypesAtSizes refused = inspection.types_at(Shapes{Shape{1, 3, 5, 6}});
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->code(), ErrorCode::InvalidInput);
  EXPECT_EQ(refused.refusal->field("op"), "DepthToSpace");
  EXPECT_EQ(refused.macs, std::nullopt);
  EXPECT_EQ(refused.shapes,
            (Shapes{Shape{1, 3, 5, 6}, std::nullopt, std::nullopt, Shape{1, 3, 5, 6}}));
  const TypesAtSizes taken = inspection.types_at(Shapes{Shape{1, 4, 5, 6}});
  EXPECT_FALSE(taken.refusal);
  EXPECT_EQ(taken.shapes[2], (Shape{1, 1, 10, 12}));
}

TEST(Inspection, GoesAroundUnknownOperators) {
  const std::string bytes = ModelBuilder()
                                .input("x", DType::Float, {"n"})
                                .node("Frobnicate", {"x"}, {"y"})
                                .node("Relu", {"y"}, {"z"})
                                .node("Relu", {"x"}, {"other"})
                                .output("z")
                                .output("other")
                                .bytes();
  const Inspection inspection = inspect(bytes);
  EXPECT_EQ(inspection.report().unsupported.size(), 1u);
  const TypesAtSizes types = inspection.types_at(Shapes{Shape{7}});
  EXPECT_FALSE(types.refusal);
  EXPECT_EQ(types.shapes, (Shapes{Shape{7}, std::nullopt, std::nullopt, Shape{7}}));
  EXPECT_EQ(types.macs, std::nullopt);
}

// Sixteen bits are computed in 32; what is said is what the model means.
TEST(Inspection, KnowsNarrowFloats) {
  const std::string bytes = ModelBuilder()
                                .input("x", DType::Float16, {"n"})
                                .node("Relu", {"x"}, {"y"})
                                .node("Cast", {"y"}, {"wide"}, {{"to", int64_t{1}}})
                                .node("Exp", {"wide"}, {"z"})
                                .output("z")
                                .bytes();
  const Inspection inspection = inspect(bytes);
  const std::vector<DType> expected = {DType::Float16, DType::Float16, DType::Float, DType::Float};
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(inspection.values()[i].dtype, expected[i]);
  }
  EXPECT_EQ(inspection.types_at(Shapes{Shape{7}}).shapes, Shapes(4, Shape{7}));
}

TEST(Inspection, PlansNoLongerThanItMay) {
  const std::string bytes =
      ModelBuilder().input("x", DType::Float, {"n"}).node("Relu", {"x"}, {"y"}).output("y").bytes();
  const Inspection inspection = inspect(bytes, {.limits = {.planning_milliseconds = 0}});
  try {
    inspection.types_at(Shapes{Shape{7}});
    ADD_FAILURE() << "planned";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::LimitExceeded);
    EXPECT_EQ(error.field("limit"), "limits.planningMilliseconds");
  }
}

}  // namespace
}  // namespace fovea::test
