#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ops/core/compile.h"

namespace fovea::test {

using AttributeList = std::vector<std::pair<std::string, AttributeValue>>;

struct OpCase {
  std::string op_type;
  int opset = 17;
  AttributeList attributes = {};
  int outputs = 1;
  std::string domain = "";
};

// One of the nodes a fused node is made of, which the next reads. Its other inputs are those of the
// fused node, by index.
struct FusedPart {
  OpCase op;
  std::vector<ValueId> inputs;  // kBefore: the result of the part before
};

inline constexpr ValueId kBefore = -2;

// A fused node of so many inputs, see ops/core/body.h.
OpCase fused(const std::string& op_type, size_t inputs, const std::vector<FusedPart>& parts);

// Runs an operator by itself. An input of DType::Undefined (a default Tensor) is left out.
std::vector<Tensor> run_op(const OpCase& op, const std::vector<Tensor>& inputs, int threads = 1);

// The same with every float rank-4 input offered as ChannelsLast; checks that padding lanes of the
// outputs are zero. `used` tells whether the operator took the layout for input 0 or output 0.
std::vector<Tensor> run_op_channels_last(const OpCase& op, const std::vector<Tensor>& inputs,
                                         bool* used, int threads = 1);

// What the operator's shape rule says of the outputs.
std::vector<ValueType> infer_op(const OpCase& op, const std::vector<Tensor>& inputs);

// Its multiply-accumulates for float inputs of these shapes, of which no element is made.
int64_t macs_of(const OpCase& op, const std::vector<Shape>& inputs);

// Deterministic values, uniform in [low, high).
Tensor random_tensor(Shape shape, uint32_t seed, float low = -1.0f, float high = 1.0f);

}  // namespace fovea::test
