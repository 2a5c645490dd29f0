#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>
#if __has_include(<google/protobuf/stubs/logging.h>)
#include <google/protobuf/stubs/logging.h>
#define FOVEA_PROTOBUF_LOGS_ITSELF 1
#endif

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "onnx/model.h"
#include "onnx_protobuf/facts.h"
#include "support/mutate.h"
#include "support/onnx_writer.h"
#include "support/sample_models.h"

// Our decoder against libprotobuf with the official onnx.proto, field by field.
namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::Facts;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// libprotobuf with the descriptors of onnx.proto; its generated code would be without reflection,
// as that file asks.
class Protobuf {
 public:
  using Message = google::protobuf::Message;

  static Protobuf& instance() {
    static Protobuf protobuf;
    return protobuf;
  }

  // The ModelProto in the bytes, or null when they are none.
  std::unique_ptr<Message> parse(const std::string& bytes) const {
    std::unique_ptr<Message> message(prototype_->New());
    return message->ParseFromString(bytes) ? std::move(message) : nullptr;
  }

 private:
  Protobuf() {
#ifdef FOVEA_PROTOBUF_LOGS_ITSELF
    // Damaged text is what some tests are about; it would be reported string by string.
    google::protobuf::SetLogHandler(nullptr);
#endif
    google::protobuf::FileDescriptorSet files;
    files.ParseFromString(read_file(FOVEA_ONNX_DESCRIPTORS));
    for (const auto& file : files.file()) pool_.BuildFile(file);
    prototype_ = factory_.GetPrototype(pool_.FindMessageTypeByName("onnx.ModelProto"));
  }

  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
  const Message* prototype_ = nullptr;
};

// The first few facts that only one side has, for a person to read.
std::string differences(const Facts& expected, const Facts& actual) {
  std::string out;
  const auto list = [&](const Facts& from, const Facts& without, const char* side) {
    std::vector<Facts::value_type> only;
    std::ranges::set_difference(from, without, std::back_inserter(only));
    only.resize(std::min<size_t>(only.size(), 5));
    for (const auto& [path, value] : only) out += text(side, path, " = ", value, '\n');
  };
  list(expected, actual, "libprotobuf only: ");
  list(actual, expected, "ours only: ");
  return out;
}

testing::AssertionResult agree(const Protobuf::Message& expected, const std::string& bytes) {
  const onnx::Model actual = onnx::decode(test::as_bytes(bytes));
  const std::string difference = differences(test::facts_of(expected), test::facts_of(actual));
  if (difference.empty()) return testing::AssertionSuccess();
  return testing::AssertionFailure() << difference;
}

bool is_readable(const std::string& bytes) {
  try {
    onnx::decode(test::as_bytes(bytes));
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::vector<fs::path> models_below(const fs::path& folder) {
  std::vector<fs::path> out;
  if (!fs::is_directory(folder)) return out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".onnx") out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

void expect_agreement_below(const fs::path& folder) {
  const std::vector<fs::path> models = models_below(folder);
  if (models.empty()) GTEST_SKIP() << "no .onnx files below " << folder;
  for (const fs::path& path : models) {
    const std::string bytes = read_file(path);
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
