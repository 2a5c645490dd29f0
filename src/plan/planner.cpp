#include "plan/planner.h"

#include <algorithm>
#include <limits>
#include <map>

#include "ops/core/body.h"
#include "ops/core/evaluate.h"
#include "ops/core/forms.h"
#include "ops/core/transpose.h"
#include "plan/bands.h"
#include "plan/placement.h"
#include "plan/planning_time.h"

namespace fovea {
namespace {

// Constants computed while planning are kept, so only small ones are: shape arithmetic.
constexpr size_t kMaxContentBytes = 64 * 1024;

// Nodes planned between two looks at the clock.
constexpr size_t kNodesAtOnce = 16;

}  // namespace

// Walks the nodes in order and takes every one whose shapes can be known.
class Planning::Planner {
 public:
  Planner(const PlanEnvironment& environment, std::unique_ptr<Segment> segment)
      : environment_(environment),
        graph_(environment.graph),
        uses_(environment.graph),
        segment_(std::move(segment)),
        first_slot_(static_cast<SlotId>(segment_->slots.size())),
        unread_(segment_->types.size(), 0),
        time_(environment.limits) {
    count_unread();
  }

  std::unique_ptr<Segment> advance(Clock::time_point deadline);

 private:
  using Inputs = std::vector<const ValueType*>;

  void count_unread();
  void visit(size_t index);
  void finish();
  bool ready(const Node& node) const;
  void take(const Node& node);
  bool take_known(const Node& node, const Inputs& inputs, std::span<const ValueType> outputs);
  void take_view(const Node& node, const ValueType& output);
  bool take_transposed_view(const Node& node, const ValueType& output, const Forms& forms);
  void take_step(const Node& node, const Inputs& inputs, std::vector<ValueType> outputs);
  void take_types(const Node& node, const Inputs& inputs, std::vector<ValueType> outputs);
  void take_written_out(const Node& node, const Inputs& inputs);
  void add_step(const Node& node, CompiledNode compiled, std::span<const ValueType> outputs);
  void await_unknowns();

  Inputs input_types(const Node& node) const;
  ValueType& type(ValueId id) { return segment_->types[static_cast<size_t>(id)]; }
  const ValueType& type(ValueId id) const { return segment_->types[static_cast<size_t>(id)]; }
  void set_content(ValueId id, Tensor content);
  SlotId add_slot(Slot slot);
  void set_slot(ValueId id, SlotId slot) {
    segment_->slots_of[static_cast<size_t>(id)].push_back(slot);
  }
  // The slot of a value in a form, converted by a step where it is only in others.
  SlotId slot_in(ValueId id, Form form);
  void make_open(const Node& node, Form form);
  // Of a constant from which all nodes have packed what they need: its memory is given back.
  void put_away(ValueId id);
  Node& own_node() { return *segment_->own_nodes.emplace_back(std::make_unique<Node>()); }
  // A value between the nodes that are written out.
  ValueId add_value();

