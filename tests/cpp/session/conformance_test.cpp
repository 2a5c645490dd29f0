#include "support/conformance.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string_view>

#include "base/error.h"
#include "onnx/model.h"
#include "session/session.h"

// The official ONNX cases as files (tools/lib/official-cases.mjs), or those below
// FOVEA_ONNX_TESTDATA: each must give the expected values, with all passes on and off.

namespace fovea {
namespace {

// Cases that are not passed, with the reason. Each must fail: what passes is none of them any more.
const std::map<std::string_view, std::string_view>& exceptions() {
  static constexpr std::string_view kCodec = "the engine decodes no images: browsers do";
  static constexpr std::string_view kRegex = "regular expressions of RE2 would be a library more";
  static constexpr std::string_view kTraining = "gradients are what trains a model";
  static constexpr std::string_view kRandom =
      "the numbers are those of NumPy's generator; ONNX does not say which is meant";
  static constexpr std::string_view kInexact =
      "the files hold rounding errors of a transform in float32, above the tolerance";
  static constexpr std::string_view kRounded =
      "the files hold what float16 rounds to after each node; here the whole is rounded once";
  static const std::map<std::string_view, std::string_view> all = {
      {"test_attention_4d_causal_fp16_expanded", kRounded},
      {"test_bernoulli", kRandom},
      {"test_bernoulli_double", kRandom},
      {"test_bernoulli_double_expanded", kRandom},
      {"test_bernoulli_expanded", kRandom},
      {"test_bernoulli_seed", kRandom},
      {"test_bernoulli_seed_expanded", kRandom},
      {"test_dft_inverse", kInexact},
      {"test_dft_inverse_opset19", kInexact},
      {"test_gradient_of_add", kTraining},
      {"test_gradient_of_add_and_mul", kTraining},
      {"test_image_decoder_decode_bmp_rgb", kCodec},
      {"test_image_decoder_decode_jpeg2k_rgb", kCodec},
      {"test_image_decoder_decode_jpeg_bgr", kCodec},
      {"test_image_decoder_decode_jpeg_grayscale", kCodec},
      {"test_image_decoder_decode_jpeg_rgb", kCodec},
      {"test_image_decoder_decode_png_rgb", kCodec},
      {"test_image_decoder_decode_pnm_rgb", kCodec},
      {"test_image_decoder_decode_tiff_rgb", kCodec},
      {"test_image_decoder_decode_webp_rgb", kCodec},
      {"test_regex_full_match_basic", kRegex},
      {"test_regex_full_match_email_domain", kRegex},
      {"test_regex_full_match_empty", kRegex},
  };
  return all;
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
    feeds.push_back({std::string(input.name), inputs[i]});
  }
  const std::vector<Tensor> outputs = session->run(std::move(feeds));
  if (outputs.size() < expected.size()) return "fewer outputs";
  for (size_t i = 0; i < expected.size(); ++i) {
    const std::string differs = test::difference(outputs[i], expected[i]);
    if (!differs.empty()) return text("output ", i, ": ", differs);
  }
  return "";
}

// What is wrong about a case; empty when it passes.
std::string failure_of(const test::ConformanceCase& test_case,
                       const std::shared_ptr<ThreadPool>& pool) {
  try {
    const std::string differs = run_case(test_case, pool, {});
    if (!differs.empty()) return differs;
    const std::string unoptimised = run_case(test_case, pool, {"*"});
    return unoptimised.empty() ? "" : text("without passes: ", unoptimised);
  } catch (const Error& error) {
    return error.message();
  }
}

// A line for `npm run conformance`: the operator of the first node, the case, and how it went.
void list(const test::ConformanceCase& test_case, const std::string& failure) {
  const std::string bytes = test::read_file(test_case.model);
  const onnx::Model model = onnx::decode(std::as_bytes(std::span(bytes)));
  const auto& nodes = model.graph.nodes;
  const std::string op(nodes.empty() ? "none" : nodes.front().op_type);
  std::cout << "case " << op << " " << test_case.name << ": "
            << (failure.empty() ? "passes" : failure) << "\n";
}

TEST(Conformance, OfficialCases) {
  const char* root = std::getenv("FOVEA_ONNX_TESTDATA");
  const auto cases = test::find_cases(root ? root : "build/deps/onnx-testdata");
  if (cases.empty()) GTEST_SKIP() << "no official cases found: set FOVEA_ONNX_TESTDATA";
  const auto pool = std::make_shared<ThreadPool>(2);
  const char* filter = std::getenv("FOVEA_CONFORMANCE_FILTER");
  const bool listed = std::getenv("FOVEA_CONFORMANCE_LIST") != nullptr;
  size_t passed = 0, known = 0;
  for (const test::ConformanceCase& test_case : cases) {
    if (filter && test_case.name.find(filter) == std::string::npos) continue;
    const std::string failure = failure_of(test_case, pool);
    const auto exception = exceptions().find(test_case.name);
    if (listed) list(test_case, failure);
    if (failure.empty()) ++passed;
    if (exception == exceptions().end()) {
      EXPECT_EQ(failure, "") << test_case.name;
    } else {
      EXPECT_NE(failure, "") << test_case.name << " passes: it is no exception any more";
      ++known;
    }
  }
  if (!filter && !root) EXPECT_EQ(known, exceptions().size()) << "an exception is no case";
  std::cout << passed << " of " << cases.size() << " official cases pass; " << known
            << " are exceptions\n";
}

}  // namespace
}  // namespace fovea
