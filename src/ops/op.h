#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/precision.h"
#include "ops/core/kernel.h"
#include "ops/meaning.h"
#include "threads/thread_pool.h"

// What an operator is to the engine. An operator is one file in src/ops (or one entry in its
// family's): what it means, how it is computed, and one constant `<file>_ops`.

namespace fovea {

// The choice of forms for a node whose shapes are known. An operator that says nothing gets and
// gives its values plain.
class LayoutContext : public NodeContext {
 public:
  LayoutContext(const Node& node, std::span<const ValueType* const> inputs,
                std::span<const ValueType> outputs)
      : NodeContext(node, inputs),
        outputs_(outputs),
        accepted_(inputs.size()),
        given_(node.outputs.size()) {}

  const Shape& output_shape(int index) const { return *outputs_[index].shape; }
  // The form that an input is in. Bytes are plain to all who do not ask for their form by name: few
  // operators take them otherwise.
  Form form(int index) const {
    return dtype(index) == DType::Float ? NodeContext::form(index) : Form();
  }
  Layout layout(int index) const { return form(index).layout; }
  Form form_of_bytes(int index) const { return NodeContext::form(index); }
  // True when the value could be ChannelsLast at all: float32 and rank 4.
  bool input_can_be_channels_last(int index) const;
  // The form the node wants input `index` in; the planner converts where it is in another.
  void accept(int index, Form form) { accepted_[static_cast<size_t>(index)] = form; }
  void produce(int index, Form form) { given_[static_cast<size_t>(index)] = form; }

  const std::vector<Form>& accepted() const { return accepted_; }
  const std::vector<Form>& given() const { return given_; }

 private:
  std::span<const ValueType> outputs_;
  std::vector<Form> accepted_;
  std::vector<Form> given_;
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
  // are. Only nodes with a CpuRule::bands rule are asked for less than all.
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

// Constant weights in the form a kernel wants, made once per session and shared by all its plans.
class PackCache {
 public:
  virtual ~PackCache() = default;
  // The tensor made by `pack` for the node's name and `key` when it was first asked for.
  virtual Tensor get(const Node& node, std::string_view key,
                     const std::function<Tensor()>& pack) = 0;
};

// What kernels are compiled for.
struct Machine {
  int threads = 1;  // workers of the pool they will run on
  Precision precision = Precision::Default;
  PackCache* packs = nullptr;
};

// The choice of a kernel, with shapes and forms settled.
class PlanContext : public NodeContext {
 public:
  PlanContext(const Node& node, std::span<const ValueType* const> inputs,
              std::span<const ValueType> outputs, const Machine& machine)
      : NodeContext(node, inputs), outputs_(outputs), machine_(machine) {}

  const ValueType& output(int index) const { return outputs_[static_cast<size_t>(index)]; }
  DType output_dtype(int index) const { return outputs_[index].dtype; }
  const Shape& output_shape(int index) const { return *outputs_[index].shape; }
  Form output_form(int index) const { return outputs_[index].form; }
  Layout output_layout(int index) const { return output_form(index).layout; }

  // See PackCache::get. The key tells apart the forms that several plans of one node may want;
  // which constants it has is told apart as well. The kernel does not read `sources` any more: they
  // may have no memory then.
  Tensor prepacked(InputList sources, std::string_view key, const std::function<Tensor()>& pack);
  InputSet packed() const { return packed_; }
  const Machine& machine() const { return machine_; }
  // Scratch for each of them is asked for in one piece.
  int threads() const { return machine_.threads; }
  Precision precision() const { return machine_.precision; }
  void reserve_scratch(uint64_t bytes) { scratch_ = bytes; }
  uint64_t scratch() const { return scratch_; }
  // Output 0 may be written over input `index` alone, where it is alike and nobody reads it later:
  // the kernel reads the others again after writing.
  void overwrite(int index) { overwrites_ = index; }
  int overwrites() const { return overwrites_; }

  // Names the algorithm for people who read a profile, where there is a choice of them.
  void describe(std::string algorithm) { algorithm_ = std::move(algorithm); }
  const std::string& algorithm() const { return algorithm_; }

 private:
  std::span<const ValueType> outputs_;
  Machine machine_;
  uint64_t scratch_ = 0;
  int overwrites_ = kNoInput;
  InputSet packed_;
  std::string algorithm_;
};

// What an operator that is computed from whole tensors sees, see CpuRule::compute. Its inputs'
// elements are all known: tensor() has them.
class ComputeContext : public NodeContext {
 public:
  // `packs` is null where constants are computed.
  ComputeContext(const Node& node, std::span<const ValueType* const> inputs, ThreadPool& pool,
                 PackCache* packs)
      : NodeContext(node, inputs), pool_(pool), packs_(packs), results_(node.outputs.size()) {}