  const PlanEnvironment& environment_;
  const Graph& graph_;
  Uses uses_;
  std::unique_ptr<Segment> segment_;
  SlotId first_slot_;  // of those that are added here
  size_t next_ = 0;    // the node to be looked at
  // By ValueId: reads by nodes that are not planned yet, fetches included.
  std::vector<int> unread_;
  // Who makes values that are made in a form only when somebody wants them in it.
  std::map<ValueId, const Node*> open_;
  PlanningTime time_;
};

std::unique_ptr<Segment> Planning::Planner::advance(Clock::time_point deadline) {
  time_.begin_slice();
  while (next_ < graph_.nodes.size()) {
    const size_t end = std::min(next_ + kNodesAtOnce, graph_.nodes.size());
    for (; next_ < end; ++next_) visit(next_);
    const auto now = time_.count();
    if (next_ < graph_.nodes.size() && now >= deadline) return nullptr;
  }
  finish();
  return std::move(segment_);
}

void Planning::Planner::visit(size_t index) {
  const Node& node = graph_.nodes[index];
  if (segment_->done[index] || !ready(node)) return;
  try {
    take(node);
  } catch (const Error& error) {
    if (!environment_.types_only) throw;
    if (!segment_->refusal) segment_->refusal = error;
    return;
  }
  segment_->done[index] = true;
  for (const ValueId id : reads_of(node)) {
    --unread_[static_cast<size_t>(id)];
    put_away(id);
  }
}

void Planning::Planner::finish() {
  if (environment_.types_only) return;
  await_unknowns();
  for (const ValueId id : graph_.outputs) {
    if (type(id).shape) segment_->pinned(slot_in(id, Form()));
  }
  for (const auto& [id, node] : open_) {
    if (unread_[static_cast<size_t>(id)] > 0) slot_in(id, type(id).form);
  }
  std::vector<bool> kept;
  for (const int unread : unread_) kept.push_back(unread > 0);
  form_bands(environment_, *segment_, kept);
  // Those of which bands, or other shapes of a constant, have asked for the elements again.
  for (ValueId id = 0; id < static_cast<ValueId>(graph_.values.size()); ++id) put_away(id);
  place(*segment_, first_slot_, kept);
}

void Planning::Planner::count_unread() {
  for (size_t index = 0; index < graph_.nodes.size(); ++index) {
    if (segment_->done[index]) continue;
    for (const ValueId id : reads_of(graph_.nodes[index])) ++unread_[static_cast<size_t>(id)];
  }
  for (const ValueId id : graph_.outputs) ++unread_[static_cast<size_t>(id)];
}

bool Planning::Planner::ready(const Node& node) const {
  if (!node.def) return false;
  const auto has_shape = [&](ValueId id) { return type(id).shape.has_value(); };
  if (!std::ranges::all_of(reads_of(node), has_shape)) return false;
  return std::ranges::all_of(meaning_of(node).content_inputs, [&](int index) {
    if (static_cast<size_t>(index) >= node.inputs.size()) return true;
    const ValueId id = node.inputs[static_cast<size_t>(index)];
    return id == kNoValue || type(id).content.has_value();
  });
}

Planning::Planner::Inputs Planning::Planner::input_types(const Node& node) const {
  Inputs types;
  for (const ValueId id : node.inputs) types.push_back(id == kNoValue ? nullptr : &type(id));
  return types;
}

void Planning::Planner::take(const Node& node) {
  const Inputs inputs = input_types(node);
  try {
    if (meaning_of(node).function) return take_written_out(node, inputs);
    std::vector<ValueType> outputs = infer_node(node, inputs);
    if (take_known(node, inputs, outputs)) return;
    if (environment_.types_only) return take_types(node, inputs, std::move(outputs));
    if (node.def->cpu.reuse == Reuse::View) {
      take_view(node, outputs[0]);
    } else if (is_transpose(node) && leaves_form_open(node, *inputs[0])) {
      outputs[0].form = Layout::ChannelsLast;
      type(node.outputs[0]) = outputs[0];
      open_.emplace(node.outputs[0], &node);
    } else {
      take_step(node, inputs, std::move(outputs));
    }
  } catch (Error& error) {
    rethrow_at(node, inputs, error);
  }
}

bool Planning::Planner::take_known(const Node& node, const Inputs& inputs,
                                   std::span<const ValueType> outputs) {
  uint64_t bytes = 0;
  bool stated = true;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (node.outputs[i] == kNoValue) continue;
    if (!outputs[i].shape) return false;
    if (is_object(outputs[i].dtype) && !outputs[i].content) return false;
    stated = stated && outputs[i].content.has_value();
    bytes += bytes_of(outputs[i].dtype, *outputs[i].shape, Form());
  }
  const bool inputs_known = std::ranges::all_of(
      inputs, [](const ValueType* input) { return !input || input->content.has_value(); });
  if (!stated && (!inputs_known || !can_be_known(node) || bytes > kMaxContentBytes)) return false;

  std::vector<const Tensor*> tensors;
  for (const ValueType* input : inputs) {
    tensors.push_back(input && input->content ? &*input->content : nullptr);
  }
  std::vector<Tensor> results;
  if (!stated) results = evaluate(node, tensors, environment_.pool);
  // A constant under another shape is one, too.
  const bool constant =
      node.def->cpu.reuse == Reuse::View && !inputs.empty() && inputs[0] && inputs[0]->constant;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (node.outputs[i] == kNoValue) continue;
    set_content(node.outputs[i], stated ? *outputs[i].content : std::move(results[i]));
    type(node.outputs[i]).constant = constant && i == 0;
  }
  return true;
}

