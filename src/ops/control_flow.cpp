// Operators that have graphs computed: If, Loop, Scan, SequenceMap (onnx/defs/controlflow,
// onnx/defs/sequence).

#include <algorithm>
#include <numeric>

#include "ops/core/evaluate.h"
#include "ops/op.h"

namespace fovea {
namespace {

const Graph& graph_of(const Node& node, std::string_view attribute) {
  const Graph* graph = node.attributes.get_graph(attribute);
  if (!graph) fail(ErrorCode::MalformedModel, node.op_type, " has no ", attribute);
  return *graph;
}

void check_arity_of(const Node& node, std::string_view attribute, size_t inputs, size_t outputs) {
  const Graph& graph = graph_of(node, attribute);
  if (graph.inputs.size() == inputs && graph.outputs.size() >= outputs) return;
  fail(ErrorCode::MalformedModel, node.op_type, "'s ", attribute, " has ", graph.inputs.size(),
       " inputs and ", graph.outputs.size(), " outputs; the node needs ", inputs, " and ", outputs);
}

void all_dynamic(InferContext& context) {
  for (int i = 0; i < context.output_count(); ++i) {
    context.set_dynamic_output(i, DType::Undefined);
  }
}

bool is_true(const Tensor& condition) {
  if (condition.dtype() != DType::Bool || condition.elements() != 1) {
    fail(ErrorCode::InvalidInput, "a condition is one bool, not ", name_of(condition.dtype()),
         condition.shape());
  }
  return condition.as<bool>()[0];
}

// Element `index` along an axis, which goes.
Tensor at(const Tensor& tensor, int64_t axis, int64_t index) {
  ThreadPool pool(1);
  const std::vector<Tensor> inputs = {tensor, Tensor::of<int64_t>({}, {index})};
  return evaluate_op("Gather", {{"axis", axis}}, inputs, pool);
}

// What no trip has made, of the type that the graph declares; sizes it leaves open are 0.
Tensor stack_of_none(const Value& declared, int64_t axis) {
  if (declared.dtype == DType::Undefined) {
    fail(ErrorCode::InvalidInput, "no trip was made, and the body does not declare the type of '",
         declared.name, "'");
  }
  std::vector<int64_t> dims;
  if (declared.shape) {
    for (const Dim& dim : *declared.shape) {
      const auto* size = std::get_if<int64_t>(&dim);
      dims.push_back(size ? *size : 0);
    }
  }
  const int at_axis = normalize_axis(axis, static_cast<int>(dims.size()) + 1);
  dims.insert(dims.begin() + at_axis, 0);
  return Tensor::allocate(declared.dtype, Shape(std::move(dims)));
}

// What the trips of a body have made, a tensor each.
class Collected {
 public:
  Collected(const Graph& body, size_t first_output) : body_(body), first_(first_output) {
    parts_.resize(body.outputs.size() - first_output);
  }
  void add(std::span<Tensor> results) {
    for (size_t i = 0; i < parts_.size(); ++i) parts_[i].push_back(std::move(results[first_ + i]));
  }
  size_t count() const { return parts_.size(); }
  Tensor stack(size_t index, int64_t axis, bool reversed) {
    std::vector<Tensor>& parts = parts_[index];
    if (parts.empty()) return stack_of_none(body_.value(body_.outputs[first_ + index]), axis);
    if (reversed) std::ranges::reverse(parts);
    ThreadPool pool(1);
    return stacked(std::exchange(parts, {}), axis, pool);
  }

 private:
  const Graph& body_;
  size_t first_;
  std::vector<std::vector<Tensor>> parts_;  // by output
};

class IfRoutine final : public Routine {
 public:
  explicit IfRoutine(const NodeContext& context)
      : branch_(graph_of(context.node(),
                         is_true(*context.content(0)) ? "then_branch" : "else_branch")) {}

