#include "kernels/movement/transpose.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

namespace fovea::kernels {
namespace {

// Bytes that differ from element to element and within one.
std::vector<std::byte> pattern(int64_t elements, size_t element_bytes) {
  std::vector<std::byte> bytes(static_cast<size_t>(elements) * element_bytes);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const size_t element = i / element_bytes;
    bytes[i] =
        static_cast<std::byte>((element * 31 + (element >> 8) * 7 + i % element_bytes) & 255);
  }
  return bytes;
}

std::vector<std::byte> reference(const std::vector<std::byte>& in,
                                 const std::vector<int64_t>& shape,
                                 const std::vector<int64_t>& permutation, size_t element_bytes) {
  const size_t rank = shape.size();
  std::vector<std::byte> out(in.size());
  std::vector<int64_t> index(rank, 0);  // of the output
  for (size_t to = 0; to * element_bytes < out.size(); ++to) {
    std::vector<int64_t> source(rank);
    for (size_t i = 0; i < rank; ++i) source[static_cast<size_t>(permutation[i])] = index[i];
    size_t from = 0;
    for (size_t i = 0; i < rank; ++i)
      from = from * static_cast<size_t>(shape[i]) + static_cast<size_t>(source[i]);
    std::memcpy(&out[to * element_bytes], &in[from * element_bytes], element_bytes);
    for (size_t i = rank; i-- > 0;) {
      if (++index[i] < shape[static_cast<size_t>(permutation[i])]) break;
      index[i] = 0;
    }
  }
  return out;
}

void check(const std::vector<int64_t>& shape, const std::vector<int64_t>& permutation,
           size_t element_bytes, int threads = 1) {
  const int64_t elements =
      std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  const auto in = pattern(elements, element_bytes);
  std::vector<std::byte> out(in.size());
  ThreadPool pool(threads);
  Transpose(Shape(shape), permutation, element_bytes).run(in.data(), out.data(), pool);
  EXPECT_TRUE(out == reference(in, shape, permutation, element_bytes))
      << testing::PrintToString(shape) << " by " << testing::PrintToString(permutation) << ", "
      << element_bytes << " bytes";
}

TEST(Transpose, EveryPermutationAndElementSize) {
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{5}, {3, 7}, {2, 3, 5}, {1, 4, 6}, {2, 3, 4, 5}, {2, 1, 3, 17, 2}}) {
    std::vector<int64_t> permutation(shape.size());
    std::iota(permutation.begin(), permutation.end(), 0);
    do {
      for (const size_t bytes : {1u, 2u, 4u, 8u, 16u}) check(shape, permutation, bytes);
    } while (std::ranges::next_permutation(permutation).found);
  }
}

TEST(Transpose, MatricesAroundTheBlockSizes) {
  for (const int64_t rows : {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 300}) {
    for (const int64_t columns : {1, 3, 4, 7, 16, 18, 33, 129}) {
      check({rows, columns}, {1, 0}, 4);
      check({rows, columns}, {1, 0}, 2);
    }
  }
}

TEST(Transpose, Threads) {
  check({3, 70, 90}, {0, 2, 1}, 4, 3);
  check({3, 70, 90}, {2, 1, 0}, 8, 3);
}

TEST(Transpose, NothingToMove) {
  check({3, 0, 2}, {2, 1, 0}, 4);
  check({}, {}, 4);
}

}  // namespace
}  // namespace fovea::kernels