void Planning::Planner::set_content(ValueId id, Tensor content) {
  type(id) = {content.dtype(), content.shape(), Form(), content};
  set_slot(id, add_slot({id, Form(), std::move(content)}));
}

void Planning::Planner::take_view(const Node& node, const ValueType& output) {
  const ValueId source = node.inputs[0];
  const ValueId view = node.outputs[0];
  const SlotId shared = slot_in(source, Form());
  Slot slot = segment_->slots[static_cast<size_t>(shared)];
  slot.value = view;
  if (slot.shares == kNoSlot) slot.shares = shared;
  type(view) = output;
  if (const ValueType& from = type(source); from.constant) {
    type(view).content = from.content->reshaped(*output.shape);
    type(view).constant = true;
  }
  if (slot.constant) slot.constant = slot.constant->reshaped(*output.shape);
  // Memory of the caller or of an earlier segment is not placed here: the slot itself is shared.
  const bool elsewhere = shared < first_slot_ && !slot.constant;
  set_slot(view, elsewhere ? shared : add_slot(std::move(slot)));
}

// True where a Transpose's elements lie where its result is to have them.
bool Planning::Planner::take_transposed_view(const Node& node, const ValueType& output,
                                             const Forms& forms) {
  const ValueId source = node.inputs[0];
  const Form from = forms.accepted[0], to = forms.given[0];
  if (!keeps_memory_order(node, type(source), from, output, to)) return false;
  const SlotId shared = slot_in(source, from);
  Slot slot = segment_->slots[static_cast<size_t>(shared)];
  if (slot.constant) return false;
  slot.value = node.outputs[0];
  slot.form = to;
  if (slot.shares == kNoSlot) slot.shares = shared;
  set_slot(slot.value, add_slot(std::move(slot)));
  return true;
}

void Planning::Planner::take_step(const Node& node, const Inputs& inputs,
                                  std::vector<ValueType> outputs) {
  for (const ValueType& output : outputs) {
    if (!output.shape) continue;
    check_tensor_bytes(environment_.limits, bytes_of(output.dtype, *output.shape, Form()));
  }
  CompiledNode compiled = compile_node(node, inputs, outputs, environment_.machine());
  if (!compiled.computes()) return take_written_out(node, inputs);
  for (size_t i = 0; i < outputs.size(); ++i) {
    outputs[i].form = compiled.forms.given[i];
    if (node.outputs[i] != kNoValue) type(node.outputs[i]) = outputs[i];
  }
  if (is_transpose(node) && take_transposed_view(node, outputs[0], compiled.forms)) return;
  add_step(node, std::move(compiled), outputs);
}

// A step that only tells its work.
void Planning::Planner::take_types(const Node& node, const Inputs& inputs,
                                   std::vector<ValueType> outputs) {
  const auto macs = meaning_of(node).macs;
  Step step;
  step.node = &node;
  if (macs && outputs[0].shape) step.work.macs = macs({node, inputs}, *outputs[0].shape);
  segment_->steps.push_back(std::move(step));
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (node.outputs[i] != kNoValue) type(node.outputs[i]) = std::move(outputs[i]);
  }
}

