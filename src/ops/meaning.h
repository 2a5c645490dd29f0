#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/dtype_set.h"
#include "base/error.h"
#include "graph/graph.h"
#include "ops/window.h"
#include "tensor/dispatch.h"
#include "tensor/form.h"
#include "tensor/tensor.h"

// What operators mean, whatever computes them: the types, shapes and known contents of what they
// make, and how much work that is.

namespace fovea {

// What is known of a value before the node that reads it runs.
struct ValueType {
  DType dtype = DType::Undefined;
  std::optional<Shape> shape;  // nullopt: known only once its producer has run
  Form form;
  std::optional<Tensor> content;  // the elements, where they are known
  bool constant = false;          // `content` is the model's own: the same in every plan
};

// A node and the types of its inputs.
class NodeContext {
 public:
  NodeContext(const Node& node, std::span<const ValueType* const> inputs)
      : node_(node), inputs_(inputs) {}

  const Node& node() const { return node_; }
  const Attributes& attributes() const { return node_.attributes; }
  // The same as the operator's own struct, see Attributes::parsed().
  template <class T>
  const T& attributes_as() const {
    return node_.attributes.parsed<T>(node_.opset);
  }
  int opset() const { return node_.opset; }

  // Inputs as written, optional ones left out in the middle included.
  int input_count() const { return static_cast<int>(inputs_.size()); }
  bool has_input(int index) const {
    return index >= 0 && index < input_count() && inputs_[index] != nullptr;
  }
  DType dtype(int index) const { return type(index).dtype; }
  const Shape& shape(int index) const { return *type(index).shape; }
  Form form(int index) const { return type(index).form; }
  Layout layout(int index) const { return form(index).layout; }
  // All of these; null where the node leaves the input out.
  const ValueType* input(int index) const { return has_input(index) ? inputs_[index] : nullptr; }

  // The input's elements when they are constant or follow from shapes, else null. Never null for
  // the inputs that Meaning::content_inputs names and the node has.
  const Tensor* content(int index) const;
  // content(index) if it is a constant of the model, which may be packed once for all plans.
  const Tensor* constant(int index) const;
  // content(index) as numbers, for shapes, axes and the like; `fallback` when the input is absent.
  std::vector<int64_t> int64s(int index, std::vector<int64_t> fallback = {}) const;

  int output_count() const { return static_cast<int>(node_.outputs.size()); }
  bool wants_output(int index) const {
    return index < output_count() && node_.outputs[static_cast<size_t>(index)] != kNoValue;
  }

 protected:
  const ValueType& type(int index) const;

 private:
  const Node& node_;
  std::span<const ValueType* const> inputs_;
};

// The type and shape rule of a node: says what every wanted output will be.
class InferContext : public NodeContext {
 public:
  InferContext(const Node& node, std::span<const ValueType* const> inputs)
      : NodeContext(node, inputs), outputs_(node.outputs.size()) {}

  // Ignored for outputs the node leaves out.
  void set_output(int index, DType dtype, Shape shape);
  // The output's elements follow from the inputs' types alone (Shape, Size): nothing runs.
  void set_content(int index, Tensor content);
  // The output's shape depends on data: the kernel hands it over with RunContext::set_output.
  void set_dynamic_output(int index, DType dtype);

  std::vector<ValueType>& outputs() { return outputs_; }

 private:
  std::vector<ValueType> outputs_;
};

// An axis of a node's input, and the output of the node whose dependence on it is asked for.
class WindowContext : public NodeContext {
 public:
  WindowContext(const NodeContext& context, int input, int axis, int output, const Shape& shape)
      : NodeContext(context), input_(input), axis_(axis), output_(output), shape_(shape) {}

  int input() const { return input_; }
  int axis() const { return axis_; }
  int output() const { return output_; }
  const Shape& output_shape() const { return shape_; }

