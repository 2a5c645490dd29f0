#include "session/inspection.h"

#include <algorithm>
#include <limits>

#include "base/integers.h"
#include "passes/element_types.h"
#include "session/check.h"
#include "session/compiled.h"
#include "session/tensor_memory.h"

namespace fovea {
namespace {

ModelReport report_on(const Loaded& loaded, const Graph& needed, const Operators& operators) {
  ModelReport report;
  report.info = loaded.info;
  report.unsupported = find_unsupported(needed, operators);
  for (const Node& node : loaded.graph.nodes) ++report.operators[node.op_type];
  for (const Value& value : loaded.graph.values) {
    if (value.constant) report.parameters += value.constant->elements();
  }
  return report;
}

// Inputs, the results of nodes, and outputs that are neither.
std::vector<ValueId> values_of(const Graph& graph) {
  std::vector<ValueId> values;
  std::vector<bool> known(graph.values.size());
  const auto add = [&](ValueId id) {
    if (id == kNoValue || known[static_cast<size_t>(id)]) return;
    known[static_cast<size_t>(id)] = true;
    values.push_back(id);
  };
  std::ranges::for_each(graph.inputs, add);
  for (const Node& node : graph.nodes) std::ranges::for_each(node.outputs, add);
  std::ranges::for_each(graph.outputs, add);
  return values;
}

// Whether all that a run takes can be told: nothing waits for data, runs graphs, or makes objects
// of a size of their own.
bool is_foreseeable(const Segment& plan) {
  const auto told = [&](const Step& step) {
    return !step.routine && std::ranges::all_of(step.outputs, [&](SlotId id) {
      if (id == kNoSlot) return true;
      const ValueId value = plan.slots[static_cast<size_t>(id)].value;
      const ValueType& type = plan.types[static_cast<size_t>(value)];
      return type.shape && !is_object(type.dtype);
    });
  };
  return plan.awaited.empty() && std::ranges::all_of(plan.steps, told);
}

// Of the plan's values that are in no arena: those of feeds, and what steps make for themselves.
uint64_t bytes_apart(const Segment& plan, size_t feeds) {
  uint64_t bytes = 0;
  for (size_t id = 0; id < plan.slots.size(); ++id) {
    const Slot& slot = plan.slots[id];
    if (slot.constant || slot.shares != kNoSlot || !(id < feeds || slot.of_run)) continue;
    const ValueType& type = plan.types[static_cast<size_t>(slot.value)];
    bytes += bytes_of(type.dtype, *type.shape, Form());
  }
  return bytes;
}

// The shapes of the inputs, where the model declares them all.
std::optional<std::vector<std::optional<Shape>>> fixed_shapes(const ModelInfo& info) {
  std::vector<std::optional<Shape>> shapes;
  for (const InputInfo& input : info.inputs) {
    if (!input.shape || input.dtype == DType::Undefined) return std::nullopt;
    Shape shape;
    for (const Dim& dim : *input.shape) {
      const auto* size = std::get_if<int64_t>(&dim);
      if (!size) return std::nullopt;
      shape.push_back(*size);
    }
    shapes.emplace_back(std::move(shape));
  }
  return shapes;
}

}  // namespace

Inspection::Inspection(const ModelBytes& model, std::shared_ptr<ThreadPool> pool,
                       SessionOptions options)
    : pool_(std::move(pool)), options_(std::move(options)), file_bytes_(model.bytes.size()) {
  guarded([&] {
    check_disabled_passes(options_.disabled_passes);
    loaded_ = load_model(model, options_);
    Graph needed = select(loaded_.graph, {}, *options_.operators);
    write_out_branches(needed, *pool_);
    check_arity(needed);
    report_ = report_on(loaded_, needed, *options_.operators);
    const std::vector<DType> types = element_types(needed);
    typed_ = needed.clone();
    typed_.outputs = values_of(needed);
    for (const ValueId id : typed_.outputs) {
      values_.push_back({needed.value(id).name, types[static_cast<size_t>(id)]});
    }
    lower(typed_, *options_.operators);
  });
}

std::vector<ValueType> Inspection::feeds(std::span<const std::optional<Shape>> shapes) const {
  const std::vector<InputInfo>& inputs = report_.info.inputs;
  if (shapes.size() != inputs.size()) {
    fail(ErrorCode::InvalidInput, "the model has ", inputs.size(), " inputs, not ", shapes.size());
  }
  std::vector<ValueType> types;
  for (size_t i = 0; i < inputs.size(); ++i) {
    types.push_back({inputs[i].dtype, shapes[i], Form(), std::nullopt});
  }
  return types;
}

TypesAtSizes Inspection::types_at(std::span<const std::optional<Shape>> inputs) const {
  return guarded([&] {
    SessionPacks packs;
    const PlanEnvironment environment = {.graph = typed_,
                                         .ops = *options_.operators,
                                         .packs = packs,
                                         .pool = *pool_,
                                         .limits = options_.limits,
                                         .types_only = true};
    auto plan = plan_first(environment, feeds(inputs));
    TypesAtSizes result;
    result.refusal = std::move(plan->refusal);
    for (const ValueId id : typed_.outputs) {
      const ValueType& type = plan->types[static_cast<size_t>(id)];
      const bool is_tensor = kind_of(type.dtype) != DTypeKind::Sequence;
      result.shapes.push_back(is_tensor ? type.shape : std::nullopt);
    }
    int64_t macs = 0;
    for (const Step& step : plan->steps) macs = saturating_sum(macs, step.work.macs);
    const bool is_whole = std::ranges::find(plan->done, false) == plan->done.end();
    if (is_whole && macs < std::numeric_limits<int64_t>::max()) result.macs = macs;
    return result;
  });
}

std::optional<MemoryNeed> Inspection::memory_at(
    std::span<const std::optional<Shape>> inputs) const {
  return guarded([&]() -> std::optional<MemoryNeed> {
    const auto is_known = [](const std::optional<Shape>& shape) { return shape.has_value(); };
    if (!std::ranges::all_of(inputs, is_known)) return std::nullopt;
    const auto compiled = compile(loaded_.graph, {}, options_, *pool_);
    const auto plan = plan_first(compiled->plans.environment(), feeds(inputs));
    if (!is_foreseeable(*plan)) return std::nullopt;
    TensorMemory weights;
    weights.add(loaded_.graph);
    weights.add(compiled->graph);
    MemoryNeed need;
    need.peak = file_bytes_ + weights.bytes();
    for (const auto& [key, packed] : compiled->packs.tensors()) weights.add(packed);
    need.weights = weights.bytes();
    need.activations = plan->arena_bytes + bytes_apart(*plan, inputs.size());
    need.peak = std::max(need.peak, need.weights + need.activations);
    return need;
  });
}

ModelReport check_model(ModelBytes bytes, const SessionOptions& options) {
  const Inspection inspection(bytes, std::make_shared<ThreadPool>(1), options);
  ModelReport report = inspection.report();
  const auto shapes = fixed_shapes(report.info);
  if (!report.unsupported.empty() || !shapes) return report;
  TypesAtSizes types = inspection.types_at(*shapes);
  if (types.refusal) throw *types.refusal;
  report.macs = types.macs;
  return report;
}

}  // namespace fovea
