#include "ops/core/compile.h"

#include <algorithm>

#include "base/integers.h"
#include "ops/core/body.h"
#include "ops/core/evaluate.h"
#include "ops/core/moved.h"

namespace fovea {
namespace {

bool all_empty(std::span<const ValueType> outputs) {
  return std::ranges::all_of(outputs, [](const ValueType& output) {
    return output.dtype == DType::Undefined || (output.shape && output.shape->elements() == 0);
  });
}

std::string describe(std::span<const ValueType* const> inputs) {
  std::string out;
  for (const ValueType* type : inputs) {
    if (!out.empty()) out += ", ";
    out += type ? text(name_of(type->dtype), type->shape ? type->shape->to_string() : "[?]") : "-";
  }
  return out;
}

// Where some shape depends on data, all is plain.
Forms choose_forms(const Node& node, std::span<const ValueType* const> inputs,
                   std::span<const ValueType> outputs) {
  const bool all_shapes = std::ranges::all_of(
      outputs, [](const ValueType& output) { return output.shape.has_value(); });
  LayoutContext context(node, inputs, outputs);
  const auto rule = node.def->cpu.layout;
  if (rule && all_shapes) rule(context);
  return {context.accepted(), context.given()};
}

Work work_of(const PlanContext& plan, std::span<const ValueType* const> inputs,
             std::span<const ValueType> outputs) {
  Work work;
  work.algorithm = plan.algorithm();
  work.output = outputs[0].shape;
  const auto macs = meaning_of(plan.node()).macs;
  if (macs && work.output) work.macs = macs(plan, *work.output);
  const auto count = [&](const ValueType& type) {
    if (type.shape) work.bytes += bytes_of(type.dtype, *type.shape, type.form);
  };
  for (const ValueType* input : inputs) {
    if (input) count(*input);
  }
  std::ranges::for_each(outputs, count);
  return work;
}

Kernel choose_kernel(PlanContext& plan, std::span<const ValueType> outputs) {
  const CpuRule& rule = plan.node().def->cpu;
  if (!rule.plan) return nullptr;
  // Kernels need not care for empty outputs.
  if (all_empty(outputs)) return [](RunContext&) {};
  return moves_by_number(plan) ? plan_by_number(plan, rule.plan) : rule.plan(plan);
}

// A node by what is written out for it, one node after the other.
std::vector<Tensor> evaluate_written_out(const Node& node, std::span<const ValueType* const> types,
                                         std::span<const Tensor* const> inputs, ThreadPool& pool) {
  const Graph graph = written_out(node, types);
  std::vector<Tensor> values(graph.values.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i]) values[static_cast<size_t>(graph.inputs[i])] = *inputs[i];
  }
  for (const Node& part : graph.nodes) {
    std::vector<const Tensor*> part_inputs;
    for (const ValueId id : part.inputs) {
      const Tensor* constant = graph.constant(id);
      part_inputs.push_back(id == kNoValue ? nullptr
                            : constant     ? constant
                                           : &values[static_cast<size_t>(id)]);
    }
    std::vector<Tensor> results = evaluate(part, part_inputs, pool);
    for (size_t i = 0; i < results.size(); ++i) {
      if (part.outputs[i] != kNoValue) {
        values[static_cast<size_t>(part.outputs[i])] = std::move(results[i]);
      }
    }
  }
  std::vector<Tensor> outputs(node.outputs.size());
  for (size_t i = 0; i < outputs.size() && i < graph.outputs.size(); ++i) {
    const ValueId id = graph.outputs[i];
    if (id != kNoValue) outputs[i] = values[static_cast<size_t>(id)];
  }
  return outputs;
}

}  // namespace

CompiledNode compile_node(const Node& node, std::span<const ValueType* const> inputs,
                          std::span<const ValueType> outputs, const Machine& machine,
                          const Forms* forced) {
  CompiledNode compiled;
  compiled.forms = forced ? *forced : choose_forms(node, inputs, outputs);
  std::vector<ValueType> stored(inputs.size());
  std::vector<const ValueType*> stored_inputs(inputs.size(), nullptr);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i]) continue;
    stored[i] = *inputs[i];
    stored[i].form = compiled.forms.accepted[i];
    stored_inputs[i] = &stored[i];
  }
  std::vector<ValueType> stored_outputs(outputs.begin(), outputs.end());
  for (size_t i = 0; i < outputs.size(); ++i) {
    ValueType& output = stored_outputs[i];
    output.form = compiled.forms.given[i];
    if (output.shape) checked_size(bytes_of(output.dtype, *output.shape, output.form));
  }

  PlanContext plan(node, stored_inputs, stored_outputs, machine);
  compiled.kernel = choose_kernel(plan, outputs);
  if (!compiled.kernel) {
    compiled.compute = node.def->cpu.compute;
    compiled.routine = node.def->cpu.routine;
  }
  compiled.packed = plan.packed();
  checked_size(plan.scratch());
  compiled.scratch_bytes = plan.scratch();
  compiled.overwrites = plan.overwrites();
  compiled.work = work_of(plan, stored_inputs, stored_outputs);
  return compiled;
}

