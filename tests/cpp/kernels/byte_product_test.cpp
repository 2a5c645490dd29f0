// Products of bytes against sums of int, at every number of rows, columns and depth that tiles and
// panels end in.

#include "kernels/matmul/byte_product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace fovea::kernels {
namespace {

std::vector<uint8_t> random_bytes(int64_t count, uint32_t seed) {
  std::mt19937 engine(seed);
  std::vector<uint8_t> bytes(static_cast<size_t>(count));
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(engine());
  return bytes;
}

int number(ByteCodes codes, uint8_t byte) {
  return codes.flip != 0 ? static_cast<int8_t>(byte) : int{byte};
}

void check_product(int64_t m, int64_t n, int64_t k, ByteCodes of_a, ByteCodes of_b) {
  constexpr uint8_t kPointA = 7;
  const auto a = random_bytes(m * k, 1), b = random_bytes(k * n, 2), points = random_bytes(n, 3);
  const int64_t depth = paired(k);
  std::vector<int16_t> rows(static_cast<size_t>(m * depth));
  std::vector<int16_t> panel(static_cast<size_t>(depth * kPanelColumns));
  std::vector<int32_t> c(static_cast<size_t>(m * n)), first(static_cast<size_t>(m));
  for (int64_t i = 0; i < m; ++i) {
    widen_row(of_a, a.data() + i * k, kPointA, k, rows.data() + i * depth);
    first[static_cast<size_t>(i)] = static_cast<int32_t>(100 * i);
  }
  ByteProduct product = {
      .a = rows.data(), .a_step = depth, .rows = m, .depth = depth, .first = first.data()};
  product.c_step = n;
  for (int64_t column = 0; column < n; column += kPanelColumns) {
    product.columns = std::min(kPanelColumns, n - column);
    uint8_t of_panel[kPanelColumns] = {};
    std::copy_n(points.data() + column, product.columns, of_panel);
    const uint8_t* of_columns = b.empty() ? b.data() : b.data() + column;
    pack_byte_panel(of_b, of_columns, n, k, product.columns, of_panel, panel.data());
    multiply_panel(product, panel.data(), c.data() + column);
  }
  for (int64_t i = 0; i < m * n; ++i) {
    const int64_t row = i / n, column = i % n;
    int sum = first[static_cast<size_t>(row)];
    for (int64_t at = 0; at < k; ++at) {
      sum += (number(of_a, a[static_cast<size_t>(row * k + at)]) - kPointA) *
             (number(of_b, b[static_cast<size_t>(at * n + column)]) -
              number(of_b, points[static_cast<size_t>(column)]));
    }
    ASSERT_EQ(c[static_cast<size_t>(i)], sum) << m << 'x' << n << 'x' << k << " at " << i;
  }
}

TEST(ByteProduct, OfEverySizeAndSign) {
  const ByteCodes plain = {0}, with_sign = {0x80};
  for (const int64_t m : {1, 3, 4, 5, 9}) {
    for (const int64_t n : {1, 7, 8, 9, 17}) {
      for (const int64_t k : {0, 1, 2, 3, 33}) {
        check_product(m, n, k, plain, with_sign);
        check_product(m, n, k, with_sign, plain);
      }
    }
  }
}

}  // namespace
}  // namespace fovea::kernels
