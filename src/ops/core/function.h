#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/meaning.h"

// ONNX defines many operators as functions of others. Where no kernel pays, such an operator is
// nothing else: the nodes of its function are planned in its place, once types and shapes are
// known (Meaning::function). So a function may look at them.
namespace fovea {

// A function in the making. Values are named by ValueId; kNoValue is one that is left out.
class Function {
 public:
  using Attribute = std::pair<std::string_view, AttributeValue>;

  explicit Function(const NodeContext& context);

  // The node's own input, kNoValue where it leaves it out.
  ValueId in(int index) const;
  ValueId constant(Tensor tensor);
  // A scalar of a floating-point or integer type.
  ValueId scalar(DType dtype, double value);
  // Of int64, for axes, shapes and the like.
  ValueId ints(std::vector<int64_t> values);

  // The result of an operator of ONNX's newest opset.
  ValueId op(std::string_view op_type, std::vector<ValueId> inputs,
             std::vector<Attribute> attributes = {});
  // All results of one that has several.
  std::vector<ValueId> ops(std::string_view op_type, std::vector<ValueId> inputs, int outputs,
                           std::vector<Attribute> attributes = {});
  // The same, of another domain.
  std::vector<ValueId> ops_of(std::string_view domain, std::string_view op_type,
                              std::vector<ValueId> inputs, int outputs,
                              std::vector<Attribute> attributes = {});

  // The function is complete: its outputs in order, those that the node leaves out included.
  // graph.inputs are the node's; of its values, those that it leaves out are read by nobody.
  Graph giving(std::vector<ValueId> outputs);

 private:
  const NodeContext& context_;
  Graph graph_;
};

}  // namespace fovea
