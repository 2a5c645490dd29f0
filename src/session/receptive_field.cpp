#include "session/receptive_field.h"

#include <algorithm>

#include "session/check.h"
#include "session/compiled.h"

namespace fovea {
namespace {

// The graph as the model has it, computing the output alone: passes would make nodes of several.
Graph graph_for(const Loaded& model, const SessionOptions& options, ThreadPool& pool,
                const FieldRequest& request) {
  Selection selection = {.fetches = {request.output}};
  for (const InputInfo& input : model.info.defaults) {
    if (request.shapes.contains(input.name)) selection.overridden.push_back(input.name);
  }
  Graph graph = select(model.graph, selection, *options.operators);
  write_out_branches(graph, pool);
  check_runnable(graph, *options.operators);
  lower(graph, *options.operators);
  return graph;
}

std::vector<ValueType> feeds_of(const Graph& graph, const FieldRequest& request) {
  std::vector<ValueType> feeds;
  for (const ValueId id : graph.inputs) {
    const Value& value = graph.value(id);
    const auto shape = request.shapes.find(value.name);
    if (shape == request.shapes.end()) {
      throw Error(ErrorCode::InvalidInput, text("the shape of input '", value.name, "' is missing"))
          .with("input", value.name);
    }
    feeds.push_back({value.dtype, shape->second, Form(), std::nullopt});
  }
  return feeds;
}

ValueId input_of(const Graph& graph, const std::string& name) {
  const auto input =
      std::ranges::find_if(graph.inputs, [&](ValueId id) { return graph.value(id).name == name; });
  if (input != graph.inputs.end()) return *input;
  throw Error(ErrorCode::InvalidInput, text("the model has no input named '", name, "'"))
      .with("input", name);
}

PictureAxes normalized(const PictureAxes& axes, const ValueType& type) {
  if (!type.shape) return axes;
  return {normalize_axis(axes[0], type.shape->rank()), normalize_axis(axes[1], type.shape->rank())};
}

}  // namespace

ReceptiveField receptive_field_of(const Loaded& model, const SessionOptions& options,
                                  ThreadPool& pool, const FieldRequest& request) {
  return guarded([&] {
    const Graph graph = graph_for(model, options, pool, request);
    SessionPacks packs;
    const PlanEnvironment environment = {.graph = graph,
                                         .ops = *options.operators,
                                         .packs = packs,
                                         .pool = pool,
                                         .limits = options.limits,
                                         .types_only = true};
    const auto plan = plan_first(environment, feeds_of(graph, request));
    if (plan->refusal) throw *plan->refusal;
    const ValueId input = input_of(graph, request.input), output = graph.outputs[0];
    const auto type = [&](ValueId id) { return plan->types[static_cast<size_t>(id)]; };
    return find_receptive_field(graph, *plan,
                                {input, normalized(request.input_axes, type(input)), output,
                                 normalized(request.output_axes, type(output))});
  });
}

}  // namespace fovea
