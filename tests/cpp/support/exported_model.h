#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "onnx/model.h"
#include "session/session.h"
#include "support/conformance.h"
#include "support/relative_error.h"
#include "support/session_runner.h"

namespace fovea::test {

// A model as an exporter wrote it, with what the original computes (tests/data/exported).
class ExportedModel {
 public:
  explicit ExportedModel(const ConformanceCase& files)
      : folder_(files.model.parent_path()),
        bytes_(read_file(files.model)),
        model_(onnx::decode(std::as_bytes(std::span(bytes_)))),
        inputs_(read_values(files.data, "input", model_.graph.inputs)),
        outputs_(read_values(files.data, "output", model_.graph.outputs)) {}

  const std::string& bytes() const { return bytes_; }
  const onnx::Model& model() const { return model_; }

  std::unique_ptr<Session> load(std::string bytes, SessionOptions options = {},
                                int threads = 1) const {
    options.external_data = [this](const std::string& location) {
      const auto data = std::make_shared<std::string>(read_file(folder_ / location));
      return ModelBytes{std::as_bytes(std::span(*data)), data};
    };
    return test::load(std::move(bytes), std::move(options), threads);
  }

  // Whether what is computed is within the model's tolerance of what is expected.
  void check(SessionOptions options = {}, int threads = 1) const {
    check(*load(bytes_, std::move(options), threads), has_halves() ? kHalfTolerance : kTolerance);
  }

  // Whether a model made of this one computes the same.
  void check_made(const std::string& bytes, double tolerance = kTolerance) const {
    check(*load(bytes), std::max(tolerance, has_halves() ? kHalfTolerance : 0));
  }

 private:
  // float32 sums of these networks' lengths in another order, relative to the largest output.
  static constexpr double kTolerance = 2e-5;
  // Where a model rounds to float16 on its way: two units in the last place.
  static constexpr double kHalfTolerance = 0x1p-9;

  void check(Session& session, double tolerance) const {
    std::vector<Feed> feeds;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      feeds.push_back({std::string(model_.graph.inputs[i].name), inputs_[i]});
    }
    const std::vector<Tensor> found = session.run(std::move(feeds));
    ASSERT_EQ(found.size(), outputs_.size());
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_LE(relative_error(found[i], outputs_[i]), tolerance) << "output " << i;
    }
  }

  bool has_halves() const {
    constexpr int32_t kFloat16 = 10;
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

// Calls `check` with each model that is `wanted`; a failure names it.
template <class Check>
void for_each_exported_model(bool (*wanted)(const ConformanceCase&), Check check) {
  const auto all = find_cases("tests/data/exported");
  ASSERT_FALSE(all.empty()) << "run from the repository's root";
  for (const ConformanceCase& files : all) {
    if (!wanted(files)) continue;
    SCOPED_TRACE(files.data);
    try {
      check(ExportedModel(files));
    } catch (const Error& error) {
      ADD_FAILURE() << error.message();
    }
  }
}

}  // namespace fovea::test
