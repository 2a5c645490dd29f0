#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "passes/pass.h"
#include "session/session.h"
#include "support/conformance.h"
#include "support/npy.h"
#include "support/session_runner.h"

// Networks exported from PyTorch with what PyTorch computed (tests/data/torch, made by
// training/references.py), run as they are and without each optimisation.

namespace fovea {
namespace {

namespace fs = std::filesystem;

// float32 sums of these networks' lengths, in another order than PyTorch's, relative to the largest
// output: 2^-24 per operation, a few hundred operations deep.
constexpr double kTolerance = 2e-5;

struct Reference {
  fs::path folder;
  std::string model;
};

std::vector<Reference> references() {
  std::vector<Reference> found;
  const fs::path root = "tests/data/torch";
  if (!fs::exists(root)) return found;
  for (const auto& entry : fs::directory_iterator(root)) {
    found.push_back({entry.path(), test::read_file(entry.path() / "model.onnx")});
  }
  std::ranges::sort(found, {}, &Reference::folder);
  return found;
}

// The largest difference from PyTorch's output, relative to the output's largest value or 1.
double error_of(const Reference& reference, SessionOptions options, int threads = 1) {
  const auto session = test::load(reference.model, std::move(options), threads);
  std::vector<Feed> feeds;
  for (const InputInfo& input : session->info().inputs) {
    feeds.push_back({input.name, test::read_npy(reference.folder / ("in_" + input.name + ".npy"))});
  }
  const std::vector<Tensor> outputs = session->run(std::move(feeds));
  double worst = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string& name = session->info().outputs[i].name;
    const Tensor expected = test::read_npy(reference.folder / ("out_" + name + ".npy"));
    EXPECT_EQ(outputs[i].shape(), expected.shape());
    if (outputs[i].shape() != expected.shape()) return INFINITY;
    const auto actual_values = to_floats(outputs[i]);
    const auto expected_values = to_floats(expected);
    double scale = 1;
    for (const float value : expected_values) scale = std::max<double>(scale, std::abs(value));
    for (size_t k = 0; k < actual_values.size(); ++k) {
      const double difference = std::abs(actual_values[k] - expected_values[k]) / scale;
      worst = difference <= worst ? worst : difference;
    }
  }
  return worst;
}

TEST(PyTorch, EveryReferenceAgrees) {
  const auto all = references();
  ASSERT_FALSE(all.empty()) << "run from the repository's root";
  for (const Reference& reference : all) {
    SCOPED_TRACE(reference.folder);
    EXPECT_LE(error_of(reference, {}), kTolerance);
    EXPECT_LE(error_of(reference, {}, 3), kTolerance);
  }
}

// F(6x6, 3x3) rounds 4 times as much as F(4x4, 3x3).
TEST(PyTorch, EveryReferenceAgreesByLargerTiles) {
  for (const Reference& reference : references()) {
    SCOPED_TRACE(reference.folder);
    EXPECT_LE(error_of(reference, {.precision = Precision::Fast}), 4 * kTolerance);
  }
}

TEST(PyTorch, EveryReferenceAgreesInBands) {
  const SessionOptions cut = {
      .bands = {.fast_whole = 0, .cache_bytes = 0, .largest_whole = 0, .fewest_rows = 1}};
  for (const Reference& reference : references()) {
    SCOPED_TRACE(reference.folder);
    EXPECT_LE(error_of(reference, cut), kTolerance);
    EXPECT_LE(error_of(reference, cut, 3), kTolerance);
    SessionOptions unfused = cut;
    unfused.disabled_passes = {"*"};
    EXPECT_LE(error_of(reference, unfused), kTolerance);
  }
}

TEST(PyTorch, EveryReferenceAgreesWithoutEachPass) {
  for (const Reference& reference : references()) {
    SCOPED_TRACE(reference.folder);
    EXPECT_LE(error_of(reference, {.disabled_passes = {"*"}}), kTolerance);
    for (const Pass& pass : all_passes()) {
      SCOPED_TRACE(pass.name);
      EXPECT_LE(error_of(reference, {.disabled_passes = {std::string(pass.name)}}), kTolerance);
    }
  }
}

}  // namespace
}  // namespace fovea