  std::optional<GraphCall> next(std::vector<Tensor> results) override {
    outputs_ = std::move(results);
    if (std::exchange(asked_, true)) return std::nullopt;
    return GraphCall{&branch_, {}};
  }
  std::vector<Tensor> outputs() override { return std::move(outputs_); }

 private:
  const Graph& branch_;
  bool asked_ = false;
  std::vector<Tensor> outputs_;
};

void infer_if(InferContext& context) {
  for (const char* branch : {"then_branch", "else_branch"}) {
    check_arity_of(context.node(), branch, 0, static_cast<size_t>(context.output_count()));
  }
  all_dynamic(context);
}

class LoopRoutine final : public Routine {
 public:
  explicit LoopRoutine(const NodeContext& context)
      : body_(graph_of(context.node(), "body")),
        trips_(context.has_input(0) ? to_int64s(*context.content(0)).at(0) : kEndless),
        goes_on_(!context.has_input(1) || is_true(*context.content(1))),
        collected_(body_, body_.inputs.size() - 1) {
    for (int i = 2; i < context.input_count(); ++i) state_.push_back(*context.content(i));
  }

  std::optional<GraphCall> next(std::vector<Tensor> results) override {
    if (!results.empty()) take(std::move(results));
    if (!goes_on_ || trip_ >= trips_) return std::nullopt;
    GraphCall call{&body_, {Tensor::of<int64_t>({}, {trip_}), Tensor::of<bool>({}, {goes_on_})}};
    call.feeds.insert(call.feeds.end(), state_.begin(), state_.end());
    return call;
  }

  std::vector<Tensor> outputs() override {
    std::vector<Tensor> outputs = std::move(state_);
    for (Tensor& state : outputs) {
      if (trip_ == 0) state = copy_of(state);  // the inputs' memory may be given away
    }
    for (size_t i = 0; i < collected_.count(); ++i) {
      outputs.push_back(collected_.stack(i, 0, false));
    }
    return outputs;
  }

 private:
  static constexpr int64_t kEndless = std::numeric_limits<int64_t>::max();

  void take(std::vector<Tensor> results) {
    goes_on_ = is_true(results[0]);
    collected_.add(results);
    for (size_t i = 0; i < state_.size(); ++i) state_[i] = std::move(results[1 + i]);
    ++trip_;
  }

  const Graph& body_;
  int64_t trips_;
  int64_t trip_ = 0;
  bool goes_on_;
  std::vector<Tensor> state_;
  Collected collected_;
};

void infer_loop(InferContext& context) {
  const auto state = static_cast<size_t>(std::max(context.input_count() - 2, 0));
  check_arity_of(context.node(), "body", state + 2,
                 static_cast<size_t>(context.output_count()) + 1);
  for (const int input : {0, 1}) {
    if (context.has_input(input) && context.shape(input).elements() != 1) {
      fail(ErrorCode::InvalidInput, "Loop takes one element as input ", input, ", not ",
           context.shape(input));
    }
  }
  all_dynamic(context);
}

// One Scan input or output: the axis it is cut along, and whether from the end.
struct ScanAxis {
  int64_t axis;
  bool reversed;
};

std::vector<ScanAxis> scan_axes(const Attributes& attributes, std::string_view kind, size_t count) {
  const auto axes = attributes.get_ints(text("scan_", kind, "_axes"));
  const auto directions = attributes.get_ints(text("scan_", kind, "_directions"));
  std::vector<ScanAxis> result;
  for (size_t i = 0; i < count; ++i) {
    result.push_back({i < axes.size() ? axes[i] : 0, i < directions.size() && directions[i] != 0});
  }
  return result;
}

// A run of the body over one sequence.
class Scanning {
 public:
  Scanning(const Graph& body, std::vector<Tensor> state, std::vector<Tensor> scanned,
           std::vector<ScanAxis> axes, int64_t length)
      : body_(body),
        state_(std::move(state)),
        scanned_(std::move(scanned)),
        axes_(std::move(axes)),
        length_(length),
        collected_(body, state_.size()) {}

