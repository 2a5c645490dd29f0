// Scratch memory is counted in 64 bits: where size_t has 32, a size that wraps around would leave
// kernels to write behind what they got.

#include <gtest/gtest.h>

#include "ops/core/compile.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

ValueType value_type(DType dtype, const Shape& shape) {
  ValueType type;
  type.dtype = dtype;
  type.shape = shape;
  return type;
}

ValueType known(const Tensor& content) {
  ValueType type = value_type(content.dtype(), content.shape());
  type.content = content;
  return type;
}

// What the operator's kernel would ask for; nothing is computed, and an input of no type is left
// out. Where size_t cannot hold the size, planning must have said so, and how much it is.
uint64_t planned_scratch(const OpCase& op, const std::vector<ValueType>& types) {
  Node node;
  node.become(op.op_type, op.domain, op.opset);
  std::vector<const ValueType*> inputs;
  for (const ValueType& type : types) {
    const bool left_out = type.dtype == DType::Undefined;
    node.inputs.push_back(left_out ? kNoValue : static_cast<ValueId>(inputs.size()));
    inputs.push_back(left_out ? nullptr : &type);
  }
  node.outputs = {static_cast<ValueId>(types.size())};
  for (const auto& [name, value] : op.attributes) node.attributes.set(name, value);
  node.def = kOpTable.find(node.domain, node.op_type, node.opset);
  const std::vector<ValueType> outputs = infer_node(node, inputs);
  try {
    return compile_node(node, inputs, outputs, {}).scratch_bytes;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::OutOfMemory) << error.what();
    EXPECT_LT(sizeof(size_t), sizeof(uint64_t)) << error.what();
    return std::stoull(std::string(error.field("bytes")));
  }
}

constexpr uint64_t kFourGigabytes = uint64_t{1} << 32;

TEST(Scratch, OfResizedBytesHasRoomForFloats) {
  const OpCase op = {"Resize", 18, {{"mode", std::string("linear")}}};
  const Tensor sizes = Tensor::of<int64_t>({4}, {1, 1, 8, 8});
  EXPECT_GE(
      planned_scratch(op, {value_type(DType::Uint8, {1, 1, 32768, 32768}), {}, {}, known(sizes)}),
      kFourGigabytes);
}

TEST(Scratch, OfAConvolutionHasRoomForItsImage) {
  const OpCase op = {"Conv", 17, {{"strides", std::vector<int64_t>{1 << 20}}}};
  // One channel in channels-last takes four.
  EXPECT_GE(planned_scratch(op, {value_type(DType::Float, {1, 1, int64_t{1} << 28}),
                                 known(random_tensor({1, 1, 3}, 1))}),
            kFourGigabytes);
}

TEST(Scratch, OfAProductHasRoomForItsPanels) {
  EXPECT_GE(planned_scratch({"Gemm"}, {value_type(DType::Float, {1, 3}),
                                       value_type(DType::Float, {3, 1 << 28})}),
            3 * kFourGigabytes / 4);
}

}  // namespace
}  // namespace fovea::test