 private:
  int input_, axis_, output_;
  const Shape& shape_;
};

// The newest ai.onnx opset whose operators were read against the specification.
inline constexpr int kLatestOpset = 28;
// The first whose Add, Mul and the like broadcast as NumPy does.
inline constexpr int kFirstNumpyOpset = 7;
inline constexpr int kUnbounded = std::numeric_limits<int>::max();

// ONNX operators written in ONNX's own domain; internal ones (made by passes and the planner).
inline constexpr std::string_view kOnnxDomain = "";
inline constexpr std::string_view kInternalDomain = "fovea";

struct Arity {
  int min = 1;
  int max = 1;
};

// In place of an input's index.
inline constexpr int kNoInput = -1;

// Some of a node's inputs, by index.
class InputList {
 public:
  constexpr InputList(std::initializer_list<int> indices) : count_(indices.size()) {
    std::ranges::copy(indices, indices_.begin());
  }
  constexpr const int* begin() const { return indices_.data(); }
  constexpr const int* end() const { return begin() + count_; }

 private:
  std::array<int, 4> indices_ = {};
  size_t count_;
};

// The same, where it turns out which. Those of high numbers are never among them.
class InputSet {
 public:
  void add(int index) {
    if (index >= 0 && index < kMost) bits_ |= uint64_t{1} << index;
  }
  bool has(size_t index) const { return index < kMost && (bits_ >> index & 1) != 0; }

 private:
  static constexpr int kMost = 64;
  uint64_t bits_ = 0;
};

// Inputs that share one element type, which is one of those allowed: a type variable of ONNX's
// signatures.
struct TypeVariable {
  uint32_t inputs = 0;  // bit i: input i; the last bit: all from 31 on
  DTypeSet allowed = {};