  std::optional<GraphCall> next(std::vector<Tensor> results) {
    if (std::exchange(waiting_, false)) {
      collected_.add(results);
      std::move(results.begin(), results.begin() + std::ssize(state_), state_.begin());
      ++step_;
    }
    if (step_ >= length_) return std::nullopt;
    waiting_ = true;
    GraphCall call{&body_, state_};
    for (size_t i = 0; i < scanned_.size(); ++i) {
      const int64_t index = axes_[i].reversed ? length_ - 1 - step_ : step_;
      call.feeds.push_back(at(scanned_[i], axes_[i].axis, index));
    }
    return call;
  }
  std::vector<Tensor> outputs(std::span<const ScanAxis> axes) {
    std::vector<Tensor> outputs;
    for (const Tensor& state : state_) outputs.push_back(copy_of(state));
    for (size_t i = 0; i < collected_.count(); ++i) {
      outputs.push_back(collected_.stack(i, axes[i].axis, axes[i].reversed));
    }
    return outputs;
  }

 private:
  const Graph& body_;
  std::vector<Tensor> state_;
  std::vector<Tensor> scanned_;
  std::vector<ScanAxis> axes_;
  int64_t length_;
  int64_t step_ = 0;
  bool waiting_ = false;  // for the results of a step
  Collected collected_;
};

class ScanRoutine final : public Routine {
 public:
  explicit ScanRoutine(const NodeContext& context)
      : body_(graph_of(context.node(), "body")), out_axes_(output_axes(context, body_)) {
    const auto scanned = static_cast<size_t>(context.attributes().get_int("num_scan_inputs", 0));
    const size_t states = static_cast<size_t>(context.input_count()) - scanned;
    std::vector<Tensor> state, inputs;
    for (size_t i = 0; i < states + scanned; ++i) {
      (i < states ? state : inputs).push_back(*context.content(static_cast<int>(i)));
    }
    std::vector<ScanAxis> axes = scan_axes(context.attributes(), "input", scanned);
    const Shape& shape = inputs[0].shape();
    const int64_t length = shape[normalize_axis(axes[0].axis, shape.rank())];
    for (size_t i = 0; i < scanned; ++i) check_length(inputs[i], axes[i].axis, length);
    scanning_.emplace(body_, std::move(state), std::move(inputs), std::move(axes), length);
  }

  std::optional<GraphCall> next(std::vector<Tensor> results) override {
    return scanning_->next(std::move(results));
  }
  std::vector<Tensor> outputs() override { return scanning_->outputs(out_axes_); }

 private:
  static std::vector<ScanAxis> output_axes(const NodeContext& context, const Graph& body) {
    return scan_axes(context.attributes(), "output", body.outputs.size());
  }
  static void check_length(const Tensor& input, int64_t axis, int64_t length) {
    const Shape& shape = input.shape();
    if (shape[normalize_axis(axis, shape.rank())] == length) return;
    fail(ErrorCode::InvalidInput, "Scan goes through ", length,
         " elements of its first input, but ", "another has shape ", shape);
  }

