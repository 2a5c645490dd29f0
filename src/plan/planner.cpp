#include "plan/planner.h"

#include <algorithm>
#include <limits>

#include "plan/bands.h"
#include "plan/placement.h"

namespace fovea {
namespace {

// Constants computed while planning are kept, so only small ones are: shape arithmetic.
constexpr size_t kMaxContentBytes = 64 * 1024;

std::string describe(std::span<const ValueType* const> inputs) {
  std::string out;
  for (const ValueType* type : inputs) {
    if (!out.empty()) out += ", ";
    out += type ? text(name_of(type->dtype), type->shape ? type->shape->to_string() : "[?]") : "-";
  }
  return out;
}

bool all_empty(std::span<const ValueType> outputs) {
  return std::ranges::all_of(outputs, [](const ValueType& output) {
    return output.dtype == DType::Undefined || (output.shape && output.shape->elements() == 0);
  });
}

StepWork work_of(const OpDef& def, const PlanContext& plan,
                 std::span<const ValueType* const> inputs, std::span<const ValueType> outputs) {
  StepWork work;
  work.algorithm = plan.algorithm();
  work.output = outputs[0].shape;
  if (def.macs && work.output) work.macs = def.macs(plan, *work.output);
  const auto count = [&](const ValueType& type) {
    if (type.shape) work.bytes += bytes_of(type.dtype, *type.shape, type.layout);
  };
  for (const ValueType* input : inputs) {
    if (input) count(*input);
  }
  std::ranges::for_each(outputs, count);
  return work;
}

// Plans one segment: walks the nodes in order and takes every one whose shapes can be known.
class SegmentPlanner {
 public:
  SegmentPlanner(const PlanEnvironment& environment, std::unique_ptr<Segment> segment)
      : environment_(environment),
        graph_(environment.graph),
        uses_(environment.graph),
        segment_(std::move(segment)),
        first_slot_(static_cast<SlotId>(segment_->slots.size())),
        unread_(environment.graph.values.size(), 0) {}

  std::unique_ptr<Segment> plan();

 private:
  void count_unread();
  bool ready(const Node& node) const;
  void plan_node(const Node& node);
  void take(const Node& node, const OpDef& def, std::span<const ValueType* const> inputs);
  bool take_known(const Node& node, const OpDef& def, std::span<const ValueType* const> inputs,
                  std::span<const ValueType> outputs);
  void take_view(const Node& node, const ValueType& output);
  void take_step(const Node& node, const OpDef& def, std::span<const ValueType* const> inputs,
                 std::vector<ValueType> outputs);
  void await_unknowns();

  std::vector<const ValueType*> input_types(const Node& node) const;
  ValueType& type(ValueId id) { return segment_->types[static_cast<size_t>(id)]; }
  const ValueType& type(ValueId id) const { return segment_->types[static_cast<size_t>(id)]; }
  SlotId& slot_of(ValueId id, Layout layout) {
    return segment_->slot_of[static_cast<size_t>(id)][static_cast<size_t>(layout)];
  }
  void set_content(ValueId id, Tensor content);
  SlotId add_slot(Slot slot);
  SlotId output_slot(ValueId value, Layout layout);
  // The slot of a value in a layout, converted by a step where it is only in another.
  SlotId slot_in(ValueId id, Layout layout);

