#pragma once

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "tensor/tensor.h"

// Indices of N-dimensional arrays, spelled out for oracles.
namespace fovea::test {

using Index = std::vector<int64_t>;

// Every index of `shape` in row-major order.
inline std::vector<Index> indices_of(const Shape& shape) {
  std::vector<Index> all;
  const int64_t count = shape.elements();
  for (int64_t flat = 0; flat < count; ++flat) {
    Index index(static_cast<size_t>(shape.rank()));
    int64_t rest = flat;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      index[static_cast<size_t>(axis)] = rest % shape[axis];
      rest /= shape[axis];
    }
    all.push_back(index);
  }
  return all;
}

inline size_t flat_index(const Shape& shape, const Index& index) {
  int64_t flat = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    flat = flat * shape[axis] + index[static_cast<size_t>(axis)];
  }
  return static_cast<size_t>(flat);
}

// Where the element of `shape` lies that broadcasting puts at `index` of a larger shape.
inline size_t broadcast_index(const Shape& shape, const Index& index) {
  Index own;
  const size_t skipped = index.size() - static_cast<size_t>(shape.rank());
  for (int axis = 0; axis < shape.rank(); ++axis) {
    own.push_back(shape[axis] == 1 ? 0 : index[skipped + static_cast<size_t>(axis)]);
  }
  return flat_index(shape, own);
}

// 0, 1, 2, ... of type T.
template <class T>
Tensor iota_tensor(Shape shape, T first = T{}) {
  Tensor tensor = Tensor::allocate(dtype_of<T>, std::move(shape));
  std::iota(tensor.mutable_as<T>().begin(), tensor.mutable_as<T>().end(), first);
  return tensor;
}

inline Tensor int64_vector(std::vector<int64_t> values) {
  return Tensor::of<int64_t>({static_cast<int64_t>(values.size())},
                             std::span<const int64_t>(values));
}

template <class T>
std::vector<T> values_of(const Tensor& tensor) {
  EXPECT_EQ(tensor.dtype(), dtype_of<T>);
  return {tensor.as<T>().begin(), tensor.as<T>().end()};
}

// Same type, shape and bits.
inline void expect_equal(const Tensor& actual, const Tensor& expected) {
  ASSERT_EQ(actual.dtype(), expected.dtype());
  ASSERT_EQ(actual.shape(), expected.shape());
  const std::vector<std::byte> a(actual.data(), actual.data() + actual.bytes());
  const std::vector<std::byte> b(expected.data(), expected.data() + expected.bytes());
  ASSERT_TRUE(a == b) << "elements differ for shape " << actual.shape().to_string();
}

// The code of the fovea::Error that fn throws; fails the test when it throws none.
template <class Fn>
ErrorCode error_of(Fn&& fn) {
  try {
    fn();
  } catch (const Error& error) {
    EXPECT_FALSE(error.message().empty());
    return error.code();
  }
  ADD_FAILURE() << "no error was thrown";
  return ErrorCode::Internal;
}

}  // namespace fovea::test
