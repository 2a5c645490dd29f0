#include "support/conformance.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "base/error.h"
#include "onnx/model.h"
#include "session/session.h"

// The official ONNX cases (onnx/backend/test/data), found by FOVEA_ONNX_TESTDATA. A case whose
// model needs what the engine does not have must say so with an Unsupported error; every other must
// give the expected tensors.

namespace fovea {
namespace {

// Fewer would mean that an operator has fallen out: unsupported cases are not failures by
// themselves.
constexpr int kPassingAtLeast = 1009;

// Cases the engine answers differently on purpose, with the reason.
const std::map<std::string, std::string>& deliberate_differences() {
  static const std::string rounded =
      "the files were made by cutting bfloat16 off; the specification rounds";
  static const std::map<std::string, std::string> differences = {
      {"test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True",
       "the last window reaches beyond the padding: onnxruntime and PyTorch divide by the part "
       "inside, "
       "this case by all of it"},
      {"test_cast_FLOAT_to_BFLOAT16", rounded},
      {"test_castlike_FLOAT_to_BFLOAT16", rounded},
      {"test_castlike_FLOAT_to_BFLOAT16_expanded", rounded}};
  return differences;
}

// The files hold bfloat16 as uint16, which NumPy has instead.
Tensor as_declared(const Tensor& tensor, DType declared) {
  if (declared != DType::BFloat16 || tensor.dtype() != DType::Uint16) return tensor;
  return Tensor::view(declared, tensor.shape(), tensor.data(), std::make_shared<Tensor>(tensor));
}

std::string run_case(const test::ConformanceCase& test_case, std::shared_ptr<ThreadPool> pool,
                     std::vector<std::string> disabled_passes) {
  const auto bytes = std::make_shared<std::string>(test::read_file(test_case.model));
  const auto span = std::as_bytes(std::span(*bytes));
  const onnx::Model model = onnx::decode(span);
  SessionOptions options;
  options.disabled_passes = std::move(disabled_passes);
  const auto session = Session::load({span, bytes}, std::move(pool), options);
  std::vector<Tensor> inputs = test::read_values(test_case.data, "input", model.graph.inputs);
  const std::vector<Tensor> expected =
      test::read_values(test_case.data, "output", model.graph.outputs);
  std::vector<Feed> feeds;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const onnx::ValueInfo& input = model.graph.inputs[i];
    feeds.push_back({std::string(input.name),
                     as_declared(inputs[i], info_of(input.type->elem_type).dtype)});
  }
  const std::vector<Tensor> outputs = session->run(std::move(feeds));
  if (outputs.size() < expected.size()) return "fewer outputs";
  for (size_t i = 0; i < expected.size(); ++i) {
    const std::string differs =
        test::difference(outputs[i], as_declared(expected[i], outputs[i].dtype()));
    if (!differs.empty()) return text("output ", i, ": ", differs);
  }
  return "";
}

bool is_unsupported(const Error& error) {
  return error.code() == ErrorCode::UnsupportedOperator ||
         error.code() == ErrorCode::UnsupportedAttribute;
}

TEST(Conformance, OfficialCases) {
  const char* root = std::getenv("FOVEA_ONNX_TESTDATA");
  const auto cases = test::find_cases(root ? root : "build/deps/onnx-testdata");
  if (cases.empty()) GTEST_SKIP() << "no official cases found: set FOVEA_ONNX_TESTDATA";
  const auto pool = std::make_shared<ThreadPool>(2);
  const char* filter = std::getenv("FOVEA_CONFORMANCE_FILTER");
  int passed = 0;
  std::map<std::string, int> unsupported;
  for (const test::ConformanceCase& test_case : cases) {
    if (filter && test_case.name.find(filter) == std::string::npos) continue;
    if (deliberate_differences().contains(test_case.name)) continue;
    try {
      const std::string differs = run_case(test_case, pool, {});
      EXPECT_EQ(differs, "") << test_case.data;
      EXPECT_EQ(run_case(test_case, pool, {"*"}), "") << test_case.data << " without passes";
      if (differs.empty()) ++passed;
    } catch (const Error& error) {
      EXPECT_TRUE(is_unsupported(error)) << test_case.data << ": " << error.what();
      ++unsupported[std::string(error.field("op")) + ": " + error.what()];
    }
  }
  if (!filter) EXPECT_GE(passed, kPassingAtLeast);
  if (std::getenv("FOVEA_CONFORMANCE_LIST")) {
    for (const auto& [what, count] : unsupported) std::cout << count << "  " << what << "\n";
  }
  std::cout << passed << " of " << cases.size()
            << " official cases pass; the rest is unsupported\n";
}

}  // namespace
}  // namespace fovea