  const PlanEnvironment& environment_;
  const Graph& graph_;
  Uses uses_;
  std::unique_ptr<Segment> segment_;
  SlotId first_slot_;  // of those that are added here
  std::vector<int>
      unread_;  // by ValueId: reads by nodes that are not planned yet, fetches included
};

std::unique_ptr<Segment> SegmentPlanner::plan() {
  count_unread();
  for (size_t index = 0; index < graph_.nodes.size(); ++index) {
    const Node& node = graph_.nodes[index];
    if (segment_->done[index] || !ready(node)) continue;
    plan_node(node);
    segment_->done[index] = true;
  }
  await_unknowns();
  for (const ValueId id : graph_.outputs) {
    if (type(id).shape) slot_in(id, Layout::Plain);
  }
  std::vector<bool> kept;
  for (const int unread : unread_) kept.push_back(unread > 0);
  form_bands(environment_, *segment_, kept);
  place(*segment_, first_slot_, kept);
  return std::move(segment_);
}

void SegmentPlanner::count_unread() {
  for (size_t index = 0; index < graph_.nodes.size(); ++index) {
    if (segment_->done[index]) continue;
    for (const ValueId id : reads_of(graph_.nodes[index])) ++unread_[static_cast<size_t>(id)];
  }
  for (const ValueId id : graph_.outputs) ++unread_[static_cast<size_t>(id)];
}

bool SegmentPlanner::ready(const Node& node) const {
  const auto has_shape = [&](ValueId id) { return type(id).shape.has_value(); };
  if (!std::ranges::all_of(reads_of(node), has_shape)) return false;
  const OpDef* def = environment_.ops.find(node);
  if (!def) fail(ErrorCode::Internal, "operator ", node.op_type, " was not checked");
  return std::ranges::all_of(def->content_inputs, [&](int index) {
    if (static_cast<size_t>(index) >= node.inputs.size()) return true;
    const ValueId id = node.inputs[static_cast<size_t>(index)];
    return id == kNoValue || type(id).content.has_value();
  });
}

std::vector<const ValueType*> SegmentPlanner::input_types(const Node& node) const {
  std::vector<const ValueType*> types;
  for (const ValueId id : node.inputs) types.push_back(id == kNoValue ? nullptr : &type(id));
  return types;
}

void SegmentPlanner::plan_node(const Node& node) {
  const std::vector<const ValueType*> inputs = input_types(node);
  try {
    take(node, *environment_.ops.find(node), inputs);
  } catch (Error& error) {
    error.at(text(node.op_type, " node '", node.name, "'"))
        .with("node", node.name)
        .with("op", node.op_type)
        .with("inputs", describe(inputs));
    throw;
  }
  for (const ValueId id : reads_of(node)) --unread_[static_cast<size_t>(id)];
}

void SegmentPlanner::take(const Node& node, const OpDef& def,
                          std::span<const ValueType* const> inputs) {
  InferContext infer(node, inputs);
  def.infer(infer);
  if (take_known(node, def, inputs, infer.outputs())) return;
  if (def.reuse == Reuse::View) {
    take_view(node, infer.outputs()[0]);
  } else {
    take_step(node, def, inputs, std::move(infer.outputs()));
  }
}

bool SegmentPlanner::take_known(const Node& node, const OpDef& def,
                                std::span<const ValueType* const> inputs,
                                std::span<const ValueType> outputs) {
  uint64_t bytes = 0;
  bool stated = true;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (node.outputs[i] == kNoValue) continue;
    if (!outputs[i].shape || outputs[i].dtype == DType::String) return false;
    stated = stated && outputs[i].content.has_value();
    bytes += bytes_of(outputs[i].dtype, *outputs[i].shape, Layout::Plain);
  }
  const bool inputs_known = std::ranges::all_of(
      inputs, [](const ValueType* input) { return !input || input->content.has_value(); });
  if (!stated && (!inputs_known || !def.deterministic || bytes > kMaxContentBytes)) return false;

  std::vector<const Tensor*> tensors;
  for (const ValueType* input : inputs) {
    tensors.push_back(input && input->content ? &*input->content : nullptr);
  }
  std::vector<Tensor> results;
  if (!stated) results = evaluate(node, def, tensors, environment_.pool);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (node.outputs[i] == kNoValue) continue;
    set_content(node.outputs[i], stated ? *outputs[i].content : std::move(results[i]));
  }
  return true;
}

void SegmentPlanner::set_content(ValueId id, Tensor content) {
  type(id) = {content.dtype(), content.shape(), Layout::Plain, content};
  slot_of(id, Layout::Plain) = add_slot({id, Layout::Plain, std::move(content)});
}

void SegmentPlanner::take_view(const Node& node, const ValueType& output) {
  const ValueId source = node.inputs[0];
  const ValueId view = node.outputs[0];
  const SlotId shared = slot_in(source, Layout::Plain);
  Slot slot = segment_->slots[static_cast<size_t>(shared)];
  slot.value = view;
  if (slot.shares == kNoSlot) slot.shares = shared;
  type(view) = output;
  type(view).layout = Layout::Plain;
  if (slot.constant) slot.constant = slot.constant->reshaped(*output.shape);
  // Memory of the caller or of an earlier segment is not placed here: the slot itself is shared.
  const bool elsewhere = shared < first_slot_ && !slot.constant;
  slot_of(view, Layout::Plain) = elsewhere ? shared : add_slot(std::move(slot));
}

void SegmentPlanner::take_step(const Node& node, const OpDef& def,
                               std::span<const ValueType* const> inputs,
                               std::vector<ValueType> outputs) {
  const bool all_shapes = std::ranges::all_of(
      outputs, [](const ValueType& output) { return output.shape.has_value(); });
  LayoutContext layout(node, inputs, outputs);
  if (def.layout && all_shapes) def.layout(layout);

  std::vector<ValueType> laid_out(inputs.size());
  std::vector<const ValueType*> input_pointers(inputs.size(), nullptr);
  std::vector<SlotId> input_slots(inputs.size(), kNoSlot);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i]) continue;
    const Layout wanted = layout.accepted(static_cast<int>(i));
    laid_out[i] = *inputs[i];
    laid_out[i].layout = wanted;
    input_pointers[i] = &laid_out[i];
    input_slots[i] = slot_in(node.inputs[i], wanted);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    outputs[i].layout = layout.produced(static_cast<int>(i));
    if (!outputs[i].shape) continue;
    check_allocation(bytes_of(outputs[i].dtype, *outputs[i].shape, outputs[i].layout));
  }

  PlanContext plan(node, input_pointers, outputs, environment_.packs, environment_.pool.size(),
                   environment_.precision);
  // Kernels need not care for empty outputs.
  Kernel kernel = all_empty(outputs) ? [](RunContext&) {} : def.plan(plan);
  Step step{&node, std::move(kernel), input_slots, {}, work_of(def, plan, input_pointers, outputs)};
  step.in_place = def.reuse == Reuse::InPlace;
  step.overwrites = def.overwrites;
  step.scratch_bytes = plan.scratch();
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (node.outputs[i] == kNoValue) {
      step.outputs.push_back(kNoSlot);
      continue;
    }
    type(node.outputs[i]) = outputs[i];
    step.outputs.push_back(output_slot(node.outputs[i], outputs[i].layout));
  }
  segment_->steps.push_back(std::move(step));
}

