#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "onnx/model.h"
#include "onnx/tensor_data.h"
#include "support/mutate.h"
#include "support/onnx_writer.h"
#include "support/sample_models.h"

namespace fovea::onnx {
namespace {

// Counts the elements of every vector in a model and reads all that can be read of its tensors.
class Census {
 public:
  explicit Census(const Model& model) {
    all(model.opset_imports);
    all(model.metadata_props);
    visit(model.graph);
    each(model.functions);
  }

  size_t elements() const { return elements_; }

 private:
  template <class T>
  void all(const std::vector<T>& items) {
    elements_ += items.size();
  }

  template <class T>
  void each(const std::vector<T>& items) {
    all(items);
    for (const T& item : items) visit(item);
  }

  template <class T>
  void visit(const std::unique_ptr<T>& item) {
    if (item) visit(*item);
  }

  template <class T>
  void visit(const Packed<T>& field) {
    all(field.runs());
    size_t count = 0;
    field.for_each([&](T) { ++count; });
    EXPECT_EQ(count, field.size());
  }

  void visit(const Tensor& tensor) {
    all(tensor.dims);
    all(tensor.string_data);
    all(tensor.external_data);
    visit(tensor.float_data);
    visit(tensor.double_data);
    visit(tensor.int32_data);
    visit(tensor.int64_data);
    visit(tensor.uint64_data);
    copy(tensor);
  }

  void copy(const Tensor& tensor) {
    try {
      external_data(tensor);
      check_elements(tensor);
      std::vector<std::byte> bytes(byte_size(tensor));
      copy_elements(tensor, bytes);
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::Internal) << error.message();
    }
  }

  void visit(const SparseTensor& sparse) {
    visit(sparse.values);
    visit(sparse.indices);
    all(sparse.dims);
  }

  void visit(const Type& type) {
    if (type.shape) all(*type.shape);
    visit(type.element);
  }

  void visit(const ValueInfo& value) {
    if (value.type) visit(*value.type);
    all(value.metadata_props);
  }

  void visit(const Attribute& attribute) {
    visit(attribute.t);
    visit(attribute.g);
    visit(attribute.tp);
    visit(attribute.sparse_tensor);
    all(attribute.floats);
    all(attribute.ints);
    all(attribute.strings);
    each(attribute.tensors);
    each(attribute.graphs);
    each(attribute.type_protos);
    each(attribute.sparse_tensors);
  }

  void visit(const Node& node) {
    all(node.inputs);
    all(node.outputs);
    all(node.metadata_props);
    each(node.attributes);
  }

  void visit(const Graph& graph) {
    each(graph.nodes);
    each(graph.initializers);
    each(graph.sparse_initializers);
    each(graph.inputs);
    each(graph.outputs);
    each(graph.value_infos);
    all(graph.metadata_props);
  }

  void visit(const Function& function) {
    all(function.inputs);
    all(function.outputs);
    all(function.attributes);
    all(function.opset_imports);
    all(function.metadata_props);
    each(function.attribute_protos);
    each(function.nodes);
    each(function.value_infos);
  }

  size_t elements_ = 0;
};

// Decodes a copy of exactly this size, so that AddressSanitizer sees every byte read beyond it.
// True when it was a model.
bool survives(const std::string& damaged) {
  const auto view = test::as_bytes(damaged);
  const std::vector<std::byte> bytes(view.begin(), view.end());
  try {
    const Model model = decode(bytes);
    // Every element of a vector takes a byte of the file at least, so memory is in proportion.
    EXPECT_LE(Census(model).elements(), bytes.size());
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::MalformedModel) << error.message();
    return false;
  }
}

TEST(Hostile, SampleModelsAreModels) {
  for (const std::string& model : test::sample_models()) EXPECT_TRUE(survives(model));
}

TEST(Hostile, EveryTruncationIsAnErrorOrAModel) {
  for (const std::string& model : test::sample_models()) {
    for (size_t size = 0; size < model.size(); ++size) survives(model.substr(0, size));
  }
}

TEST(Hostile, DamagedModelsAreErrorsOrModels) {
  constexpr int kCases = 10'000;
  const std::vector<std::string> models = test::sample_models();
  test::Mutator mutate(2024);
  int readable = 0;
  for (int i = 0; i < kCases; ++i) {
    std::string damaged = mutate(models[mutate.below(models.size())]);
    // Some twice, since a first damage is often found at once.
    if (i % 3 == 0 && !damaged.empty()) damaged = mutate(damaged);
    readable += survives(damaged);
  }
  // Both ends of the road are travelled: otherwise the damage is too little or too much to test.
  EXPECT_GT(readable, kCases / 20);
  EXPECT_LT(readable, kCases * 19 / 20);
}

}  // namespace
}  // namespace fovea::onnx
