#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/precision.h"
#include "graph/graph.h"
#include "tensor/dispatch.h"
#include "tensor/layout.h"
#include "tensor/tensor.h"
#include "threads/thread_pool.h"

// What an operator is to the engine. An operator is one file in src/ops (or one entry in its
// family's): its shape rule, its choice of a kernel and one constant `<file>_ops`.

namespace fovea {

// What is known of a value before the node that reads it runs.
struct ValueType {
  DType dtype = DType::Undefined;
  std::optional<Shape> shape;  // nullopt: known only once its producer has run
  Layout layout = Layout::Plain;
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
  int opset() const { return node_.opset; }

  // Inputs as written, optional ones left out in the middle included.
  int input_count() const { return static_cast<int>(inputs_.size()); }
  bool has_input(int index) const { return index < input_count() && inputs_[index] != nullptr; }
  DType dtype(int index) const { return type(index).dtype; }
  const Shape& shape(int index) const { return *type(index).shape; }
  Layout layout(int index) const { return type(index).layout; }
  // All of these; null where the node leaves the input out.
  const ValueType* input(int index) const { return has_input(index) ? inputs_[index] : nullptr; }

  // The input's elements when they are constant or follow from shapes, else null. Never null for
  // the inputs that OpDef::content_inputs names and the node has.
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

// The choice of layouts for a node whose shapes are known. An operator that says nothing gets and
// gives Layout::Plain.
class LayoutContext : public NodeContext {
 public:
  LayoutContext(const Node& node, std::span<const ValueType* const> inputs,
                std::span<const ValueType> outputs)
      : NodeContext(node, inputs),
        outputs_(outputs),
        accepted_(inputs.size(), Layout::Plain),
        produced_(node.outputs.size(), Layout::Plain) {}

  const Shape& output_shape(int index) const { return *outputs_[index].shape; }
  // True when the value could be ChannelsLast at all: float32 and rank 4.
  bool input_can_be_channels_last(int index) const;
  // The layout the node wants input `index` in; the planner converts where it is in another.
  void accept(int index, Layout layout) { accepted_[static_cast<size_t>(index)] = layout; }
  void produce(int index, Layout layout) { produced_[static_cast<size_t>(index)] = layout; }

  Layout accepted(int index) const { return accepted_[static_cast<size_t>(index)]; }
  Layout produced(int index) const { return produced_[static_cast<size_t>(index)]; }

 private:
  std::span<const ValueType> outputs_;
  std::vector<Layout> accepted_;
  std::vector<Layout> produced_;
};

struct RowRange {
  int64_t begin = 0;
  int64_t end = std::numeric_limits<int64_t>::max();
};

// What a kernel sees while it runs. Pointers are null for inputs and outputs the node leaves out.
class RunContext {
 public:
  RunContext(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs,
             std::span<Tensor> dynamic_outputs, std::byte* scratch, ThreadPool& pool)
      : inputs_(inputs),
        outputs_(outputs),
        dynamic_outputs_(dynamic_outputs),
        scratch_(scratch),
        pool_(pool) {}

  template <class T>
  const T* in(int index) const {
    return static_cast<size_t>(index) < inputs_.size() ? reinterpret_cast<const T*>(inputs_[index])
                                                       : nullptr;
  }
  template <class T>
  T* out(int index) const {
    return static_cast<size_t>(index) < outputs_.size() ? reinterpret_cast<T*>(outputs_[index])
                                                        : nullptr;
  }
  // As many bytes as PlanContext::reserve_scratch asked for, 64-byte aligned, undefined content.
  std::byte* scratch() const { return scratch_; }
  ThreadPool& pool() const { return pool_; }

  // The rows of output 0, counted along its third axis, that are wanted; others may be left as they
  // are. Only nodes with an OpDef::bands rule are asked for less than all.
  RowRange rows() const { return rows_; }
  void want_rows(RowRange rows) { rows_ = rows; }

  // For outputs declared by InferContext::set_dynamic_output.
  void set_output(int index, Tensor tensor) { dynamic_outputs_[index] = std::move(tensor); }

 private:
  std::span<const std::byte* const> inputs_;
  std::span<std::byte* const> outputs_;
  std::span<Tensor> dynamic_outputs_;
  std::byte* scratch_;
  ThreadPool& pool_;
  RowRange rows_;
};

// Runs one node for fixed shapes and layouts. Does not throw, except from RunContext::set_output's
// allocation.
using Kernel = std::function<void(RunContext&)>;

// Constant weights in the form a kernel wants, made once per session and shared by all its plans.
class PackCache {
 public:
  virtual ~PackCache() = default;
  // The tensor made by `pack` for the node's name and `key` when it was first asked for.
  virtual Tensor get(const Node& node, std::string_view key,
                     const std::function<Tensor()>& pack) = 0;
};

// The choice of a kernel, with shapes and layouts settled.
class PlanContext : public NodeContext {
 public:
  PlanContext(const Node& node, std::span<const ValueType* const> inputs,
              std::span<const ValueType> outputs, PackCache& packs, int threads,
              Precision precision = Precision::Default)
      : NodeContext(node, inputs),
        outputs_(outputs),
        packs_(packs),
        threads_(threads),
        precision_(precision) {}

