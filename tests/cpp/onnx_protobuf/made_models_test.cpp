#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "onnx/extract.h"
#include "onnx/half.h"
#include "onnx/upgrade.h"
#include "onnx_protobuf/protobuf.h"
#include "onnx_protobuf/random_message.h"
#include "support/mutate.h"
#include "support/onnx_writer.h"
#include "support/sample_models.h"

// Models made of others, whatever those are: libprotobuf reads them, or an Error says what is
// wrong.
namespace fovea {
namespace {

using Make = std::function<std::string(const std::string& bytes)>;

std::string part_of(const std::string& bytes) {
  const onnx::Model model = onnx::decode(test::as_bytes(bytes));
  std::vector<std::string> inputs, outputs;
  for (const onnx::ValueInfo& input : model.graph.inputs) inputs.emplace_back(input.name);
  for (const onnx::Node& node : model.graph.nodes) {
    if (!node.outputs.empty()) outputs = {std::string(node.outputs[0])};
  }
  return onnx::extract(test::as_bytes(bytes), inputs, outputs);
}

std::vector<std::pair<std::string, Make>> makers() {
  return {
      {"extract", part_of},
      {"half", [](const auto& bytes) { return onnx::to_float16(test::as_bytes(bytes), {}).bytes; }},
      {"upgrade", [](const auto& bytes) { return onnx::upgrade_opset(test::as_bytes(bytes), 17); }},
  };
}

// Whether a model was made of it.
bool is_made(const Make& make, const std::string& bytes) {
  std::string made;
  try {
    made = make(bytes);
  } catch (const Error& error) {
    EXPECT_NE(error.code(), ErrorCode::Internal) << error.message();
    return false;
  }
  EXPECT_TRUE(test::Protobuf::instance().parse(made));
  EXPECT_NO_THROW(onnx::decode(test::as_bytes(made)));
  return true;
}

TEST(MadeModels, OfDamagedModels) {
  const std::vector<std::string> models = test::sample_models();
  for (const auto& [name, make] : makers()) {
    test::Mutator mutate(13);
    for (int i = 0; i < 2'000; ++i) {
      SCOPED_TRACE(text(name, " case ", i));
      is_made(make, mutate(models[mutate.below(models.size())]));
    }
  }
}

TEST(MadeModels, OfRandomModels) {
  for (const auto& [name, make] : makers()) {
    test::RandomMessages random(17);
    for (int i = 0; i < 200; ++i) {
      SCOPED_TRACE(text(name, " case ", i));
      is_made(make, random.model()->SerializeAsString());
    }
  }
}

TEST(MadeModels, OfRealModels) {
  for (const auto& [name, make] : makers()) {
    int made = 0, models = 0;
    for (const auto& path : test::models_below(FOVEA_TEST_DATA_FOLDER)) {
      SCOPED_TRACE(path);
      ++models;
      made += is_made(make, test::read_file(path));
    }
    EXPECT_GT(made, models * 8 / 10) << name;
  }
}

}  // namespace
}  // namespace fovea
