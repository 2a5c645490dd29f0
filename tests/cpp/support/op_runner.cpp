#include "support/op_runner.h"

#include <gtest/gtest.h>

#include <random>

namespace fovea::test {
namespace {

class NoCache : public PackCache {
 public:
  Tensor get(const Node&, std::string_view, const std::function<Tensor()>& pack) override {
    return pack();
  }
};

Node make_node(const OpCase& op, const std::vector<Tensor>& inputs) {
  Node node;
  node.op_type = op.op_type;
  node.domain = op.domain;
  node.opset = op.opset;
  node.name = "node";
  ValueId next = 0;
  for (const Tensor& input : inputs) {
    node.inputs.push_back(input.dtype() == DType::Undefined ? kNoValue : next++);
  }
  for (int i = 0; i < op.outputs; ++i) node.outputs.push_back(next++);
  for (const auto& [name, value] : op.attributes) node.attributes.set(name, value);
  return node;
}

const OpDef& definition_of(const Node& node) {
  const OpDef* def = kOpTable.find(node);
  if (!def) throw Error(ErrorCode::UnsupportedOperator, text(node.op_type, " is not registered"));
  return *def;
}

// Plain -> ChannelsLast or back, element by element: the oracle of the conversion kernels too.
Tensor relayout(const Tensor& in, const Shape& shape, bool to_channels_last) {
  const int64_t channels = shape[1];
  const int64_t padded = padded_channels(channels);
  Tensor out = to_channels_last
                   ? Tensor::allocate(DType::Float, {shape[0], shape[2], shape[3], padded})
                   : Tensor::allocate(DType::Float, shape);
  std::ranges::fill(out.mutable_as<float>(), 0.0f);
  for (int64_t n = 0; n < shape[0]; ++n) {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t p = 0; p < shape[2] * shape[3]; ++p) {
        const auto plain = static_cast<size_t>((n * channels + c) * shape[2] * shape[3] + p);
        const auto last = static_cast<size_t>((n * shape[2] * shape[3] + p) * padded + c);
        out.mutable_as<float>()[to_channels_last ? last : plain] =
            in.as<float>()[to_channels_last ? plain : last];
      }
    }
  }
  return out;
}

void expect_zero_padding(const Tensor& channels_last, int64_t channels) {
  const int64_t padded = channels_last.shape()[3];
  const auto values = channels_last.as<float>();
  for (size_t i = 0; i < values.size(); ++i) {
    if (static_cast<int64_t>(i) % padded >= channels) {
      ASSERT_EQ(values[i], 0.0f) << "padding lane";
    }
  }
}

}  // namespace

std::vector<Tensor> run_op(const OpCase& op, const std::vector<Tensor>& inputs, int threads) {
  const Node node = make_node(op, inputs);
  std::vector<const Tensor*> pointers;
  for (const Tensor& input : inputs) {
    pointers.push_back(input.dtype() == DType::Undefined ? nullptr : &input);
  }
  ThreadPool pool(threads);
  return evaluate(node, definition_of(node), pointers, pool);
}

std::vector<Tensor> run_op_channels_last(const OpCase& op, const std::vector<Tensor>& inputs,
                                         bool* used, int threads) {
  const Node node = make_node(op, inputs);
  const OpDef& def = definition_of(node);
  std::vector<ValueType> types(inputs.size());
  std::vector<const ValueType*> pointers(inputs.size(), nullptr);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].dtype() == DType::Undefined) continue;
    const bool offered = inputs[i].dtype() == DType::Float && inputs[i].shape().rank() == 4;
    types[i] = {inputs[i].dtype(), inputs[i].shape(),
                offered ? Layout::ChannelsLast : Layout::Plain, inputs[i]};
    pointers[i] = &types[i];
  }
  InferContext infer(node, pointers);
  def.infer(infer);
  std::vector<ValueType>& outputs = infer.outputs();
  LayoutContext layout(node, pointers, outputs);
  if (def.layout) def.layout(layout);
  *used = (!inputs.empty() && layout.accepted(0) == Layout::ChannelsLast) ||
          layout.produced(0) == Layout::ChannelsLast;

  std::vector<Tensor> stored = inputs;
  std::vector<const std::byte*> input_data(inputs.size(), nullptr);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!pointers[i]) continue;
    types[i].layout = layout.accepted(static_cast<int>(i));
    if (types[i].layout == Layout::ChannelsLast) {
      stored[i] = relayout(inputs[i], inputs[i].shape(), true);
    }
    input_data[i] = stored[i].data();
  }
  std::vector<Tensor> memory(outputs.size());
  std::vector<std::byte*> output_data(outputs.size(), nullptr);
  for (size_t i = 0; i < outputs.size(); ++i) {
    outputs[i].layout = layout.produced(static_cast<int>(i));
    const Shape& shape = *outputs[i].shape;
    memory[i] = outputs[i].layout == Layout::ChannelsLast
                    ? Tensor::allocate(DType::Float,
                                       {shape[0], shape[2], shape[3], padded_channels(shape[1])})
                    : Tensor::allocate(outputs[i].dtype, shape);
    output_data[i] = memory[i].mutable_data();
  }
  NoCache no_cache;
  PlanContext plan(node, pointers, outputs, no_cache, threads);
  const Kernel kernel = def.plan(plan);
  const auto scratch = allocate_bytes(plan.scratch());
  ThreadPool pool(threads);
  RunContext run(input_data, output_data, memory, scratch.get(), pool);
  kernel(run);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].layout != Layout::ChannelsLast) continue;
    expect_zero_padding(memory[i], (*outputs[i].shape)[1]);
    memory[i] = relayout(memory[i], *outputs[i].shape, false);
  }
  return memory;
}

Tensor random_tensor(Shape shape, uint32_t seed, float low, float high) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(low, high);
  Tensor tensor = Tensor::allocate(DType::Float, std::move(shape));
  for (float& value : tensor.mutable_as<float>()) value = uniform(engine);
  return tensor;
}

}  // namespace fovea::test