  const Graph& body_;
  std::vector<ScanAxis> out_axes_;
  std::optional<Scanning> scanning_;
};

void infer_scan(InferContext& context) {
  const int64_t scanned = context.attributes().get_int("num_scan_inputs", 0);
  if (scanned < 1 || scanned > context.input_count()) {
    fail(ErrorCode::MalformedModel, "Scan has ", context.input_count(), " inputs, of which ",
         scanned, " cannot be scanned");
  }
  check_arity_of(context.node(), "body", static_cast<size_t>(context.input_count()),
                 static_cast<size_t>(context.output_count()));
  all_dynamic(context);
}

// Scan of opset 8: everything has a batch axis, each batch a sequence of its own length.
class BatchedScanRoutine final : public Routine {
 public:
  explicit BatchedScanRoutine(const NodeContext& context)
      : body_(graph_of(context.node(), "body")),
        directions_(context.attributes().get_ints("directions")),
        scanned_(static_cast<size_t>(context.attributes().get_int("num_scan_inputs", 0))) {
    for (int i = 1; i < context.input_count(); ++i) inputs_.push_back(*context.content(i));
    const Shape& shape = inputs_.back().shape();
    length_ = shape[1];
    lengths_ = context.int64s(0, std::vector<int64_t>(static_cast<size_t>(shape[0]), length_));
    const bool fit =
        std::ssize(lengths_) == shape[0] &&
        std::ranges::all_of(lengths_, [this](int64_t one) { return one >= 0 && one <= length_; });
    if (!fit) fail(ErrorCode::InvalidInput, "Scan's sequence_lens do not fit ", shape);
  }

  std::optional<GraphCall> next(std::vector<Tensor> results) override {
    while (scanning_ || batch_ < lengths_.size()) {
      if (!scanning_) begin();
      if (auto call = scanning_->next(std::exchange(results, {}))) return call;
      finish();
    }
    return std::nullopt;
  }

  std::vector<Tensor> outputs() override {
    ThreadPool pool(1);
    std::vector<Tensor> outputs;
    for (std::vector<Tensor>& parts : parts_) outputs.push_back(stacked(std::move(parts), 0, pool));
    return outputs;
  }

 private:
  size_t states() const { return inputs_.size() - scanned_; }

  void begin() {
    const auto batch = static_cast<int64_t>(batch_);
    std::vector<Tensor> state, scanned;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      (i < states() ? state : scanned).push_back(at(inputs_[i], 0, batch));
    }
    std::vector<ScanAxis> axes;
    for (size_t i = 0; i < scanned_; ++i) {
      axes.push_back({0, i < directions_.size() && directions_[i] != 0});
    }
    scanning_.emplace(body_, std::move(state), std::move(scanned), std::move(axes),
                      lengths_[batch_]);
  }

  void finish() {
    const std::vector<ScanAxis> axes(body_.outputs.size(), {0, false});
    std::vector<Tensor> outputs = scanning_->outputs(axes);
    parts_.resize(outputs.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
      parts_[i].push_back(i < states() ? std::move(outputs[i]) : padded(outputs[i]));
    }
    scanning_.reset();
    ++batch_;
  }

  // With zeros up to the longest sequence.
  Tensor padded(const Tensor& tensor) const {
    std::vector<int64_t> pads(2 * static_cast<size_t>(tensor.shape().rank()), 0);
    pads[pads.size() / 2] = length_ - tensor.shape()[0];
    ThreadPool pool(1);
    const std::vector<Tensor> inputs = {
        tensor, Tensor::of<int64_t>({std::ssize(pads)}, std::span<const int64_t>(pads))};
    return evaluate_op("Pad", {}, inputs, pool);
  }

  const Graph& body_;
  std::vector<int64_t> directions_;
  size_t scanned_;
  std::vector<Tensor> inputs_;  // states first
  int64_t length_ = 0;          // of the longest sequence
  std::vector<int64_t> lengths_;
  size_t batch_ = 0;
  std::optional<Scanning> scanning_;
  std::vector<std::vector<Tensor>> parts_;  // by output, then batch
};

void infer_batched_scan(InferContext& context) {
  const int inputs = context.input_count() - 1;
  const int64_t scanned = context.attributes().get_int("num_scan_inputs", 0);
  if (scanned < 1 || scanned > inputs) {
    fail(ErrorCode::MalformedModel, "Scan has ", inputs, " inputs, of which ", scanned,
         " cannot be scanned");
  }
  for (int i = 1; i <= inputs; ++i) {
    const bool is_scanned = i > inputs - scanned;
    if (context.shape(i).rank() >= (is_scanned ? 2 : 1)) continue;
    fail(ErrorCode::InvalidInput, "Scan's input ", i, " has shape ", context.shape(i),
         ", which lacks the axes of batches and steps");
  }
  check_arity_of(context.node(), "body", static_cast<size_t>(inputs),
                 static_cast<size_t>(context.output_count()));
  all_dynamic(context);
}

class SequenceMapRoutine final : public Routine {
 public:
  explicit SequenceMapRoutine(const NodeContext& context)
      : body_(graph_of(context.node(), "body")), results_(body_.outputs.size()) {
    for (int i = 0; i < context.input_count(); ++i) inputs_.push_back(*context.content(i));
  }

