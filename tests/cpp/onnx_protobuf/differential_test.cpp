#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "onnx/model.h"
#include "onnx_protobuf/facts.h"
#include "onnx_protobuf/protobuf.h"
#include "support/mutate.h"
#include "support/onnx_writer.h"
#include "support/sample_models.h"

// Our decoder against libprotobuf with the official onnx.proto, field by field.
namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::Protobuf;

testing::AssertionResult agree(const Protobuf::Message& expected, const std::string& bytes) {
  const onnx::Model actual = onnx::decode(test::as_bytes(bytes));
  return test::agree(test::facts_of(expected), test::facts_of(actual));
}

bool is_readable(const std::string& bytes) {
  try {
    onnx::decode(test::as_bytes(bytes));
    return true;
  } catch (const Error&) {
    return false;
  }
}

void expect_agreement_below(const fs::path& folder) {
  const std::vector<fs::path> models = test::models_below(folder);
  if (models.empty()) GTEST_SKIP() << "no .onnx files below " << folder;
  for (const fs::path& path : models) {
    const std::string bytes = test::read_file(path);
    const auto expected = Protobuf::instance().parse(bytes);
    ASSERT_TRUE(expected) << path;
    EXPECT_TRUE(agree(*expected, bytes)) << path;
  }
  testing::Test::RecordProperty("models", static_cast<int>(models.size()));
}

std::string variable(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value ? value : otherwise;
}

TEST(Differential, ConformanceModels) {
  expect_agreement_below(variable("FOVEA_ONNX_TESTDATA", FOVEA_ONNX_TESTDATA_FOLDER));
}

TEST(Differential, GivenModels) { expect_agreement_below(variable("FOVEA_MODELS", "")); }

TEST(Differential, SampleModels) {
  for (const std::string& bytes : test::sample_models()) {
    const auto expected = Protobuf::instance().parse(bytes);
    ASSERT_TRUE(expected);
    EXPECT_TRUE(agree(*expected, bytes));
  }
}

// Damage reaches merging, unknown fields, wrong wire types and alternatives that replace each
// other. The two need not refuse the same bytes, but must read the same from what both accept.
TEST(Differential, DamagedModels) {
  constexpr int kCases = 5'000;
  const std::vector<std::string> models = test::sample_models();
  test::Mutator mutate(7);
  int compared = 0;
  for (int i = 0; i < kCases; ++i) {
    const std::string bytes = mutate(models[mutate.below(models.size())]);
    const auto expected = Protobuf::instance().parse(bytes);
    if (!expected || !is_readable(bytes)) continue;
    EXPECT_TRUE(agree(*expected, bytes)) << "case " << i;
    ++compared;
  }
  EXPECT_GT(compared, kCases / 20);
}

}  // namespace
}  // namespace fovea
