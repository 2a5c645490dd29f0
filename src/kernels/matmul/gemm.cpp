#include "kernels/matmul/gemm.h"

#include <algorithm>
#include <limits>

#include "kernels/subnormal.h"
#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

// Rows of A that stay in the second-level cache while all panels of B pass over them.
constexpr int64_t kBlockFloats = 32 * 1024;
constexpr int64_t kMinBlockRows = 12;

F32x4 flush_subnormals(F32x4 weights) {
  const auto small = simd::abs(weights) < F32x4::splat(std::numeric_limits<float>::min());
  return bitcast_f32(bitcast_i32(weights) & ~small);
}

// Applies an activation to a rectangle of C.
void activate_rows(const ActivationSpec& activation, const GemmOutput& c, const GemmRange& range) {
  const int64_t columns = range.column_end - range.column_begin;
  for (int64_t row = range.row_begin; row < range.row_end; ++row) {
    float* at = c.data + row * c.row_step + range.column_begin;
    info_of(activation.kind).apply_row(activation, at, at, columns);
  }
}

}  // namespace

int64_t gemm_packed_size(const GemmShape& shape) noexcept { return panels_size(shape.n, shape.k); }

void pack_gemm(const GemmShape& shape, const MatrixView<float>& b, float scale, const float* bias,
               float* packed, int64_t column_begin, int64_t column_end) noexcept {
  const auto row = [&](int64_t k) {
    const float* from = b.data + k * b.row_step + column_begin * b.column_step;
    return [=](int64_t column) { return flush_subnormal(scale * from[column * b.column_step]); };
  };
  const auto bias_of = [&](int64_t column) {
    return bias ? flush_subnormal(bias[column_begin + column]) : 0.0f;
  };
  float* panels = packed + panels_size(column_begin, shape.k);
  int64_t columns = column_end - column_begin;
  // Whole panels of neighbours, by vectors; the last may be wider.
  while (b.column_step == 1 && columns > kLastPanel) {
    for (int64_t lane = 0; lane < kPanel; ++lane) *panels++ = bias_of(lane);
    for (int64_t k = 0; k < shape.k; ++k, panels += kPanel) {
      const float* from = b.data + k * b.row_step + column_begin;
      for (int64_t lane = 0; lane < kPanel; lane += kLanes) {
        flush_subnormals(F32x4::splat(scale) * F32x4::load(from + lane)).store(panels + lane);
      }
    }
    column_begin += kPanel;
    columns -= kPanel;
  }
  pack_panels(panels, columns, shape.k, row, bias_of);
}

void run_gemm(const GemmShape& shape, const MatrixView<float>& a, const float* packed,
              const GemmOutput& c, const Epilogue& epilogue, const GemmRange& range) noexcept {
  // A sum of nothing reads nothing, and `a` may be null.
  const int64_t row_step = shape.k > 0 ? a.row_step : 0;
  Tile tile;
  tile.input_step = row_step;
  tile.run = shape.k;
  tile.depth_step = a.column_step;
  tile.output_step = c.row_step;
  tile.pad_with_zeros = false;
  // What takes more than an instruction or two is done to rows that are in the cache, by loops that
  // keep constants in registers.
  const bool simple = is_simple(epilogue.activation.kind);
  const Epilogue at_once = simple ? epilogue : Epilogue();
  tile.epilogue = &at_once;

  const int64_t block = std::max(kBlockFloats / std::max<int64_t>(shape.k, 1), kMinBlockRows);
  for (int64_t row = range.row_begin; row < range.row_end; row += block) {
    const int64_t rows = std::min(block, range.row_end - row);
    tile.input = a.data + row * row_step;
    for (int64_t column = range.column_begin; column < range.column_end; column += tile.columns) {
      tile.panel = packed + panels_size(column, shape.k);
      tile.columns = panel_columns(shape.n, column);
      tile.channel = column;
      tile.output = c.data + row * c.row_step + column;
      tile.residual = c.residual ? c.residual + row * c.row_step + column : nullptr;
      run_tiles(tile, rows);
    }
    if (simple) continue;
    activate_rows(epilogue.activation, c, {row, row + rows, range.column_begin, range.column_end});
  }
}

}  // namespace fovea::kernels