std::vector<Tensor> compute_node(const Node& node, std::span<const ValueType* const> inputs,
                                 ComputeRule compute, ThreadPool& pool, PackCache* packs) {
  ComputeContext context(node, inputs, pool, packs);
  compute(context);
  context.results().resize(node.outputs.size());
  return std::move(context.results());
}

std::vector<Tensor> evaluate(const Node& node, std::span<const Tensor* const> inputs,
                             ThreadPool& pool) {
  std::vector<ValueType> types(inputs.size());
  std::vector<const ValueType*> type_pointers(inputs.size(), nullptr);
  std::vector<const std::byte*> input_data(inputs.size(), nullptr);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i]) continue;
    types[i] = {inputs[i]->dtype(), inputs[i]->shape(), Layout::Plain, *inputs[i], true};
    type_pointers[i] = &types[i];
    input_data[i] = inputs[i]->data();
  }

  const CpuRule& rule = node.def->cpu;
  if (meaning_of(node).function) return evaluate_written_out(node, type_pointers, inputs, pool);
  const std::vector<ValueType> results = infer_node(node, type_pointers);
  if (rule.compute && !rule.plan)
    return compute_node(node, type_pointers, rule.compute, pool, nullptr);
  std::vector<Tensor> outputs(results.size());
  if (rule.reuse == Reuse::View && !results[0].content) {
    outputs[0] = inputs[0]->reshaped(*results[0].shape);
    return outputs;
  }

  std::vector<std::byte*> output_data(outputs.size(), nullptr);
  bool to_run = false;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const ValueType& type = results[i];
    if (type.content) {
      outputs[i] = *type.content;
    } else if (node.outputs[i] != kNoValue) {
      to_run = true;
      if (!type.shape) continue;
      outputs[i] = Tensor::allocate(type.dtype, *type.shape);
      output_data[i] = outputs[i].mutable_data();
    }
  }
  if (!to_run) return outputs;

  const Forms plain = {std::vector<Form>(inputs.size()), std::vector<Form>(results.size())};
  const Machine machine = {.threads = pool.size()};
  const CompiledNode compiled = compile_node(node, type_pointers, results, machine, &plain);
  if (compiled.compute) return compute_node(node, type_pointers, compiled.compute, pool, nullptr);
  if (!compiled.kernel) return evaluate_written_out(node, type_pointers, inputs, pool);
  const auto scratch = allocate_bytes(compiled.scratch_bytes);
  RunContext run(input_data, output_data, outputs, scratch.get(), pool);
  compiled.kernel(run);
  return outputs;
}

Graph written_out(const Node& node, std::span<const ValueType* const> inputs) {
  check_node(node, inputs);
  const auto function = meaning_of(node).function;
  if (function) return function(NodeContext(node, inputs));
  Graph graph = body_of(node);
  graph.values.resize(inputs.size() + graph.nodes.size());
  for (size_t i = 0; i < inputs.size(); ++i) graph.inputs.push_back(static_cast<ValueId>(i));
  graph.outputs = graph.nodes.back().outputs;
  return graph;
}

bool can_be_known(const Node& node) {
  return node.def && !node.def->cpu.routine && meaning_of(node).deterministic;
}

Tensor evaluate_op(std::string_view op_type,
                   std::vector<std::pair<std::string, AttributeValue>> attributes,
                   std::span<const Tensor> inputs, ThreadPool& pool) {
  Node node;
  node.become(op_type, kOnnxDomain, kLatestOpset);
  node.name = op_type;
  for (auto& [name, value] : attributes) node.attributes.set(std::move(name), std::move(value));
  node.def = kOpTable.find(node.domain, node.op_type, node.opset);
  std::vector<const Tensor*> pointers;
  for (const Tensor& input : inputs) {
    const bool given = input.dtype() != DType::Undefined;
    node.inputs.push_back(given ? static_cast<ValueId>(pointers.size()) : kNoValue);
    pointers.push_back(given ? &input : nullptr);
  }
  node.outputs = {static_cast<ValueId>(pointers.size())};
  return std::move(evaluate(node, pointers, pool)[0]);
}

Tensor stacked(std::vector<Tensor> parts, int64_t axis, ThreadPool& pool) {
  const int at = normalize_axis(axis, parts[0].shape().rank() + 1);
  for (Tensor& part : parts) {
    std::vector<int64_t> dims = part.shape().dims();
    dims.insert(dims.begin() + std::min<std::ptrdiff_t>(at, std::ssize(dims)), 1);
    part = part.reshaped(Shape(std::move(dims)));
  }
  return evaluate_op("Concat", {{"axis", int64_t{at}}}, parts, pool);
}

void rethrow_at(const Node& node, std::span<const ValueType* const> inputs, Error& error) {
  error.at(text(node.op_type, " node '", node.name, "'"))
      .with("node", node.name)
      .with("op", node.op_type)
      .with("inputs", describe(inputs));
  throw;
}

}  // namespace fovea
