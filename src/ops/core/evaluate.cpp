#include "ops/op.h"

namespace fovea {
namespace {

class NoCache : public PackCache {
 public:
  Tensor get(const Node&, std::string_view, const std::function<Tensor()>& pack) override {
    return pack();
  }
};

}  // namespace

std::vector<Tensor> evaluate(const Node& node, const OpDef& def,
                             std::span<const Tensor* const> inputs, ThreadPool& pool) {
  std::vector<ValueType> types(inputs.size());
  std::vector<const ValueType*> type_pointers(inputs.size(), nullptr);
  std::vector<const std::byte*> input_data(inputs.size(), nullptr);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i]) continue;
    types[i] = {inputs[i]->dtype(), inputs[i]->shape(), Layout::Plain, *inputs[i], true};
    type_pointers[i] = &types[i];
    input_data[i] = inputs[i]->data();
  }

  InferContext infer(node, type_pointers);
  def.infer(infer);
  std::vector<Tensor> outputs(node.outputs.size());
  if (def.reuse == Reuse::View) {
    outputs[0] = inputs[0]->reshaped(*infer.outputs()[0].shape);
    return outputs;
  }

  std::vector<std::byte*> output_data(outputs.size(), nullptr);
  bool to_run = false;
  for (size_t i = 0; i < outputs.size(); ++i) {
    ValueType& type = infer.outputs()[i];
    if (type.content) {
      outputs[i] = *type.content;
    } else if (infer.wants_output(static_cast<int>(i))) {
      to_run = true;
      if (!type.shape) continue;
      outputs[i] = Tensor::allocate(type.dtype, *type.shape);
      output_data[i] = outputs[i].mutable_data();
    }
  }
  if (!to_run) return outputs;

  NoCache no_cache;
  PlanContext plan(node, type_pointers, infer.outputs(), no_cache, pool.size());
  const Kernel kernel = def.plan(plan);
  const auto scratch = allocate_bytes(plan.scratch());
  RunContext run(input_data, output_data, outputs, scratch.get(), pool);
  kernel(run);
  return outputs;
}

}  // namespace fovea
