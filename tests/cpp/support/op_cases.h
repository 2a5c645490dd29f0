#pragma once

#include <random>
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

// Of T, a type of one byte; all values are as likely.
template <class T>
Tensor random_bytes(Shape shape, uint32_t seed) {
  std::mt19937 engine(seed);
  Tensor tensor = Tensor::allocate(dtype_of<T>, std::move(shape));
  for (T& value : tensor.mutable_as<T>()) value = static_cast<T>(engine() & 0xff);
  return tensor;
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
