#include "support/op_runner.h"

#include <gtest/gtest.h>

#include <random>

#include "ops/core/body.h"
#include "ops/core/evaluate.h"

namespace fovea::test {
namespace {

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
  node.def = kOpTable.find(node.domain, node.op_type, node.opset);
  if (!node.def) {
    throw Error(ErrorCode::UnsupportedOperator, text(node.op_type, " is not registered"));
  }
  return node;
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

OpCase fused(const std::string& op_type, size_t inputs, const std::vector<FusedPart>& parts) {
  auto body = std::make_shared<Graph>();
  body->values.resize(inputs + parts.size());
  for (const auto& [op, read] : parts) {
    Node node = make_node(op, {});
    const auto result = static_cast<ValueId>(inputs + body->nodes.size());
    for (const ValueId id : read) node.inputs.push_back(id == kBefore ? result - 1 : id);
    node.outputs = {result};
    body->nodes.push_back(std::move(node));
  }
  return {.op_type = op_type,
          .attributes = {{std::string(kBodyAttribute), std::move(body)}},
          .domain = std::string(kInternalDomain)};
}

std::vector<Tensor> run_op(const OpCase& op, const std::vector<Tensor>& inputs, int threads) {
  const Node node = make_node(op, inputs);
  std::vector<const Tensor*> pointers;
  for (const Tensor& input : inputs) {
    pointers.push_back(input.dtype() == DType::Undefined ? nullptr : &input);
  }
  ThreadPool pool(threads);
  return evaluate(node, pointers, pool);
}

std::vector<Tensor> run_op_channels_last(const OpCase& op, const std::vector<Tensor>& inputs,
                                         bool* used, int threads) {
  const Node node = make_node(op, inputs);
  std::vector<ValueType> types(inputs.size());
  std::vector<const ValueType*> pointers(inputs.size(), nullptr);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].dtype() == DType::Undefined) continue;
    const bool offered = inputs[i].dtype() == DType::Float && inputs[i].shape().rank() == 4;
    types[i] = {inputs[i].dtype(), inputs[i].shape(),
                offered ? Layout::ChannelsLast : Layout::Plain, inputs[i]};
    pointers[i] = &types[i];
  }
  std::vector<ValueType> outputs = infer_node(node, pointers);
  const CompiledNode compiled = compile_node(node, pointers, outputs, {.threads = threads});
  if (!compiled.kernel) {  // a fused node that does not fit
    *used = false;
    return run_op(op, inputs, threads);
  }
  const Forms& forms = compiled.forms;
  const Form channels_last = Layout::ChannelsLast;
  *used =
      (!inputs.empty() && forms.accepted[0] == channels_last) || forms.given[0] == channels_last;

  std::vector<Tensor> stored = inputs;
  std::vector<const std::byte*> input_data(inputs.size(), nullptr);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!pointers[i]) continue;
    if (forms.accepted[i] == channels_last) {
      stored[i] = relayout(inputs[i], inputs[i].shape(), true);
    }
    input_data[i] = stored[i].data();
  }
  std::vector<Tensor> memory(outputs.size());
  std::vector<std::byte*> output_data(outputs.size(), nullptr);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Shape& shape = *outputs[i].shape;
    memory[i] = forms.given[i] == channels_last
                    ? Tensor::allocate(DType::Float,
                                       {shape[0], shape[2], shape[3], padded_channels(shape[1])})
                    : Tensor::allocate(outputs[i].dtype, shape);
    output_data[i] = memory[i].mutable_data();
  }
  const auto scratch = allocate_bytes(compiled.scratch_bytes);
  ThreadPool pool(threads);
  RunContext run(input_data, output_data, memory, scratch.get(), pool);
  compiled.kernel(run);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (forms.given[i] != channels_last) continue;
    expect_zero_padding(memory[i], (*outputs[i].shape)[1]);
    memory[i] = relayout(memory[i], *outputs[i].shape, false);
  }
  return memory;
}

std::vector<ValueType> infer_op(const OpCase& op, const std::vector<Tensor>& inputs) {
  const Node node = make_node(op, inputs);
  std::vector<ValueType> types;
  for (const Tensor& input : inputs) {
    types.push_back({input.dtype(), input.shape(), Form(), input, true});
  }
  std::vector<const ValueType*> pointers;
  for (const ValueType& type : types) {
    pointers.push_back(type.dtype == DType::Undefined ? nullptr : &type);
  }
  return infer_node(node, pointers);
}

int64_t macs_of(const OpCase& op, const std::vector<Shape>& inputs) {
  std::vector<ValueType> types;
  for (const Shape& shape : inputs) {
    types.push_back({DType::Float, shape, Form(), std::nullopt});
  }
  std::vector<const ValueType*> pointers;
  for (const ValueType& type : types) pointers.push_back(&type);
  const std::vector<Tensor> present(inputs.size(), Tensor::allocate(DType::Float, {}));
  const Node node = make_node(op, present);
  const auto outputs = infer_node(node, pointers);
  return meaning_of(node).macs(NodeContext(node, pointers), *outputs[0].shape);
}

Tensor random_tensor(Shape shape, uint32_t seed, float low, float high) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(low, high);
  Tensor tensor = Tensor::allocate(DType::Float, std::move(shape));
  for (float& value : tensor.mutable_as<float>()) value = uniform(engine);
  return tensor;
}

}  // namespace fovea::test
