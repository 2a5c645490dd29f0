// FusedAttention, which the passes make of MatMul, Softmax, MatMul and what stands between them and
// around. See passes/attention.cpp.

#include <algorithm>
#include <array>

#include "base/integers.h"
#include "kernels/matmul/attention.h"
#include "kernels/movement/layout.h"
#include "ops/core/broadcast.h"
#include "ops/core/strided_view.h"

namespace fovea {
namespace {

constexpr int64_t kMacsPerChunk = 200'000;
constexpr size_t kMaxAddends = 4;

using Offsets = std::vector<int64_t>;

// A matrix of an input for each of the scores' matrices, counted in the order of their memory.
struct Matrices {
  int input = 0;
  int64_t row_step = 0;
  int64_t column_step = 0;
  Offsets offsets;

  kernels::MatrixView<float> at(const RunContext& run, int64_t batch) const {
    return {run.in<float>(input) + offsets[static_cast<size_t>(batch)], row_step, column_step};
  }
};

// The last two axes of a view, one matrix for each element of `batch`, to which its others
// broadcast; an axis of one element is spread.
Matrices matrices(const StridedView& view, const Shape& batch) {
  const auto step = [&](int back) {
    const int axis = view.shape.rank() - back;
    return axis < 0 || view.shape[axis] == 1 ? 0 : view.strides[static_cast<size_t>(axis)];
  };
  Matrices out = {view.input, step(2), step(1),
                  broadcast_offsets(batch_of(view.shape), view.strides, batch)};
  for (int64_t& offset : out.offsets) offset += view.offset;
  return out;
}

bool reads(const Node& node, ValueId id) {
  return std::ranges::find(node.inputs, id) != node.inputs.end();
}

// What the body computes, as far as the kernel can; it reads the nodes one after the other.
class Attention {
 public:
  Attention(const NodeContext& context, const Body& body);
  // False where it does something else.
  explicit operator bool() const { return stage_ == Stage::Result; }
  void operator()(RunContext& run) const;

  int64_t batches() const { return static_cast<int64_t>(q_.offsets.size()); }
  int64_t macs_of_batch() const;
  void reserve_scratch(PlanContext& context);

 private:
  // What the last node made.
  enum class Stage { None, Scores, Probabilities, Result };

  // These return whether the kernel can do what the node does.
  bool understand(const Body& body, const Node& node);
  bool take(const Body& body, const Node& node);
  bool prepare(const Body& body, const Node& node);
  bool multiply_scores(const Body& body, const Node& node);
  bool change_scores(const Body& body, const Node& node);
  bool add(const Body& body, ValueId addend);
  bool apply_softmax(const Node& node);
  bool multiply_values(const Body& body, const Node& node);
  bool reorder_result(const Node& node);

  const StridedView* view(ValueId id) const {
    const auto& view = views_[static_cast<size_t>(id)];
    return view ? &*view : nullptr;
  }

  std::vector<std::optional<StridedView>> views_;  // by ValueId
  Stage stage_ = Stage::None;
  ValueId last_ = kNoValue;  // the scores, probabilities or result so far
  Shape shape_;              // of these

