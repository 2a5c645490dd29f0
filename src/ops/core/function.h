#pragma once

#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/meaning.h"

// ONNX defines many operators as functions of others. Where no kernel pays, such an operator is
// nothing else: the nodes of its function are planned in its place, once types and shapes are
// known (Meaning::function). So a function may look at them.
namespace fovea {

// A node's attribute as a function writes it. What it is made of stays the caller's: lists that own
// their elements, with all that it takes to free them again, would be half of a function.
class WrittenAttribute {
 public:
  constexpr WrittenAttribute(std::string_view name, int64_t value)
      : name_(name), kind_(Kind::Int), int_(value) {}
  constexpr WrittenAttribute(std::string_view name, float value)
      : name_(name), kind_(Kind::Float), float_(value) {}
  constexpr WrittenAttribute(std::string_view name, std::string_view value)
      : name_(name), kind_(Kind::String), string_(value) {}
  constexpr WrittenAttribute(std::string_view name, std::span<const int64_t> values)
      : name_(name), kind_(Kind::Ints), ints_(values) {}

  std::string_view name() const { return name_; }
  AttributeValue value() const;

 private:
  enum class Kind : uint8_t { Int, Float, String, Ints };

  std::string_view name_;
  Kind kind_;
  int64_t int_ = 0;
  float float_ = 0;
  std::string_view string_;
  std::span<const int64_t> ints_;
};

// A function in the making. Values are named by ValueId; kNoValue is one that is left out.
class Function {
 public:
  using Attribute = std::pair<std::string_view, AttributeValue>;
  using Values = std::initializer_list<ValueId>;
  using Written = std::initializer_list<WrittenAttribute>;

  explicit Function(const NodeContext& context);

  // The node's own input, kNoValue where it leaves it out.
  ValueId in(int index) const;
  ValueId constant(Tensor tensor);
  // A scalar of a floating-point or integer type.
  ValueId scalar(DType dtype, double value);
  // Of int64, for axes, shapes and the like.
  ValueId ints(std::initializer_list<int64_t> values);
  ValueId ints(std::span<const int64_t> values);

  // The result of an operator of ONNX's newest opset.
  ValueId op(std::string_view op_type, Values inputs, Written attributes = {});
  ValueId op(std::string_view op_type, std::span<const ValueId> inputs, Written attributes = {});
  // One with attributes of any kind, or as many as there happen to be.
  ValueId op_with(std::string_view op_type, std::vector<ValueId> inputs,
                  std::vector<Attribute> attributes);
  // All results of one that has several.
  std::vector<ValueId> ops(std::string_view op_type, Values inputs, int outputs,
                           Written attributes = {});
  std::vector<ValueId> ops(std::string_view op_type, std::span<const ValueId> inputs, int outputs,
                           Written attributes = {});
  // The same, of another domain.
  std::vector<ValueId> ops_of(std::string_view domain, std::string_view op_type,
                              std::vector<ValueId> inputs, int outputs,
                              std::vector<Attribute> attributes = {});

  // The function is complete: its outputs in order, those that the node leaves out included.
  // graph.inputs are the node's; of its values, those that it leaves out are read by nobody.
  Graph giving(Values outputs);
  Graph giving(std::span<const ValueId> outputs);

 private:
  Node& add(std::string_view domain, std::string_view op_type, std::span<const ValueId> inputs,
            int outputs);
  Node& add(std::string_view op_type, std::span<const ValueId> inputs, int outputs,
            Written attributes);

  const NodeContext& context_;
  Graph graph_;
};

}  // namespace fovea
