#include "ops/core/body.h"

#include <algorithm>

#include "kernels/layout.h"

namespace fovea {
namespace {

const Graph& graph_of(const NodeContext& context) {
  const Graph* graph = context.attributes().get_graph(kBodyAttribute);
  if (!graph) fail(ErrorCode::Internal, "a fused node without body");
  return *graph;
}

const OpDef& definition(const Node& node) {
  const OpDef* def = kOpTable.find(node);
  if (!def) fail(ErrorCode::Internal, "operator ", node.op_type, " was not checked");
  return *def;
}

// Where values of a running body lie: the node's inputs, its output, or scratch memory.
struct Place {
  enum class Where { Input, Output, Scratch };
  Where where = Where::Input;
  int64_t at = 0;  // the input's index, or the offset in scratch memory
};

// One node of a running body. A view has no kernel: it lies where its source does.
struct Part {
  Kernel kernel;
  std::vector<Place> inputs;
  Place output;
};

class BodyRunner {
 public:
  BodyRunner(PlanContext& context, const Body& body);
  void operator()(RunContext& run) const;

 private:
  std::byte* locate(RunContext& run, Place place) const;
  void add(const PlanContext& context, const Body& body, const Node& node, bool last);

  std::vector<Place> places_;  // by ValueId
  std::vector<Part> parts_;
  int64_t values_bytes_ = 0;  // of scratch memory; the parts' own follows
  uint64_t part_scratch_ = 0;
};

BodyRunner::BodyRunner(PlanContext& context, const Body& body) {
  for (int i = 0; i < context.input_count(); ++i) places_.push_back({Place::Where::Input, i});
  for (const Node& node : body.nodes()) add(context, body, node, &node == &body.nodes().back());
  context.reserve_scratch(static_cast<uint64_t>(values_bytes_) + part_scratch_);
}

void BodyRunner::add(const PlanContext& context, const Body& body, const Node& node, bool last) {
  const ValueType& type = body.type(node.outputs[0]);
  const OpDef& def = definition(node);
  const auto source =
      node.inputs[0] == kNoValue ? Place() : places_[static_cast<size_t>(node.inputs[0])];
  if (def.reuse == Reuse::View && !last) {
    places_.push_back(source);
    return;
  }
  Part part;
  part.output = {Place::Where::Output, 0};
  if (!last) {
    part.output = {Place::Where::Scratch, values_bytes_};
    values_bytes_ += kernels::round_up(
        static_cast<int64_t>(bytes_of(type.dtype, *type.shape, Layout::Plain)), 64);
  }
  places_.push_back(part.output);
  for (const ValueId id : node.inputs) {
    part.inputs.push_back(id == kNoValue ? Place{Place::Where::Input, -1}
                                         : places_[static_cast<size_t>(id)]);
  }
  const auto inputs = body.inputs_of(node);
  PlanContext part_context = context.part(node, inputs, type);
  part.kernel = def.plan(part_context);
  part_scratch_ = std::max(part_scratch_, part_context.scratch());
  parts_.push_back(std::move(part));
}

std::byte* BodyRunner::locate(RunContext& run, Place place) const {
  switch (place.where) {
    case Place::Where::Input:
      // Kernels do not write to their inputs.
      return place.at < 0 ? nullptr
                          : const_cast<std::byte*>(run.in<std::byte>(static_cast<int>(place.at)));
    case Place::Where::Output:
      return run.out<std::byte>(0);
    default:
      return run.scratch() + place.at;
  }
}

void BodyRunner::operator()(RunContext& run) const {
  for (const Part& part : parts_) {
    std::vector<const std::byte*> inputs;
    for (const Place place : part.inputs) inputs.push_back(locate(run, place));
    std::byte* const output = locate(run, part.output);
    RunContext context(inputs, {&output, 1}, {}, run.scratch() + values_bytes_, run.pool());
    part.kernel(context);
  }
}

}  // namespace

Body::Body(const NodeContext& context) : graph_(graph_of(context)) {
  for (int i = 0; i < context.input_count(); ++i) {
    types_.push_back(context.has_input(i) ? *context.input(i) : ValueType());
  }
  for (const Node& node : graph_.nodes) {
    const auto inputs = inputs_of(node);
    InferContext infer(node, inputs);
    definition(node).infer(infer);
    types_.push_back(std::move(infer.outputs()[0]));
  }
}

std::vector<const ValueType*> Body::inputs_of(const Node& node) const {
  std::vector<const ValueType*> inputs;
  for (const ValueId id : node.inputs) inputs.push_back(id == kNoValue ? nullptr : &type(id));
  return inputs;
}

void infer_body(InferContext& context) {
  const ValueType result = Body(context).result();
  context.set_output(0, result.dtype, *result.shape);
}

int64_t body_macs(const NodeContext& context, const Shape&) {
  const Body body(context);
  int64_t macs = 0;
  for (const Node& node : body.nodes()) {
    const OpDef& def = definition(node);
    if (!def.macs) continue;
    const auto inputs = body.inputs_of(node);
    macs += def.macs(NodeContext(node, inputs), *body.type(node.outputs[0]).shape);
  }
  return macs;
}

Kernel plan_body(PlanContext& context, const Body& body) {
  context.describe("the nodes one after the other");
  return BodyRunner(context, body);
}

}  // namespace fovea