  DType output_dtype(int index) const { return outputs_[index].dtype; }
  const Shape& output_shape(int index) const { return *outputs_[index].shape; }
  Layout output_layout(int index) const { return outputs_[index].layout; }

  // See PackCache::get. The key tells apart the forms that several plans of one node may want.
  Tensor prepacked(std::string_view key, const std::function<Tensor()>& pack) {
    return packs_.get(node(), key, pack);
  }
  // The context of a node that runs as a part of this one.
  PlanContext part(const Node& node, std::span<const ValueType* const> inputs,
                   const ValueType& output) const {
    return {node, inputs, {&output, 1}, packs_, threads_, precision_};
  }
  // Workers of the pool the kernel will run on: scratch for each is asked for in one piece.
  int threads() const { return threads_; }
  Precision precision() const { return precision_; }
  void reserve_scratch(uint64_t bytes) { scratch_ = bytes; }
  uint64_t scratch() const { return scratch_; }

  // Names the algorithm for people who read a profile, where there is a choice of them.
  void describe(std::string algorithm) { algorithm_ = std::move(algorithm); }
  const std::string& algorithm() const { return algorithm_; }

 private:
  std::span<const ValueType> outputs_;
  PackCache& packs_;
  int threads_;
  Precision precision_;
  uint64_t scratch_ = 0;
  std::string algorithm_;
};

// The newest ai.onnx opset whose operators were read against the specification.
inline constexpr int kLatestOpset = 25;
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

// What rows [begin - phase, end - phase) of an output [1, C, H, W] need of an input: rows
// [begin * num / den - before, end * num / den + after), those outside the image as zeros. `begin`
// and `end` are multiples of den.
struct BandInput {
  bool whole = true;  // the input is no image along these rows: all of it, always
  int64_t num = 1;
  int64_t den = 1;
  int64_t phase = 0;  // the same for all inputs whose den is not 1
  int64_t before = 0;
  int64_t after = 0;
};

// How a node is computed a band of rows at a time: `node` makes a band from inputs that hold just
// the rows needed.
struct BandRule {
  std::vector<BandInput> inputs;
  Node node;
};

// How output 0 relates to the inputs' memory.
enum class Reuse : uint8_t {
  None,
  InPlace,  // may overwrite an input of the same size that nobody reads later
  View,     // is input 0's elements under another shape: nothing runs
};

inline constexpr int kAnyInput = -1;

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

using InferRule = void (*)(InferContext&);
using PlanRule = Kernel (*)(PlanContext&);

// A constant: nothing is to be done for an operator before a model has it.
struct OpDef {
  std::string_view op_type;
  std::string_view domain = kOnnxDomain;
  int since = 1;             // the first opset this entry speaks for
  int until = kLatestOpset;  // and the last
  Arity inputs = {1, 1};
  Arity outputs = {1, 1};
  InferRule infer = nullptr;
  PlanRule plan = nullptr;
  // Inputs whose elements `infer` or `plan` must know: the planner runs what leads to them first.
  InputList content_inputs = {};
  Reuse reuse = Reuse::None;
  // The one input Reuse::InPlace may overwrite, where the kernel reads others again after writing.
  int overwrites = kAnyInput;
  void (*layout)(LayoutContext&) = nullptr;
  // nullopt (or a null pointer): the node needs all rows at once.
  std::optional<BandRule> (*bands)(const NodeContext&, const Shape& output) = nullptr;
  // Multiply-accumulates for these shapes; null where the operator does none worth counting.
  int64_t (*macs)(const NodeContext&, const Shape& output) = nullptr;
  bool deterministic = true;
};

// The operators of a file.
using OpFamily = std::span<const OpDef>;

class OpTable {
 public:
  constexpr explicit OpTable(std::span<const OpFamily* const> families) : families_(families) {}

  // The definition of the operator in that opset of its domain; null when there is none.
  const OpDef* find(std::string_view domain, std::string_view op_type, int opset) const;
  const OpDef* find(const Node& node) const { return find(node.domain, node.op_type, node.opset); }
  // True when some opset of the operator is known: the model's is too old or too new.
  bool knows(std::string_view domain, std::string_view op_type) const;

 private:
  std::span<const OpFamily* const> families_;
};

// Every operator of the engine. Written at configure time: of each src/ops/<file>.cpp its
// `<file>_ops`, so that a file without one does not link.
extern const OpTable kOpTable;

// Runs one node by itself on plain tensors (null: left out) and returns its outputs, those it
// leaves out as empty tensors. Throws what the operator's rules throw.
std::vector<Tensor> evaluate(const Node& node, const OpDef& def,
                             std::span<const Tensor* const> inputs, ThreadPool& pool);

// Shape rule of operators whose output is like input 0.
void infer_like_input(InferContext& context);

// Band rule of operators that make every element of output 0 from those at its place: inputs of the
// output's shape are cut into bands, others must be the same for all rows.
std::optional<BandRule> bands_by_element(const NodeContext& context, const Shape& output);

// Layout rule of operators that map 0 to 0 element by element on input 0: they follow it.
void follow_input_layout(LayoutContext& context);

}  // namespace fovea
