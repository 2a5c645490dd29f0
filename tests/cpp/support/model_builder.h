#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace fovea::test {

// Writes the bytes of a model, a line a node:
//
//   const std::string bytes = ModelBuilder().input("x", DType::Float, {1, 3, "h", "w"})
//                                 .node("Relu", {"x"}, {"y"}).output("y").bytes();
class ModelBuilder {
 public:
  // A size or a symbolic name.
  struct Size {
    Size(int value) : size(value) {}
    Size(int64_t value) : size(value) {}
    Size(const char* value) : name(value) {}
    int64_t size = 0;
    std::string name;
  };
  using Attribute = std::pair<std::string, AttributeValue>;

  explicit ModelBuilder(int opset = 17) : opset_(opset) {}

  ModelBuilder& input(const std::string& name, DType dtype, std::vector<Size> dims);
  ModelBuilder& constant(const std::string& name, const Tensor& tensor);
  // An empty name leaves the input or output out.
  ModelBuilder& node(const std::string& op_type, std::vector<std::string> inputs,
                     std::vector<std::string> outputs, std::vector<Attribute> attributes = {},
                     const std::string& domain = "");
  // A node with subgraphs, each built by another builder, as attributes.
  ModelBuilder& branch(const std::string& op_type, std::vector<std::string> inputs,
                       std::vector<std::string> outputs,
                       std::vector<std::pair<std::string, ModelBuilder>> subgraphs,
                       std::vector<Attribute> attributes = {}, const std::string& domain = "");
  ModelBuilder& output(const std::string& name, DType dtype = DType::Float);
  // Sequences of tensors of that element type.
  ModelBuilder& sequence_input(const std::string& name, DType element);
  ModelBuilder& sequence_output(const std::string& name, DType element);
  ModelBuilder& metadata(const std::string& key, const std::string& value);
  // Imports operators of another domain.
  ModelBuilder& import_opset(const std::string& domain, int version);
  // A function of the model's own domain "local", whose body is built by another builder's nodes.
  ModelBuilder& function(const std::string& name, std::vector<std::string> inputs,
                         std::vector<std::string> outputs, const ModelBuilder& body);

  // Messages written by hand: a NodeProto, a FunctionProto, a TensorProto.
  ModelBuilder& raw_node(const std::string& bytes);
  ModelBuilder& raw_function(const std::string& bytes);
  ModelBuilder& raw_initializer(const std::string& bytes);

  std::string bytes() const;
  // The model's graph as import_model gives it.
  Graph graph() const;

 private:
  std::string graph_bytes() const;

  int opset_;
  std::vector<std::string> nodes_;
  std::string graph_;  // fields of GraphProto but for the nodes
  std::string model_;  // fields of ModelProto but for graph and opset
  bool has_functions_ = false;
};

// The TensorProto of a tensor, its elements as raw_data (strings as string_data).
std::string write_tensor(const std::string& name, const Tensor& tensor);

}  // namespace fovea::test
