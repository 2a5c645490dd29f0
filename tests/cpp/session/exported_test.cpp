#include <gtest/gtest.h>

#include "passes/pass.h"
#include "session/session.h"
#include "support/conformance.h"
#include "support/exported_model.h"

// Models as PyTorch, tf2onnx, skl2onnx and those who optimise their files write them, with what the
// original computes (tests/data/exported, made by tests/exporters), run as they are and without
// each optimisation.

namespace fovea {
namespace {

using test::ExportedModel;

bool is_any(const test::ConformanceCase&) { return true; }

// Neither one function of PyTorch nor an estimator, which have little for passes to do.
bool is_network(const test::ConformanceCase& files) {
  return !files.name.starts_with("pytorch_piece") && !files.name.starts_with("sklearn");
}

bool is_network_at_its_first_size(const test::ConformanceCase& files) {
  return is_network(files) && files.data.filename() == "test_data_set_0";
}

TEST(Exported, EveryModelAgrees) {
  test::for_each_exported_model(is_any, [](const ExportedModel& model) {
    model.check();
    model.check({.disabled_passes = {"*"}});
  });
}

TEST(Exported, EveryNetworkAgreesInBands) {
  const SessionOptions cut = {
      .bands = {.fast_whole = 0, .cache_bytes = 0, .largest_whole = 0, .fewest_rows = 1}};
  test::for_each_exported_model(is_network,
                                [&](const ExportedModel& model) { model.check(cut, 3); });
}

TEST(Exported, EveryNetworkAgreesWithoutEachPass) {
  test::for_each_exported_model(is_network_at_its_first_size, [](const ExportedModel& model) {
    for (const Pass& pass : all_passes()) {
      SCOPED_TRACE(pass.name);
      model.check({.disabled_passes = {std::string(pass.name)}});
    }
  });
}

}  // namespace
}  // namespace fovea
