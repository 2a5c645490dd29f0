#include <gtest/gtest.h>

#include "onnx/model.h"
#include "passes/pass.h"
#include "session/session.h"
#include "support/conformance.h"
#include "support/relative_error.h"
#include "support/session_runner.h"

// Models as PyTorch, tf2onnx, skl2onnx and those who optimise their files write them, with what the
// original computes (tests/data/exported, made by tests/exporters), run as they are and without
// each optimisation.

namespace fovea {
namespace {

// float32 sums of these networks' lengths in another order, relative to the largest output.
constexpr double kTolerance = 2e-5;

// Where a model rounds to float16 on its way: two units in the last place.
constexpr double kHalfTolerance = 0x1p-9;

constexpr int32_t kFloat16 = 10;

class ExportedModel {
 public:
  explicit ExportedModel(const test::ConformanceCase& files)
      : folder_(files.model.parent_path()),
        bytes_(test::read_file(files.model)),
        model_(onnx::decode(std::as_bytes(std::span(bytes_)))),
        inputs_(test::read_values(files.data, "input", model_.graph.inputs)),
        outputs_(test::read_values(files.data, "output", model_.graph.outputs)) {}

  // Whether what is computed is within the model's tolerance of what is expected.
  void check(SessionOptions options = {}, int threads = 1) const {
    options.external_data = [this](const std::string& location) {
      const auto data = std::make_shared<std::string>(test::read_file(folder_ / location));
      return ModelBytes{std::as_bytes(std::span(*data)), data};
    };
    const auto session = test::load(bytes_, std::move(options), threads);
    std::vector<Feed> feeds;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      feeds.push_back({std::string(model_.graph.inputs[i].name), inputs_[i]});
    }
    const std::vector<Tensor> found = session->run(std::move(feeds));
    ASSERT_EQ(found.size(), outputs_.size());
    const double tolerance = has_halves() ? kHalfTolerance : kTolerance;
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_LE(test::relative_error(found[i], outputs_[i]), tolerance) << "output " << i;
    }
  }

 private:
  bool has_halves() const {
    const auto is_half = [](const onnx::Tensor& tensor) { return tensor.data_type == kFloat16; };
    const auto gives_half = [](const onnx::ValueInfo& output) {
      return output.type && output.type->elem_type == kFloat16;
    };
    return std::ranges::any_of(model_.graph.initializers, is_half) ||
           std::ranges::any_of(model_.graph.outputs, gives_half);
  }

  std::filesystem::path folder_;
  std::string bytes_;
  onnx::Model model_;
  std::vector<Tensor> inputs_, outputs_;
};

bool is_any(const test::ConformanceCase&) { return true; }

// Neither one function of PyTorch nor an estimator, which have little for passes to do.
bool is_network(const test::ConformanceCase& files) {
  return !files.name.starts_with("pytorch_piece") && !files.name.starts_with("sklearn");
}

bool is_network_at_its_first_size(const test::ConformanceCase& files) {
  return is_network(files) && files.data.filename() == "test_data_set_0";
}

// Calls `check` with each model that is `wanted`; a failure names it.
template <class Check>
void for_each_model(bool (*wanted)(const test::ConformanceCase&), Check check) {
  const auto all = test::find_cases("tests/data/exported");
  ASSERT_FALSE(all.empty()) << "run from the repository's root";
  for (const test::ConformanceCase& files : all) {
    if (!wanted(files)) continue;
    SCOPED_TRACE(files.data);
    try {
      check(ExportedModel(files));
    } catch (const Error& error) {
      ADD_FAILURE() << error.message();
    }
  }
}

TEST(Exported, EveryModelAgrees) {
  for_each_model(is_any, [](const ExportedModel& model) {
    model.check();
    model.check({.disabled_passes = {"*"}});
  });
}

TEST(Exported, EveryNetworkAgreesInBands) {
  const SessionOptions cut = {
      .bands = {.fast_whole = 0, .cache_bytes = 0, .largest_whole = 0, .fewest_rows = 1}};
  for_each_model(is_network, [&](const ExportedModel& model) { model.check(cut, 3); });
}

TEST(Exported, EveryNetworkAgreesWithoutEachPass) {
  for_each_model(is_network_at_its_first_size, [](const ExportedModel& model) {
    for (const Pass& pass : all_passes()) {
      SCOPED_TRACE(pass.name);
      model.check({.disabled_passes = {std::string(pass.name)}});
    }
  });
}

}  // namespace
}  // namespace fovea
