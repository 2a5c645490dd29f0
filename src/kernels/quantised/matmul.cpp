#include "kernels/quantised/matmul.h"

#include <algorithm>

#include "kernels/quantised/products.h"

namespace fovea::kernels {
namespace quantised {
namespace {

// The first `lanes` columns of a panel, of Rows rows from `row` on.
template <int Rows, Following kFollowing>
void multiply_tile(const QuantisedRows& product, const Requantisation& to, int64_t row,
                   int64_t panel, void* output) noexcept {
  Sums<Rows> sums;
  accumulate(product.a + row * product.depth, product.depth, product.depth / 2,
             product.panels + panel * product.depth * kQuantisedPanel, sums);
  const int64_t column = panel * kQuantisedPanel;
  const int64_t lanes = std::min(kQuantisedPanel, product.columns - column);
  const int64_t at = row * product.columns + column;
  if (lanes == kQuantisedPanel) {
    finish_tile<kFollowing>(to, sums, column, lanes, output, at, product.columns);
    return;
  }
  float whole[Rows * kQuantisedPanel];  // or bytes
  finish_tile<kFollowing>(to, sums, column, kQuantisedPanel, whole, 0, kQuantisedPanel);
  const int64_t size = to.to_bytes ? 1 : sizeof(float);
  for (int64_t i = 0; i < Rows; ++i) {
    std::memcpy(static_cast<char*>(output) + (at + i * product.columns) * size,
                reinterpret_cast<const char*>(whole) + i * kQuantisedPanel * size,
                static_cast<size_t>(lanes * size));
  }
}

}  // namespace
}  // namespace quantised

void multiply_quantised(const QuantisedRows& product, const Requantisation& to, void* output,
                        int64_t begin, int64_t end) noexcept {
  using namespace quantised;
  const auto four = following(to) == Following::Plain ? multiply_tile<4, Following::Plain>
                                                      : multiply_tile<4, Following::Anything>;
  for (int64_t panel = begin; panel < end; ++panel) {
    int64_t row = 0;
    for (; row + 4 <= product.rows; row += 4) four(product, to, row, panel, output);
    for (; row < product.rows; ++row) {
      multiply_tile<1, Following::Anything>(product, to, row, panel, output);
    }
  }
}

}  // namespace fovea::kernels
