#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/nd.h"
#include "support/op_runner.h"

// What tests of several operators' families share.
namespace fovea::test {

using Doubles = std::vector<double>;

// An operator that onnxruntime adds to ONNX's.
inline OpCase microsoft(const char* op_type, AttributeList attributes = {}, int outputs = 1) {
  return {.op_type = op_type,
          .opset = 1,
          .attributes = std::move(attributes),
          .outputs = outputs,
          .domain = "com.microsoft"};
}

inline ErrorCode error_in(const OpCase& op, const std::vector<Tensor>& inputs) {
  return error_of([&] { run_op(op, inputs); });
}

inline Doubles doubles(const Tensor& tensor) {
  const std::vector<float> values = to_floats(tensor);
  return {values.begin(), values.end()};
}

// a[i] + b[i modulo the size of b], as broadcasting along leading axes has it.
inline Doubles sum_of(Doubles a, const Tensor& b) {
  const Doubles added = doubles(b);
  for (size_t i = 0; i < a.size(); ++i) a[i] += added[i % added.size()];
  return a;
}

}  // namespace fovea::test