void Planning::Planner::add_step(const Node& node, CompiledNode compiled,
                                 std::span<const ValueType> outputs) {
  Step step;
  step.node = &node;
  if (compiled.kernel) step.kernel = std::make_shared<Kernel>(std::move(compiled.kernel));
  step.compute = compiled.compute;
  step.routine = compiled.routine;
  step.work = std::move(compiled.work);
  step.scratch_bytes = compiled.scratch_bytes;
  step.in_place = node.def->cpu.reuse == Reuse::InPlace;
  step.overwrites = compiled.overwrites;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId id = node.inputs[i];
    const SlotId slot = id == kNoValue ? kNoSlot : slot_in(id, compiled.forms.accepted[i]);
    step.inputs.push_back(compiled.packed.has(i) ? slot : segment_->pinned(slot));
  }
  for_each_subgraph(node, [&](const Graph& graph) {
    for (const Capture& capture : graph.captures) {
      step.inputs.push_back(segment_->pinned(slot_in(capture.outer, Form())));
    }
  });
  for (size_t i = 0; i < outputs.size(); ++i) {
    const ValueId id = node.outputs[i];
    if (id == kNoValue) {
      step.outputs.push_back(kNoSlot);
      continue;
    }
    const bool of_run =
        step.compute || step.routine || !outputs[i].shape || is_object(outputs[i].dtype);
    step.outputs.push_back(add_slot({.value = id, .form = outputs[i].form, .of_run = of_run}));
    set_slot(id, step.outputs.back());
  }
  segment_->steps.push_back(std::move(step));
}

ValueId Planning::Planner::add_value() {
  segment_->types.emplace_back();
  segment_->slots_of.emplace_back();
  unread_.push_back(0);
  return static_cast<ValueId>(segment_->types.size() - 1);
}

// The nodes of the operator's function, or of the body that a fused node was made of.
void Planning::Planner::take_written_out(const Node& node, const Inputs& inputs) {
  const Graph graph = written_out(node, inputs);
  std::vector<ValueId> ids(graph.values.size(), kNoValue);  // by the graph's
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    ids[static_cast<size_t>(graph.inputs[i])] = node.inputs[i];
  }
  for (size_t i = 0; i < node.outputs.size() && i < graph.outputs.size(); ++i) {
    if (graph.outputs[i] != kNoValue) ids[static_cast<size_t>(graph.outputs[i])] = node.outputs[i];
  }
  for (size_t id = 0; id < ids.size(); ++id) {
    const Tensor* constant = graph.constant(static_cast<ValueId>(id));
    if (!constant) continue;
    ids[id] = add_value();
    set_content(ids[id], *constant);
  }
  for (const Node& part : graph.nodes) {
    Node& copy = own_node();
    copy = part;
    for (ValueId& id : copy.inputs) {
      if (id != kNoValue) id = ids[static_cast<size_t>(id)];
    }
    for (ValueId& id : copy.outputs) {
      ValueId& known = ids[static_cast<size_t>(id)];
      if (known == kNoValue) known = add_value();
      id = known;
    }
    take(copy);
  }
}

SlotId Planning::Planner::slot_in(ValueId id, Form form) {
  const SlotId known = segment_->slot(id, form);
  if (known != kNoSlot) return known;
  const auto open = open_.find(id);
  if (open != open_.end()) {
    make_open(*open->second, form);
    return segment_->slot(id, form);
  }
  const ValueType& value = type(id);
  const Form from = value.form;
  Node& node = own_node();
  node.become(conversion_between(from, form), kInternalDomain, 1);
  node.def = environment_.ops.find(node.domain, node.op_type, node.opset);
  const bool in_graph = static_cast<size_t>(id) < graph_.values.size();
  node.name = text(in_graph ? graph_.value(id).name : "", "/", node.op_type);
  node.inputs = {id};
  node.outputs = {id};

  const ValueType* const inputs[] = {&value};
  ValueType converted = value;
  converted.form = form;
  const Forms forms = {{from}, {form}};
  add_step(node, compile_node(node, inputs, {&converted, 1}, environment_.machine(), &forms),
           {&converted, 1});
  return segment_->slot(id, form);
}

void Planning::Planner::make_open(const Node& node, Form form) {
  ValueType output = type(node.outputs[0]);
  output.form = form;
  const Forms forms = {{Form()}, {form}};
  if (take_transposed_view(node, output, forms)) return;
  check_tensor_bytes(environment_.limits, bytes_of(output.dtype, *output.shape, form));
  add_step(node,
           compile_node(node, input_types(node), {&output, 1}, environment_.machine(), &forms),
           {&output, 1});
}

void Planning::Planner::put_away(ValueId id) {
  const Tensor* constant = graph_.constant(id);
  if (constant && unread_[static_cast<size_t>(id)] == 0) constant->put_away(environment_.depot);
}