SlotId SegmentPlanner::output_slot(ValueId value, Layout layout) {
  const SlotId id = add_slot({value, layout, std::nullopt});
  slot_of(value, layout) = id;
  return id;
}

SlotId SegmentPlanner::slot_in(ValueId id, Layout layout) {
  if (slot_of(id, layout) != kNoSlot) return slot_of(id, layout);
  const bool to_plain = layout == Layout::Plain;
  const Layout from = to_plain ? Layout::ChannelsLast : Layout::Plain;
  auto node = std::make_unique<Node>();
  node->op_type = to_plain ? "ToPlain" : "ToChannelsLast";
  node->domain = kInternalDomain;
  node->opset = 1;
  node->name = text(graph_.value(id).name, "/", node->op_type);
  node->inputs = {id};
  node->outputs = {id};

  ValueType source = type(id);
  source.layout = from;
  ValueType target = source;
  target.layout = layout;
  const std::array<const ValueType*, 1> inputs = {&source};
  const std::array<ValueType, 1> outputs = {target};
  PlanContext plan(*node, inputs, outputs, environment_.packs, environment_.pool.size(),
                   environment_.precision);
  const OpDef& def = *environment_.ops.find(*node);
  Kernel kernel = def.plan(plan);
  Step step{
      node.get(), std::move(kernel), {slot_of(id, from)}, {}, work_of(def, plan, inputs, outputs)};
  step.scratch_bytes = plan.scratch();
  const SlotId converted = output_slot(id, layout);
  step.outputs.push_back(converted);
  segment_->steps.push_back(std::move(step));
  segment_->own_nodes.push_back(std::move(node));
  return converted;
}

SlotId SegmentPlanner::add_slot(Slot slot) {
  segment_->slots.push_back(std::move(slot));
  return static_cast<SlotId>(segment_->slots.size() - 1);
}

void SegmentPlanner::await_unknowns() {
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
    for (const int input : environment_.ops.find(node)->content_inputs) {
      if (static_cast<size_t>(input) >= node.inputs.size()) continue;
      const ValueId id = node.inputs[static_cast<size_t>(input)];
      if (id == kNoValue || !type(id).shape || type(id).content) continue;
      slot_in(id, Layout::Plain);
      await(id);
    }
  }
}

std::unique_ptr<Segment> fresh_segment(const Graph& graph) {
  auto segment = std::make_unique<Segment>();
  segment->types.resize(graph.values.size());
  segment->slot_of.assign(graph.values.size(), {kNoSlot, kNoSlot});
  segment->done.assign(graph.nodes.size(), false);
  return segment;
}

void add_known(Segment& segment, ValueId id, ValueType type) {
  Slot slot;
  slot.value = id;
  slot.constant = type.content;
  segment.slot_of[static_cast<size_t>(id)][0] = static_cast<SlotId>(segment.slots.size());
  segment.types[static_cast<size_t>(id)] = std::move(type);
  segment.slots.push_back(std::move(slot));
}

}  // namespace

std::unique_ptr<Segment> plan_first(const PlanEnvironment& environment,
                                    std::span<const ValueType> feeds) {
  const Graph& graph = environment.graph;
  auto segment = fresh_segment(graph);
  for (size_t i = 0; i < feeds.size(); ++i) add_known(*segment, graph.inputs[i], feeds[i]);
  for (ValueId id = 0; id < static_cast<ValueId>(graph.values.size()); ++id) {
    const Tensor* constant = graph.constant(id);
    if (constant) {
      add_known(*segment, id,
                {constant->dtype(), constant->shape(), Layout::Plain, *constant, true});
    }
  }
  return SegmentPlanner(environment, std::move(segment)).plan();
}

std::unique_ptr<Segment> plan_next(const PlanEnvironment& environment, const Segment& before,
                                   std::span<const Tensor> answers) {
  auto segment = std::make_unique<Segment>();
  segment->slots = before.slots;
  segment->types = before.types;
  segment->slot_of = before.slot_of;
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
  return SegmentPlanner(environment, std::move(segment)).plan();
}

}  // namespace fovea
