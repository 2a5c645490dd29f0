// Scratch memory is counted in 64 bits: where size_t has 32, a size that wraps around would leave
// kernels to write behind what they got.

#include <gtest/gtest.h>

#include "ops/core/compile.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

// What the operator's kernel would ask for; nothing is computed. `operands` are the inputs behind
// the first, with their elements where they have any.
uint64_t planned_scratch(const OpCase& op, DType dtype, const Shape& shape,
                         const std::vector<Tensor>& operands) {
  Node node;
  node.become(op.op_type, op.domain, op.opset);
  node.inputs = {0};
  for (size_t i = 0; i < operands.size(); ++i) {
    const bool left_out = operands[i].dtype() == DType::Undefined;
    node.inputs.push_back(left_out ? kNoValue : static_cast<ValueId>(i + 1));
  }
  node.outputs = {static_cast<ValueId>(operands.size() + 1)};
  for (const auto& [name, value] : op.attributes) node.attributes.set(name, value);
  node.def = kOpTable.find(node.domain, node.op_type, node.opset);
  std::vector<ValueType> types(operands.size() + 1);
  types[0].dtype = dtype;
  types[0].shape = shape;
  for (size_t i = 0; i < operands.size(); ++i) {
    types[i + 1].dtype = operands[i].dtype();
    types[i + 1].shape = operands[i].shape();
    if (operands[i].data() != nullptr) types[i + 1].content = operands[i];
  }
  std::vector<const ValueType*> inputs;
  for (const ValueType& type : types) {
    inputs.push_back(type.dtype == DType::Undefined ? nullptr : &type);
  }
  const std::vector<ValueType> outputs = infer_node(node, inputs);
  return compile_node(node, inputs, outputs, {}).scratch_bytes;
}

constexpr uint64_t kFourGigabytes = uint64_t{1} << 32;

TEST(Scratch, OfResizedBytesHasRoomForFloats) {
  const OpCase op = {"Resize", 18, {{"mode", std::string("linear")}}};
  const Tensor sizes = Tensor::of<int64_t>({4}, {1, 1, 8, 8});
  EXPECT_GE(planned_scratch(op, DType::Uint8, {1, 1, 32768, 32768}, {{}, {}, sizes}),
            kFourGigabytes);
}

TEST(Scratch, OfAConvolutionHasRoomForItsImage) {
  const OpCase op = {"Conv", 17, {{"strides", std::vector<int64_t>{1 << 20}}}};
  // One channel in channels-last takes four.
  EXPECT_GE(
      planned_scratch(op, DType::Float, {1, 1, int64_t{1} << 28}, {random_tensor({1, 1, 3}, 1)}),
      kFourGigabytes);
}

TEST(Scratch, OfAProductHasRoomForItsPanels) {
  EXPECT_GE(planned_scratch({"Gemm"}, DType::Float, {1, 3},
                            {Tensor::view(DType::Float, {3, 1 << 28}, nullptr, nullptr)}),
            3 * kFourGigabytes / 4);
}

}  // namespace
}  // namespace fovea::test
