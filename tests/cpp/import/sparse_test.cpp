#include "import/import_checks.h"

// Sparse tensors are written out.
namespace fovea {
namespace {

using test::AttributeField;
using test::GraphField;
using test::import_bytes;
using test::import_error;
using test::ModelBuilder;
using test::NodeField;
using test::SparseTensorField;
using test::write_tensor;
using Ints = std::vector<int64_t>;

std::string sparse(const Tensor& values, const Tensor& indices, const Ints& dims,
                   const std::string& name = "s") {
  return test::write<SparseTensorField>([&](auto& out) {
    out.add_message(SparseTensorField::values, write_tensor(name, values));
    out.add_message(SparseTensorField::indices, write_tensor("", indices));
    for (const int64_t dim : dims) out.add_int64(SparseTensorField::dims, dim);
  });
}

std::string model_of(const std::string& tensor) {
  return test::write_model(test::write<GraphField>([&](auto& graph) {
    graph.add_message(GraphField::sparse_initializer, tensor);
    graph.add_message(GraphField::node, test::write<NodeField>([](auto& node) {
                        node.add_string(NodeField::op_type, "Relu");
                        node.add_string(NodeField::input, "s");
                        node.add_string(NodeField::output, "y");
                      }));
  }));
}

std::string constant_of(const std::string& tensor) {
  return test::write_node_model(test::write<NodeField>([&](auto& node) {
    node.add_string(NodeField::op_type, "Constant");
    node.add_string(NodeField::output, "y");
    node.add_message(NodeField::attribute, test::write<AttributeField>([&](auto& attribute) {
                       attribute.add_string(AttributeField::name, "sparse_value");
                       attribute.add_int32(AttributeField::type, 11);
                       attribute.add_message(AttributeField::sparse_tensor, tensor);
                     }));
  }));
}

Tensor values() { return Tensor::of<float>({3}, {5, 6, 7}); }
Tensor linear(Ints indices) {
  return Tensor::of<int64_t>({std::ssize(indices)}, std::span<const int64_t>(indices));
}

const std::vector<float> kDense = {0, 5, 0, 6, 0, 7};

TEST(Sparse, InitialisersBecomeConstants) {
  for (const Tensor& indices : {linear({1, 3, 5}), linear({0, 1, 1, 0, 1, 2}).reshaped({3, 2})}) {
    const Graph graph = import_bytes(model_of(sparse(values(), indices, {2, 3})));
    const Tensor* constant = graph.constant(graph.nodes[0].inputs[0]);
    ASSERT_NE(constant, nullptr);
    EXPECT_EQ(constant->shape(), (Shape{2, 3}));
    EXPECT_EQ(to_floats(*constant), kDense);
    EXPECT_EQ(graph.value(graph.nodes[0].inputs[0]).name, "s");
  }
}

TEST(Sparse, AttributesBecomeTensors) {
  const Graph graph = import_bytes(constant_of(sparse(values(), linear({1, 3, 5}), {6})));
  EXPECT_EQ(to_floats(*graph.nodes[0].attributes.get_tensor("sparse_value")), kDense);
}

TEST(Sparse, MayHaveNoValues) {
  const Graph graph = import_bytes(model_of(sparse(Tensor::of<float>({0}, {}), linear({}), {2})));
  EXPECT_EQ(to_floats(*graph.constant(graph.nodes[0].inputs[0])), (std::vector<float>{0, 0}));
}

TEST(Sparse, WhatDoesNotFitIsMalformed) {
  const auto code = [](const Tensor& indices, const Ints& dims) {
    return import_error(model_of(sparse(values(), indices, dims))).code();
  };
  EXPECT_EQ(code(linear({1, 3, 6}), {2, 3}), ErrorCode::MalformedModel);
  EXPECT_EQ(code(linear({1, -3, 5}), {2, 3}), ErrorCode::MalformedModel);
  EXPECT_EQ(code(linear({1, 3}), {2, 3}), ErrorCode::MalformedModel);
  EXPECT_EQ(code(linear({0, 1, 1, 0, 1, 3}).reshaped({3, 2}), {2, 3}), ErrorCode::MalformedModel);
  EXPECT_EQ(code(linear({0, 1, 1, 0, 1, 2}).reshaped({2, 3}), {2, 3}), ErrorCode::MalformedModel);
  EXPECT_EQ(code(Tensor::of<int32_t>({3}, {1, 3, 5}), {2, 3}), ErrorCode::MalformedModel);
  EXPECT_EQ(code(linear({1, 3, 5}), {-2, 3}), ErrorCode::MalformedModel);
}

TEST(Sparse, MeetTheLimitOfTensors) {
  const std::string bytes = model_of(sparse(values(), linear({1, 3, 5}), {1 << 20, 1 << 20}));
  EXPECT_EQ(import_error(bytes, {.tensor_bytes = 1 << 20}).code(), ErrorCode::OutOfMemory);
}

}  // namespace
}  // namespace fovea