SlotId Planning::Planner::add_slot(Slot slot) {
  segment_->slots.push_back(std::move(slot));
  return static_cast<SlotId>(segment_->slots.size() - 1);
}

void Planning::Planner::await_unknowns() {
  std::vector<ValueId>& awaited = segment_->awaited;
  awaited.clear();
  const auto await = [&](ValueId id) {
    if (std::ranges::find(awaited, id) == awaited.end()) awaited.push_back(id);
  };
  for (size_t index = 0; index < graph_.nodes.size(); ++index) {
    if (segment_->done[index]) continue;
    const Node& node = graph_.nodes[index];
    for (const ValueId id : reads_of(node)) {
      const int producer = uses_.producer(id);
      const bool computed = producer < 0 || segment_->done[static_cast<size_t>(producer)];
      if (computed && !type(id).shape) await(id);
    }
    for (const int input : meaning_of(node).content_inputs) {
      if (static_cast<size_t>(input) >= node.inputs.size()) continue;
      const ValueId id = node.inputs[static_cast<size_t>(input)];
      if (id == kNoValue || !type(id).shape || type(id).content) continue;
      slot_in(id, Form());
      await(id);
    }
  }
}

std::vector<ValueId> fed_values(const Graph& graph) {
  std::vector<ValueId> fed = graph.inputs;
  for (const Capture& capture : graph.captures) fed.push_back(capture.inner);
  return fed;
}

namespace {

std::unique_ptr<Segment> fresh_segment(const Graph& graph) {
  auto segment = std::make_unique<Segment>();
  segment->types.resize(graph.values.size());
  segment->slots_of.resize(graph.values.size());
  segment->done.assign(graph.nodes.size(), false);
  return segment;
}

void add_known(Segment& segment, ValueId id, ValueType type) {
  Slot slot;
  slot.value = id;
  slot.constant = type.content;
  segment.slots_of[static_cast<size_t>(id)] = {static_cast<SlotId>(segment.slots.size())};
  segment.types[static_cast<size_t>(id)] = std::move(type);
  segment.slots.push_back(std::move(slot));
}

std::unique_ptr<Segment> before_first(const Graph& graph, std::span<const ValueType> feeds) {
  auto segment = fresh_segment(graph);
  const std::vector<ValueId> fed = fed_values(graph);
  for (size_t i = 0; i < feeds.size(); ++i) add_known(*segment, fed[i], feeds[i]);
  for (ValueId id = 0; id < static_cast<ValueId>(graph.values.size()); ++id) {
    const Tensor* constant = graph.constant(id);
    if (constant) {
      add_known(*segment, id, {constant->dtype(), constant->shape(), Form(), *constant, true});
    }
  }
  return segment;
}

std::unique_ptr<Segment> after(const Segment& before, std::span<const Tensor> answers) {
  auto segment = std::make_unique<Segment>();
  segment->slots = before.slots;
  segment->types = before.types;
  segment->slots_of = before.slots_of;
  segment->done = before.done;
  for (size_t i = 0; i < answers.size(); ++i) {
    ValueType& type = segment->types[static_cast<size_t>(before.awaited[i])];
    type.dtype = answers[i].dtype();
    if (!type.shape) {
      type.shape = answers[i].shape();
    } else {
      type.content = answers[i];
    }
  }
  return segment;
}

}  // namespace

Planning::Planning(const PlanEnvironment& environment, std::span<const ValueType> feeds)
    : planner_(std::make_unique<Planner>(environment, before_first(environment.graph, feeds))) {}

Planning::Planning(const PlanEnvironment& environment, const Segment& before,
                   std::span<const Tensor> answers)
    : planner_(std::make_unique<Planner>(environment, after(before, answers))) {}

Planning::~Planning() = default;

std::unique_ptr<Segment> Planning::advance(Clock::time_point deadline) {
  return planner_->advance(deadline);
}

std::unique_ptr<Segment> plan_first(const PlanEnvironment& environment,
                                    std::span<const ValueType> feeds) {
  return Planning(environment, feeds).advance(Clock::time_point::max());
}

}  // namespace fovea
