#include "kernels/quantised/matmul.h"

#include <algorithm>

#include "kernels/quantised/products.h"

namespace fovea::kernels {
namespace quantised {
namespace {

// Tiles whose columns are fewer than a panel's are made beside the result.
class EdgeTile {
 public:
  EdgeTile(const Requantisation& to, int64_t columns) : to_(to), columns_(columns) {}

  Target target() { return {to_, tile_, kQuantisedPanel}; }
  void copy(void* output, int64_t at, int64_t lanes, int count) const {
    const int64_t size = to_.to_bytes ? 1 : sizeof(float);
    for (int64_t i = 0; i < count; ++i) {
      std::memcpy(static_cast<char*>(output) + (at + i * columns_) * size,
                  reinterpret_cast<const char*>(tile_) + i * kQuantisedPanel * size,
                  static_cast<size_t>(lanes * size));
    }
  }

 private:
  const Requantisation& to_;
  int64_t columns_;
  float tile_[4 * kQuantisedPanel];  // or bytes
};

}  // namespace
}  // namespace quantised

void multiply_quantised(const QuantisedRows& product, const Requantisation& to, void* output,
                        int64_t begin, int64_t end) noexcept {
  using namespace quantised;
  const RunTiles tiles = tiles_for(to);
  const Target whole = {to, output, product.columns};
  EdgeTile edge(to, product.columns);
  Taps taps;
  taps.pairs = product.depth / 2;
  taps.step = product.depth;
  for (int64_t panel = begin; panel < end; ++panel) {
    const int64_t column = panel * kQuantisedPanel;
    const int64_t lanes = std::min(kQuantisedPanel, product.columns - column);
    const int16_t* weights = product.panels + column * product.depth;
    for (int64_t row = 0; row < product.rows; row += 4) {
      const int count = static_cast<int>(std::min<int64_t>(4, product.rows - row));
      const RunTile tile = count == 4 ? tiles.four : tiles.fewer;
      const int64_t at = row * product.columns + column;
      taps.first = product.a + row * product.depth;
      if (lanes == kQuantisedPanel) {
        tile(taps, weights, whole, column, lanes, at, count);
      } else {
        tile(taps, weights, edge.target(), column, kQuantisedPanel, 0, count);
        edge.copy(output, at, lanes, count);
      }
    }
  }
}

}  // namespace fovea::kernels
