#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "onnx/edit.h"
#include "onnx/encode.h"
#include "onnx/extract.h"
#include "onnx/half.h"
#include "onnx/model.h"
#include "onnx/raw_fields.h"
#include "onnx/upgrade.h"
#include "session/session.h"
#include "support/exported_model.h"
#include "support/model_builder.h"
#include "support/session_runner.h"

// Models that are made of others compute what those do: optimised, in a later opset, in float16,
// and in two parts. tests/writing/check.py asks onnx and onnxruntime the same.
namespace fovea {
namespace {

using test::ExportedModel;
using test::ModelBuilder;
using Dims = std::vector<ModelBuilder::Size>;

std::span<const std::byte> as_bytes(const std::string& bytes) { return onnx::as_bytes(bytes); }

bool is_first_size(const test::ConformanceCase& files) {
  return files.data.filename() == "test_data_set_0";
}

// Of the default domain; 0 where the model imports none.
int64_t opset_of(const onnx::Model& model) {
  for (const onnx::OperatorSetId& opset : model.opset_imports) {
    if (opset.domain.empty() || opset.domain == "ai.onnx") return opset.version;
  }
  return 0;
}

TEST(Written, OptimisedModelsComputeTheSame) {
  int compared = 0;
  test::for_each_exported_model(is_first_size, [&](const ExportedModel& model) {
    std::string optimised;
    try {
      optimised = model.load(model.bytes())->optimised_model();
    } catch (const Error& error) {
      // Local functions of another opset than the model's.
      EXPECT_FALSE(model.model().functions.empty()) << error.message();
      return;
    }
    model.check_made(optimised);
    ++compared;
  });
  EXPECT_GT(compared, 200);
}

TEST(Written, OptimisedModelsAreOptimisedNoFurther) {
  test::for_each_exported_model(is_first_size, [](const ExportedModel& model) {
    if (!model.model().functions.empty()) return;
    const std::string once = model.load(model.bytes())->optimised_model();
    const std::string twice = model.load(once)->optimised_model();
    const onnx::Model first = onnx::decode(as_bytes(once)), second = onnx::decode(as_bytes(twice));
    EXPECT_EQ(first.graph.nodes.size(), second.graph.nodes.size());
  });
}

TEST(Written, ModelsOfLaterOpsetsComputeTheSame) {
  int compared = 0;
  test::for_each_exported_model(is_first_size, [&](const ExportedModel& model) {
    const int64_t opset = opset_of(model.model());
    if (opset == 0 || opset >= 17 || !model.model().functions.empty()) return;
    for (const int64_t version : {13, 17}) {
      if (version <= opset) continue;
      SCOPED_TRACE(version);
      const std::string later = onnx::upgrade_opset(as_bytes(model.bytes()), version);
      EXPECT_EQ(opset_of(onnx::decode(as_bytes(later))), version);
      model.check_made(later);
      ++compared;
    }
  });
  EXPECT_GT(compared, 100);
}

// Networks that keep to numbers near 1: float16 has 11 bits, which add up.
bool is_network_of_images(const test::ConformanceCase& files) {
  static const std::set<std::string> kNames{"edsr",  "espcn", "fsrcnn", "rcan",  "rlfn",
                                            "srcnn", "unet",  "vit",    "swinir"};
  const auto begins = [&](const std::string& name) {
    return files.name.find("_" + name + "_") != std::string::npos;
  };
  // What onnxruntime optimised has operators of its own, which stay in float32, as functions do.
  return is_first_size(files) && !files.name.starts_with("optimised") &&
         !files.name.ends_with("functions") && std::ranges::any_of(kNames, begins);
}

TEST(Written, ModelsInFloat16ComputeAboutTheSame) {
  test::for_each_exported_model(is_network_of_images, [&](const ExportedModel& model) {
    const onnx::HalfModel half = onnx::to_float16(as_bytes(model.bytes()), {});
    EXPECT_TRUE(half.warnings.empty());
    for (const onnx::Tensor& tensor : onnx::decode(as_bytes(half.bytes)).graph.initializers) {
      // A Resize's scales stay.
      if (tensor.dims.size() < 2) continue;
      EXPECT_NE(tensor.data_type, static_cast<int32_t>(DType::Float)) << tensor.name;
    }
    model.check_made(half.bytes, 1e-2);
  });
}

TEST(Written, PartsComputeWhatTheWholeDoes) {
  const std::string whole = ModelBuilder()
                                .input("x", DType::Float, {2, "n"})
                                .constant("two", Tensor::of<float>({}, {2.0f}))
                                .constant("three", Tensor::of<float>({}, {3.0f}))
                                .node("Mul", {"x", "two"}, {"doubled"})
                                .node("Split", {"doubled"}, {"a", "b"}, {{"axis", int64_t{0}}})
                                .node("Add", {"a", "three"}, {"more"})
                                .node("Sub", {"more", "b"}, {"y"})
                                .node("Neg", {"x"}, {"z"})
                                .output("y")
                                .output("z")
                                .bytes();
  const std::string front = onnx::extract(as_bytes(whole), {"x"}, {"a", "b"});
  // "a" is fed and "b" is not, although one node makes both.
  const std::string back = onnx::extract(as_bytes(whole), {"x", "a"}, {"y"});
  EXPECT_EQ(onnx::decode(as_bytes(front)).graph.nodes.size(), 2u);
  EXPECT_EQ(onnx::decode(as_bytes(front)).graph.initializers.size(), 1u);
  const Tensor x = Tensor::of<float>({2, 2}, {1, 2, 3, 4});
  const auto run = [](const std::string& model, std::vector<Feed> feeds, const char* fetch) {
    return test::floats(test::load(model)->run(std::move(feeds), {fetch})[0]);
  };
  EXPECT_EQ(run(front, {{"x", x}}, "a"), (std::vector<float>{2, 4}));
  EXPECT_EQ(run(back, {{"x", x}, {"a", Tensor::of<float>({1, 2}, {10, 20})}}, "y"),
            (std::vector<float>{10 + 3 - 6, 20 + 3 - 8}));
  EXPECT_EQ(run(whole, {{"x", x}}, "y"), (std::vector<float>{2 + 3 - 6, 4 + 3 - 8}));
}

// A node of an old opset, alone in a model.
struct OldNode {
  int opset;
  const char* op_type;
  std::vector<ModelBuilder::Attribute> attributes;
  std::vector<std::string> constants = {};
  int outputs = 1;
};

std::string model_of(const OldNode& old, Dims dims, DType dtype) {
  ModelBuilder builder(old.opset);
  builder.input("x", dtype, std::move(dims));
  std::vector<std::string> inputs{"x"}, outputs;
  for (const std::string& name : old.constants) inputs.push_back(name);
  for (int i = 0; i < old.outputs; ++i) outputs.push_back(text("y", i));
  builder.constant("scales", Tensor::of<float>({4}, {1, 1, 2, 3}));
  builder.constant("smaller", Tensor::of<float>({4}, {1, 1, 0.5f, 0.5f}));
  builder.node(old.op_type, inputs, outputs, old.attributes);
  for (const std::string& output : outputs) builder.output(output, dtype);
  return builder.bytes();
}

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;

std::vector<OldNode> old_nodes() {
  return {
      {6, "Clip", {{"min", 0.25f}, {"max", 0.5f}}},
      {6, "LeakyRelu", {{"alpha", 0.125f}}},
      {7, "Clip", {{"min", 0.25f}, {"max", 0.5f}}},
      {7, "Clip", {{"max", 0.5f}}},
      {7, "Clip", {}},
      {7, "Dropout", {{"ratio", 0.75f}}},
      {7, "Softmax", {}},
      {7, "Softmax", {{"axis", int64_t{2}}}},
      {11, "Softmax", {{"axis", int64_t{-1}}}},
      {11, "LogSoftmax", {{"axis", int64_t{-2}}}},
      {7, "Hardmax", {{"axis", int64_t{0}}}},
      {7, "Squeeze", {{"axes", Ints{0}}}},
      {7, "Squeeze", {}},
      {7, "Unsqueeze", {{"axes", Ints{0, 3}}}},
      {7, "ReduceSum", {{"axes", Ints{1, 3}}, {"keepdims", int64_t{0}}}},
      {7, "ReduceSum", {}},
      {7, "Split", {{"axis", int64_t{3}}, {"split", Ints{1, 3, 2}}}, {}, 3},
      {7, "Split", {{"axis", int64_t{2}}}, {}, 2},
      {7, "Pad", {{"pads", Ints{0, 0, 1, 2, 0, 1, 0, 3}}, {"value", 0.5f}}},
      {7, "Pad", {{"pads", Ints{0, 0, 1, 2, 0, 0, 1, 1}}, {"mode", std::string("reflect")}}},
      {7, "Slice", {{"starts", Ints{1, 0}}, {"ends", Ints{-1, 2}}, {"axes", Ints{3, 2}}}},
      {7, "Slice", {{"starts", Ints{0, 1}}, {"ends", Ints{1, 3}}}},
      {7, "Upsample", {{"scales", Floats{1, 1, 2, 3}}, {"mode", std::string("nearest")}}},
      {7, "Upsample", {{"scales", Floats{1, 1, 1.5f, 2}}, {"mode", std::string("linear")}}},
      {9, "Upsample", {{"mode", std::string("linear")}}, {"scales"}},
      {10, "Resize", {{"mode", std::string("linear")}}, {"smaller"}},
      {10, "Resize", {}, {"smaller"}},
      {10, "Resize", {}, {"scales"}},
  };
}

TEST(Written, EveryChangeOfFormKeepsWhatIsComputed) {
  Tensor x = Tensor::allocate(DType::Float, {1, 3, 4, 6});
  for (size_t i = 0; i < x.as<float>().size(); ++i) {
    x.mutable_as<float>()[i] = static_cast<float>(i * 37 % 72) / 72.0f;
  }
  for (const OldNode& old : old_nodes()) {
    for (const Dims& dims : {Dims{1, 3, 4, 6}, Dims{"n", "c", "h", "w"}}) {
      for (const int64_t version : {13, 15, 17}) {
        SCOPED_TRACE(text(old.op_type, " of opset ", old.opset, " in opset ", version));
        const std::string model = model_of(old, dims, DType::Float);
        const std::string later = onnx::upgrade_opset(as_bytes(model), version);
        const auto expected = test::load(model)->run({{"x", x}});
        const auto actual = test::load(later)->run({{"x", x}});
        ASSERT_EQ(actual.size(), expected.size());
        for (size_t i = 0; i < actual.size(); ++i) EXPECT_TRUE(identical(actual[i], expected[i]));
      }
    }
  }
}

ErrorCode code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_FALSE(error.message().empty());
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::Internal;
}

TEST(Written, SaysWhatCannotBeSaidInALaterOpset) {
  const auto upgraded = [](const OldNode& old, int64_t version) {
    return code_of([&] {
      onnx::upgrade_opset(as_bytes(model_of(old, {1, 3, 4, 6}, DType::Float)), version);
    });
  };
  EXPECT_EQ(upgraded({7, "Dropout", {}, {}, 2}, 13), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(upgraded({7, "Scale", {}}, 13), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(upgraded({5, "Relu", {}}, 13), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(upgraded({6, "Dropout", {}}, 13), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(upgraded({7, "Relu", {}}, 12), ErrorCode::InvalidInput);
  EXPECT_EQ(upgraded({7, "Relu", {}}, 18), ErrorCode::InvalidInput);
}

TEST(Written, SaysWhatCannotBeExtracted) {
  const std::string model = ModelBuilder()
                                .input("x", DType::Float, {2})
                                .node("Relu", {"x"}, {"r"})
                                .node("Mystery", {"r"}, {"m"}, {}, "nobody")
                                .node("Neg", {"m"}, {"y"})
                                .import_opset("nobody", 1)
                                .output("y")
                                .bytes();
  const auto extracted = [&](std::vector<std::string> inputs, std::vector<std::string> outputs) {
    return code_of([&] { onnx::extract(as_bytes(model), inputs, outputs); });
  };
  EXPECT_EQ(extracted({"x"}, {}), ErrorCode::InvalidInput);
  EXPECT_EQ(extracted({"x"}, {"other"}), ErrorCode::InvalidInput);
  EXPECT_EQ(extracted({"other"}, {"y"}), ErrorCode::InvalidInput);
  EXPECT_EQ(extracted({"x", "x"}, {"y"}), ErrorCode::InvalidInput);
  EXPECT_EQ(extracted({}, {"r"}), ErrorCode::InvalidInput);     // needs x
  EXPECT_EQ(extracted({"m"}, {"y"}), ErrorCode::InvalidInput);  // of an unknown type
  EXPECT_NO_THROW(onnx::extract(as_bytes(model), {"r"}, {"y"}));
}

// What is computed of weights that float16 has not, and what is told of them.
TEST(Written, Float16ClampsAndTells) {
  const float inf = std::numeric_limits<float>::infinity();
  const std::string model =
      ModelBuilder()
          .input("x", DType::Float, {6})
          .constant("w", Tensor::of<float>({6}, {1e6f, -1e6f, 65519.0f, -1e-9f, inf, 2049.0f}))
          .node("Add", {"x", "w"}, {"y"})
          .output("y")
          .bytes();
  onnx::HalfOptions keep_nothing;
  keep_nothing.keep_io_types = false;
  const onnx::HalfModel half = onnx::to_float16(as_bytes(model), keep_nothing);
  ASSERT_EQ(half.warnings.size(), 2u);
  EXPECT_NE(half.warnings[0].find("2 weights"), std::string::npos);
  EXPECT_NE(half.warnings[0].find("'w'"), std::string::npos);
  EXPECT_NE(half.warnings[1].find("1 weights"), std::string::npos);
  const onnx::Model written = onnx::decode(as_bytes(half.bytes));
  const auto raw = written.graph.initializers.at(0).raw_data;
  std::vector<uint16_t> bits(6);
  ASSERT_EQ(raw.size(), 12u);
  std::memcpy(bits.data(), raw.data(), raw.size());
  EXPECT_EQ(bits, (std::vector<uint16_t>{0x7bff, 0xfbff, 0x7bff, 0x8000, 0x7c00, 0x6800}));
  EXPECT_EQ(written.graph.inputs[0].type->elem_type, static_cast<int32_t>(DType::Float16));
}

TEST(Written, Float16KeepsWhatIsToStay) {
  const std::string model = ModelBuilder()
                                .input("x", DType::Float, {2})
                                .constant("w", Tensor::of<float>({2}, {0.1f, 1e-9f}))
                                .node("Mul", {"x", "w"}, {"scaled"})
                                .node("Exp", {"scaled"}, {"e"})
                                .node("Add", {"e", "w"}, {"y"})
                                .output("y")
                                .bytes();
  onnx::HalfOptions options;
  options.keep_float_operators = {"Mul"};
  const onnx::HalfModel half = onnx::to_float16(as_bytes(model), options);
  EXPECT_TRUE(half.warnings.empty());  // w is float32 for Mul, and cast for Add
  const Tensor x = Tensor::of<float>({2}, {1, 2});
  const auto y = test::floats(test::load(half.bytes)->run({{"x", x}})[0]);
  EXPECT_NEAR(y[0], std::exp(0.1f) + 0.1f, 2e-3);
  EXPECT_NEAR(y[1], 1, 2e-3);
  options.keep_float_nodes = {"nobody"};
  EXPECT_EQ(code_of([&] { onnx::to_float16(as_bytes(model), options); }), ErrorCode::InvalidInput);
}

// What lies in a file beyond 2 GB is only named in the model; nothing looks there.
TEST(Written, ReferencesToExternalFilesSurvive) {
  onnx::Tensor weights;
  weights.name = "w";
  weights.data_type = static_cast<int32_t>(DType::Float);
  weights.dims = {1'000'000'000, 4};
  weights.data_location = onnx::Tensor::kExternal;
  weights.external_data = {
      {"location", "w.bin"}, {"offset", "8000000000"}, {"length", "16000000000"}};
  const std::string model = ModelBuilder()
                                .input("x", DType::Float, {1, 1'000'000'000})
                                .raw_initializer(onnx::encode(weights))
                                .node("MatMul", {"x", "w"}, {"product"})
                                .node("Relu", {"product"}, {"y"})
                                .output("y")
                                .bytes();
  const auto external = [](const std::string& bytes) {
    return onnx::decode(as_bytes(bytes)).graph.initializers.at(0).external_data;
  };
  onnx::ModelEdit edit;
  edit.metadata["a"] = "b";
  EXPECT_EQ(external(onnx::edit(as_bytes(model), edit)), weights.external_data);
  EXPECT_EQ(external(onnx::extract(as_bytes(model), {"x"}, {"product"})), weights.external_data);
  EXPECT_EQ(external(onnx::encode(onnx::decode(as_bytes(model)))), weights.external_data);
  EXPECT_EQ(code_of([&] { onnx::to_float16(as_bytes(model), {}); }),
            ErrorCode::UnsupportedAttribute);
}

}  // namespace
}  // namespace fovea