  constexpr bool covers(size_t index) const {
    return (inputs >> std::min<size_t>(index, 31) & 1) != 0;
  }
};

// The type variable of inputs `first` to `last`.
constexpr TypeVariable type_of_inputs(int first, int last, DTypeSet allowed) {
  TypeVariable variable = {0, allowed};
  for (int i = first; i <= std::min(last, 31); ++i) variable.inputs |= uint32_t{1} << i;
  return variable;
}
constexpr TypeVariable type_of_input(int index, DTypeSet allowed) {
  return type_of_inputs(index, index, allowed);
}
constexpr TypeVariable type_of_all_inputs(DTypeSet allowed) {
  return type_of_inputs(0, kUnbounded, allowed);
}
// The same type for two inputs that do not follow each other.
constexpr TypeVariable type_of_both_inputs(int a, int b, DTypeSet allowed) {
  return {uint32_t{1} << a | uint32_t{1} << b, allowed};
}

inline constexpr DTypeSet kFloat32 = {DType::Float};
inline constexpr DTypeSet kFloat32And64 = {DType::Float, DType::Double};
inline constexpr DTypeSet kIndices = {DType::Int32, DType::Int64};
inline constexpr DTypeSet kSignedIntegers = {DType::Int8, DType::Int16, DType::Int32, DType::Int64};
inline constexpr DTypeSet kUnsignedIntegers = {DType::Uint8, DType::Uint16, DType::Uint32,
                                               DType::Uint64};
inline constexpr DTypeSet kIntegers = kSignedIntegers | kUnsignedIntegers;
inline constexpr DTypeSet kFloats = kFloat32And64 | DTypeSet{DType::Float16, DType::BFloat16};
inline constexpr DTypeSet kNumbers = kFloats | kIntegers;
// Numbers of 32 and 64 bits.
inline constexpr DTypeSet kWideNumbers =
    kFloat32And64 | DTypeSet{DType::Int32, DType::Uint32, DType::Int64, DType::Uint64};
inline constexpr DTypeSet kBool = {DType::Bool};
// Everything of which an element is a C++ number.
inline constexpr DTypeSet kFixedSize = kNumbers | kBool;
inline constexpr DTypeSet kBytes = {DType::Int8, DType::Uint8};
// Integers of less than a byte; floats of a byte or less.
inline constexpr DTypeSet kSmallIntegers = {DType::Int2, DType::Uint2, DType::Int4, DType::Uint4};
inline constexpr DTypeSet kMinifloats = {
    DType::Float8E4M3FN, DType::Float8E4M3FNUZ, DType::Float8E5M2, DType::Float8E5M2FNUZ,
    DType::Float8E8M0,   DType::Float6E2M3,     DType::Float6E3M2, DType::Float4E2M1};
// All that tensors have.
inline constexpr DTypeSet kAnyType = kFixedSize | kSmallIntegers | kMinifloats |
                                     DTypeSet{DType::String, DType::Complex64, DType::Complex128};
// All values.
inline constexpr DTypeSet kAnything = kAnyType | DTypeSet{DType::Sequence, DType::Absent};

using InferRule = void (*)(InferContext&);

// The element type of an output as far as the node and the types of its inputs tell it: Undefined
// for an input whose type is not known, and for what cannot be said.
using ElementTypeRule = DType (*)(const Node& node, std::span<const DType> inputs, int output);

// Like input kFirst for output 0, and like input kRest for all others.
template <int kFirst, int kRest = kFirst>
DType like_input(const Node&, std::span<const DType> inputs, int output) {
  const auto index = static_cast<size_t>(output == 0 ? kFirst : kRest);
  return index < inputs.size() ? inputs[index] : DType::Undefined;
}
// kType for all outputs.
template <DType kType>
DType always(const Node&, std::span<const DType>, int) {
  return kType;
}
// Like input 0 for output 0, and kType for all others.
template <DType kType>
DType first_like_input(const Node& node, std::span<const DType> inputs, int output) {
  return output == 0 ? like_input<0>(node, inputs, output) : kType;
}

// A constant: nothing is to be done for an operator before a model has it.
struct Meaning {
  Arity inputs = {1, 1};
  Arity outputs = {1, 1};
  // What infer_node() checks of the inputs' element types before it asks `infer`.
  std::array<TypeVariable, 4> types = {};
  InferRule infer = nullptr;
  // What is known of element types before shapes are.
  ElementTypeRule element_type = like_input<0>;
  // In place of `infer` and a kernel: the operator as others compute it (ops/core/function.h).
  Graph (*function)(const NodeContext&) = nullptr;
  // Inputs whose elements `infer` or the choice of a kernel must know: the planner runs what leads
  // to them first.
  InputList content_inputs = {};
  // Multiply-accumulates for these shapes, or the largest int64 where there are more; null where
  // the operator does none worth counting.
  int64_t (*macs)(const NodeContext&, const Shape& output) = nullptr;
  // Which positions of an input an output depends on. Not asked for inputs whose elements are known
  // when planning, nor of views, which Reuse::View tells. Null where that cannot be said.
  Window (*window)(const WindowContext&) = nullptr;
  bool deterministic = true;
};

// Of an operator that the node's session knows. Throws Error(Internal) where it knows none.
const Meaning& meaning_of(const Node& node);

// Throws Error(MalformedModel) when a node has more or fewer inputs or outputs than its operator.
void check_arity(const Node& node);

// What is checked of a node whatever it is: how many inputs and outputs it has, of which types.
void check_node(const Node& node, std::span<const ValueType* const> inputs);

// What the node's outputs will be, those it leaves out included. All that is asked of a node before
// it is compiled is checked here: how many inputs and outputs it has, and what its shape rule asks.
std::vector<ValueType> infer_node(const Node& node, std::span<const ValueType* const> inputs);

// Shape rule of operators whose output is like input 0.
void infer_like_input(InferContext& context);

// Windows of operators that make every element from those at its place, of inputs that broadcast.
Window window_by_element(const WindowContext& context);
// Windows of operators that do so with input 0; what they need of others is the same for all.
Window window_of_data(const WindowContext& context);
// Windows of operators that look at types and shapes alone.
Window window_of_nothing(const WindowContext& context);

}  // namespace fovea
