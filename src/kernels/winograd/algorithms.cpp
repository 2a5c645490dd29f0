#include "kernels/conv/algorithms.h"

#include "kernels/winograd/conv_winograd.h"

// Each F(m x n, r x r) as two algorithms: for kernels of one block, and for larger ones.
namespace fovea::kernels {
namespace winograd {
namespace {

bool at_any_precision(Precision) noexcept { return true; }
bool where_fast(Precision precision) noexcept { return precision == Precision::Fast; }
// Without fused multiply-add, products take longer: larger tiles save enough of them to round twice
// as much.
bool where_fast_or_unfused(Precision precision) noexcept {
  return where_fast(precision) || !simd::kFusedMultiplyAdd;
}

bool is_dense(const ConvShape& shape) noexcept {
  return shape.stride_h == 1 && shape.stride_w == 1 && shape.dilation_h == 1 &&
         shape.dilation_w == 1;
}

// Those outside the image or the kernel included.
double products(const Filter& filter, const ConvShape& shape) noexcept {
  const int64_t tiles = filter.tiles_down(shape.out_h) * filter.tiles_across(shape.out_w);
  return static_cast<double>(filter.blocks(shape)) * static_cast<double>(tiles) *
         static_cast<double>(filter.positions());
}

// Elsewhere, the transforms, the copies of blocks, or weights that are read for few tiles cost more
// than the products saved.
bool pays(const ConvShape& shape, int64_t blocks) noexcept {
  const bool whole = blocks == 1;
  const int64_t least_channels = whole ? 3 : 8, least_size = whole ? 4 : 8;
  return blocks * shape.group_inputs() >= least_channels &&
         shape.group_outputs() >= least_channels && shape.out_h >= least_size &&
         shape.out_w >= least_size;
}

using Allowed = bool(Precision) noexcept;

template <const Filter& kFilter, bool kInBlocks, Allowed* kAllowed = at_any_precision>
constexpr ConvAlgorithm algorithm(const char* name) {
  return {
      .name = name,
      .applies =
          [](const ConvShape& shape, Precision precision) noexcept {
            const bool fits = kInBlocks ? kFilter.blocks(shape) > 1 : kFilter.blocks(shape) == 1;
            const bool groups =
                shape.groups == 1 || (!kInBlocks && shape.group_outputs() % kLanes == 0);
            return fits && groups && is_dense(shape) && kAllowed(precision);
          },
      .cost =
          [](const ConvShape& shape) noexcept { return winograd_cost(products(kFilter, shape)); },
      .pays = [](const ConvShape& shape) noexcept { return pays(shape, kFilter.blocks(shape)); },
      .packed_size = [](const ConvShape& shape) noexcept { return packed_size(kFilter, shape); },
      .pack_weights = [](const ConvShape& shape, const ConvWeights& weights,
                         float* packed) noexcept { pack_weights(kFilter, shape, weights, packed); },
      .scratch_size =
          [](const ConvShape& shape) noexcept {
            return (kInBlocks ? scratch_size_in_blocks : scratch_size)(kFilter, shape);
          },
      .run_rows =
          [](const ConvShape& shape, std::span<const ConvPart> parts, const float* packed,
             const ConvOutput& output, const Epilogue& epilogue, float* scratch, int64_t row_begin,
             int64_t row_end) noexcept {
            (kInBlocks ? run_rows_in_blocks : run_rows)(kFilter, shape, parts, packed, output,
                                                        epilogue, scratch, row_begin, row_end);
          },
      .rows_at_once = []() noexcept { return int64_t{kFilter.tile_h}; },
      .parts =
          [](const ConvShape&) noexcept {
            return kInBlocks ? ConvParts::One : ConvParts::WholeVectors;
          },
  };
}

}  // namespace
}  // namespace winograd

using winograd::algorithm;
using winograd::kF4x4;
using winograd::kF4x4For5x5;
using winograd::kF4x6;
using winograd::kF6x6;
using winograd::where_fast;
using winograd::where_fast_or_unfused;

constinit const ConvAlgorithm kWinograd4x4 = algorithm<kF4x4, false>("Winograd F(4x4, 3x3)");
constinit const ConvAlgorithm kWinograd4x4Blocks =
    algorithm<kF4x4, true>("Winograd F(4x4, 3x3), in blocks");
constinit const ConvAlgorithm kWinograd4x4For5x5 =
    algorithm<kF4x4For5x5, false>("Winograd F(4x4, 5x5)");
constinit const ConvAlgorithm kWinograd4x4For5x5Blocks =
    algorithm<kF4x4For5x5, true>("Winograd F(4x4, 5x5), in blocks");
constinit const ConvAlgorithm kWinograd4x6 =
    algorithm<kF4x6, false, where_fast_or_unfused>("Winograd F(4x6, 3x3)");
constinit const ConvAlgorithm kWinograd4x6Blocks =
    algorithm<kF4x6, true, where_fast_or_unfused>("Winograd F(4x6, 3x3), in blocks");
constinit const ConvAlgorithm kWinograd6x6 =
    algorithm<kF6x6, false, where_fast>("Winograd F(6x6, 3x3)");
constinit const ConvAlgorithm kWinograd6x6Blocks =
    algorithm<kF6x6, true, where_fast>("Winograd F(6x6, 3x3), in blocks");

}  // namespace fovea::kernels