  // Throws Error(MalformedModel) for an input that the node leaves out.
  const Tensor& tensor(int index) const { return *type(index).content; }
  ThreadPool& pool() const { return pool_; }
  // See PackCache::get: once per session where all of `sources` are constants of the model or left
  // out, else in every run.
  Tensor prepacked(InputList sources, std::string_view key,
                   const std::function<Tensor()>& pack) const;

  // Output `index` is a tensor of `shape` from now on, whose elements are to be filled in.
  template <class T>
  std::span<T> make(int index, Shape shape) {
    return set(index, Tensor::allocate(dtype_of<T>, std::move(shape))).template mutable_as<T>();
  }
  // Output `index`, which the node may leave out.
  Tensor& set(int index, Tensor tensor) {
    if (static_cast<size_t>(index) >= results_.size())
      results_.resize(static_cast<size_t>(index) + 1);
    return results_[static_cast<size_t>(index)] = std::move(tensor);
  }
  std::vector<Tensor>& results() { return results_; }

 private:
  ThreadPool& pool_;
  PackCache* packs_;
  std::vector<Tensor> results_;
};

using ComputeRule = void (*)(ComputeContext&);

// A graph to be computed: one that the node has as an attribute, and what it is fed.
struct GraphCall {
  const Graph* graph;
  std::vector<Tensor> feeds;  // of graph->inputs
};

// A node under way that has graphs computed, one after the other: If, Loop, Scan. Whoever runs it
// feeds the values that a graph captures.
class Routine {
 public:
  virtual ~Routine() = default;
  // What is to be computed next; nullopt when the node is done. `results` are the outputs of the
  // graph that was asked for before, none at first. Throws Error for elements that do not fit.
  virtual std::optional<GraphCall> next(std::vector<Tensor> results) = 0;
  // The node's outputs, once it is done.
  virtual std::vector<Tensor> outputs() = 0;
};

// Begins a node, the contents of whose inputs are all known. The node outlives the routine, the
// context does not.
using RoutineRule = std::unique_ptr<Routine> (*)(const NodeContext&);

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

// A window along the rows, which is cut so.
BandInput band_input(const Window& window);

// How a node is computed a band of rows at a time: `node` makes a band from inputs that hold just
// the rows needed.
struct BandRule {
  std::vector<BandInput> inputs;
  Node node;
};

// How output 0 relates to the inputs' memory.
enum class Reuse : uint8_t {
  None,
  InPlace,  // may overwrite any input of the same size that nobody reads later
  View,     // is input 0's elements under another shape: nothing runs
};

using PlanRule = Kernel (*)(PlanContext&);

// How an operator is computed on a CPU: by a kernel, by `compute` or by a routine or, where it is a
// view or has Meaning::function, by none of them.
struct CpuRule {
  // Gives no kernel for a fused node that turns out not to fit: its body is planned in its place.
  PlanRule plan = nullptr;
  // For operators that no network waits for: from tensors to tensors, at once, and free to throw
  // Error for elements that do not fit. Their outputs' shapes may depend on data.
  ComputeRule compute = nullptr;
  // For operators that have graphs computed.
  RoutineRule routine = nullptr;
  // Every element of an output is a copy of an input's element of the same type, or zero, and the
  // kernel never looks at them: so any type can be moved, see ops/core/moved.h.
  bool moves = false;
  Reuse reuse = Reuse::None;
  void (*layout)(LayoutContext&) = nullptr;
  // nullopt (or a null pointer): the node needs all rows at once.
  std::optional<BandRule> (*bands)(const NodeContext&, const Shape& output) = nullptr;
};

// A constant: nothing is to be done for an operator before a model has it.
struct OpDef {
  std::string_view op_type;
  std::string_view domain = kOnnxDomain;
  int since = 1;             // the first opset this entry speaks for
  int until = kLatestOpset;  // and the last
  Meaning meaning = {};
  CpuRule cpu = {};
};

// The operators of a file.
using OpFamily = std::span<const OpDef>;

class OpTable final : public Operators {
 public:
  constexpr explicit OpTable(std::span<const OpFamily* const> families) : families_(families) {}

  const OpDef* find(std::string_view domain, std::string_view op_type, int opset) const override;
  bool knows(std::string_view domain, std::string_view op_type) const override;
  std::span<const OpFamily* const> families() const { return families_; }

 private:
  std::span<const OpFamily* const> families_;
};

// Every operator of the engine. Written at configure time: of each src/ops/<file>.cpp its
// `<file>_ops`, so that a file without one does not link.
extern const OpTable kOpTable;

// Band rule of operators that make a band as they make the whole: of what their windows say, inputs
// without rows being the same for all.
std::optional<BandRule> bands_by_window(const NodeContext& context, const Shape& output);

// Layout rule of operators that map 0 to 0 element by element on input 0: they follow it.
void follow_input_layout(LayoutContext& context);

}  // namespace fovea