  kernels::AttentionShape sizes_;
  Matrices q_, k_, v_;
  std::vector<Matrices> addends_;
  Offsets out_offsets_;
  int64_t out_row_step_ = 0;
  int64_t scratch_floats_ = 0;
};

Attention::Attention(const NodeContext& context, const Body& body) {
  for (int i = 0; i < context.input_count(); ++i) {
    views_.emplace_back();
    if (context.has_input(i)) views_.back() = view_of(context, i);
  }
  for (const Node& node : body.nodes()) {
    views_.emplace_back();
    if (!understand(body, node)) {
      stage_ = Stage::None;
      return;
    }
  }
}

bool Attention::understand(const Body& body, const Node& node) {
  const bool continues = last_ != kNoValue && reads(node, last_);
  if (!continues && node.op_type != "MatMul") return prepare(body, node);
  if (!take(body, node)) return false;
  last_ = node.outputs[0];
  shape_ = *body.type(last_).shape;
  return true;
}

bool Attention::take(const Body& body, const Node& node) {
  switch (stage_) {
    case Stage::None:
      return multiply_scores(body, node);
    case Stage::Scores:
      return change_scores(body, node);
    case Stage::Probabilities:
      return multiply_values(body, node);
    default:
      return reorder_result(node);
  }
}

bool Attention::prepare(const Body& body, const Node& node) {
  const StridedView* source = view(node.inputs[0]);
  if (source) views_.back() = apply(body, node, *source);
  return views_.back().has_value();
}

bool Attention::multiply_scores(const Body& body, const Node& node) {
  const StridedView *q = view(node.inputs[0]), *k = view(node.inputs[1]);
  const ValueType& result = body.type(node.outputs[0]);
  if (!q || !k || q->shape.rank() < 2 || k->shape.rank() < 2 || result.dtype != DType::Float) {
    return false;
  }
  const Shape& shape = *result.shape;
  sizes_.rows = shape[shape.rank() - 2];
  sizes_.columns = shape[shape.rank() - 1];
  sizes_.depth = q->shape[q->shape.rank() - 1];
  sizes_.scale = q->scale * k->scale;
  q_ = matrices(*q, batch_of(shape));
  k_ = matrices(*k, batch_of(shape));
  stage_ = Stage::Scores;
  return sizes_.columns > 0;
}

bool Attention::change_scores(const Body& body, const Node& node) {
  if (node.op_type == "Softmax") return apply_softmax(node);
  if (node.op_type == "Reshape") {
    const Shape& shape = *body.type(node.outputs[0]).shape;
    const int rank = shape.rank();
    return rank >= 2 && shape[rank - 2] == sizes_.rows && shape[rank - 1] == sizes_.columns;
  }
  const size_t data = node.inputs[0] == last_ ? 0 : 1;
  if (node.op_type == "Add") return add(body, node.inputs[1 - data]);
  const auto factor = addends_.empty() ? factor_of(body, node, data) : std::nullopt;
  if (factor) sizes_.scale *= *factor;
  return factor.has_value();
}

// An addend may be spread, but not spread the scores.
bool Attention::add(const Body& body, ValueId addend) {
  const StridedView* added = view(addend);
  const bool fits = added && added->scale == 1.0f && body.type(addend).dtype == DType::Float &&
                    addends_.size() < kMaxAddends && broadcast(shape_, added->shape) == shape_;
  if (fits) addends_.push_back(matrices(*added, batch_of(shape_)));
  return fits;
}

bool Attention::apply_softmax(const Node& node) {
  stage_ = Stage::Probabilities;
  return node.attributes.get_int("axis", -1) == -1;
}

bool Attention::multiply_values(const Body& body, const Node& node) {
  const StridedView* v = view(node.inputs[1]);
  const bool fits = node.op_type == "MatMul" && node.inputs[0] == last_ && v && v->scale == 1.0f &&
                    v->shape.rank() >= 2;
  if (!fits || broadcast(batch_of(shape_), batch_of(v->shape)) != batch_of(shape_)) return false;
  v_ = matrices(*v, batch_of(shape_));
  sizes_.value_depth = v->shape[v->shape.rank() - 1];
  const Shape& result = *body.type(node.outputs[0]).shape;
  const auto strides = strides_of(result);
  out_offsets_ = broadcast_offsets(batch_of(result), strides, batch_of(result));
  out_row_step_ = sizes_.value_depth;
  stage_ = Stage::Result;
  return true;
}

// The result's columns have to stay the innermost axis.
bool Attention::reorder_result(const Node& node) {
  const std::vector<int64_t> order = node.attributes.get_ints("perm");
  const int rank = shape_.rank();
  if (node.op_type != "Transpose" || order.empty() || order.back() != rank - 1) return false;
  Shape reordered;
  for (const int64_t axis : order) reordered.push_back(shape_[static_cast<int>(axis)]);
  const auto strides = strides_of(reordered);
  std::vector<int64_t> own(static_cast<size_t>(rank));  // of the axes before they are reordered
  for (size_t i = 0; i < order.size(); ++i) own[static_cast<size_t>(order[i])] = strides[i];
  out_offsets_ = broadcast_offsets(batch_of(shape_), own, batch_of(shape_));
  out_row_step_ = own[static_cast<size_t>(rank - 2)];
  return true;
}

int64_t Attention::macs_of_batch() const {
  return saturating_product(saturating_product(sizes_.rows, sizes_.columns),
                            saturating_sum(sizes_.depth, sizes_.value_depth));
}

void Attention::reserve_scratch(PlanContext& context) {
  scratch_floats_ = kernels::round_up(kernels::attention_scratch_size(sizes_), 16);
  context.reserve_scratch(static_cast<uint64_t>(context.threads() * scratch_floats_) *
                          sizeof(float));
}

void Attention::operator()(RunContext& run) const {
  const int64_t grain = kMacsPerChunk / std::max<int64_t>(macs_of_batch(), 1) + 1;
  run.pool().parallel_for(batches(), grain, [&](int64_t begin, int64_t end, int worker) {
    std::array<kernels::MatrixView<float>, kMaxAddends> addends;
    float* scratch = reinterpret_cast<float*>(run.scratch()) + worker * scratch_floats_;
    for (int64_t batch = begin; batch < end; ++batch) {
      for (size_t i = 0; i < addends_.size(); ++i) addends[i] = addends_[i].at(run, batch);
      const kernels::AttentionInput input = {q_.at(run, batch), k_.at(run, batch),
                                             v_.at(run, batch),
                                             std::span(addends).first(addends_.size())};
      float* out = run.out<float>(0) + out_offsets_[static_cast<size_t>(batch)];
      kernels::attend(sizes_, input, out, out_row_step_, scratch);
    }
  });
}

Kernel plan_fused_attention(PlanContext& context) {
  const Body body(context);
  Attention attention(context, body);
  if (!attention) return {};
  attention.reserve_scratch(context);
  context.describe("scores in cache");
  return attention;
}

constexpr OpDef kOps[] = {
    {.op_type = "FusedAttention",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .meaning = {.inputs = {0, kUnbounded},
                 .infer = infer_body,
                 .content_inputs = {0, 1},  // shapes of Reshapes
                 .macs = body_macs},
     .cpu = {.plan = plan_fused_attention}},
};

}  // namespace

extern constinit const OpFamily fused_attention_ops = kOps;

}  // namespace fovea