  std::optional<GraphCall> next(std::vector<Tensor> results) override {
    for (size_t i = 0; i < results.size(); ++i) results_[i].push_back(std::move(results[i]));
    if (item_ == inputs_[0].items().size()) return std::nullopt;
    GraphCall call{&body_, {}};
    for (const Tensor& input : inputs_) {
      call.feeds.push_back(input.dtype() == DType::Sequence ? input.items()[item_] : input);
    }
    ++item_;
    return call;
  }

  std::vector<Tensor> outputs() override {
    std::vector<Tensor> outputs;
    for (auto& items : results_) outputs.push_back(Tensor::sequence_of(std::move(items)));
    return outputs;
  }

 private:
  const Graph& body_;
  std::vector<Tensor> inputs_;
  size_t item_ = 0;
  std::vector<std::vector<Tensor>> results_;  // by output
};

void infer_sequence_map(InferContext& context) {
  for (int i = 0; i < context.input_count(); ++i) {
    if (context.dtype(i) != DType::Sequence || context.shape(i) == context.shape(0)) continue;
    fail(ErrorCode::InvalidInput, "SequenceMap takes sequences of one length, not of ",
         context.shape(0)[0], " and ", context.shape(i)[0]);
  }
  check_arity_of(context.node(), "body", static_cast<size_t>(context.input_count()),
                 static_cast<size_t>(context.output_count()));
  for (int i = 0; i < context.output_count(); ++i) {
    context.set_output(i, DType::Sequence, context.shape(0));
  }
}

template <class Begun>
std::unique_ptr<Routine> begin(const NodeContext& context) {
  return std::make_unique<Begun>(context);
}

using Types = std::array<TypeVariable, 4>;

constexpr OpDef routine(std::string_view op_type, int since, int until, Arity inputs, Types types,
                        InferRule infer, RoutineRule rule,
                        ElementTypeRule element_type = always<DType::Undefined>) {
  return {.op_type = op_type,
          .since = since,
          .until = until,
          .meaning = {.inputs = inputs,
                      .outputs = {0, kUnbounded},
                      .types = types,
                      .infer = infer,
                      .element_type = element_type},
          .cpu = {.routine = rule}};
}

constexpr OpDef kOps[] = {
    routine("If", 1, kLatestOpset, {1, 1}, {type_of_input(0, kBool)}, infer_if, begin<IfRoutine>),
    routine("Loop", 1, kLatestOpset, {0, kUnbounded},
            {type_of_input(0, {DType::Int64}), type_of_input(1, kBool)}, infer_loop,
            begin<LoopRoutine>),
    routine("Scan", 8, 8, {0, kUnbounded}, {type_of_input(0, {DType::Int64})}, infer_batched_scan,
            begin<BatchedScanRoutine>),
    routine("Scan", 9, kLatestOpset, {1, kUnbounded}, {}, infer_scan, begin<ScanRoutine>),
    routine("SequenceMap", 17, kLatestOpset, {1, kUnbounded}, {type_of_input(0, {DType::Sequence})},
            infer_sequence_map, begin<SequenceMapRoutine>, always<DType::Sequence>),
};

}  // namespace

extern constinit const OpFamily control_flow_ops = kOps;

}  // namespace fovea
