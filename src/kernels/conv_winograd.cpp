#include <algorithm>

#include "kernels/conv_algorithms.h"
#include "kernels/winograd_pack.h"

// Convolution of stride 1 by F(m x m, r x r), for blocks of consecutive tiles: their patches are
// transformed once, and for each panel of output channels multiplied at every position and
// transformed back while the products are in the first-level cache. Tiles begin at multiples of m
// from an image's first row, whatever range of rows is asked for, so that results do not depend on
// how the work is divided.
namespace fovea::kernels {
namespace {

using winograd::PatchRow;

template <class F>
int64_t depth(const ConvShape& shape) {
  return winograd::packed_depth<F>(shape.in_channels);
}
int64_t tile_step(const ConvShape& shape) { return padded_channels(shape.in_channels); }
template <class F>
winograd::Block block_of(const ConvShape& shape) {
  return winograd::block_of<F>(static_cast<ptrdiff_t>(tile_step(shape)));
}

template <class F>
int64_t packed_size(const ConvShape& shape) noexcept {
  return panels_size(shape.out_channels, depth<F>(shape));
}

template <class F>
void pack_weights(const ConvShape& shape, const ConvWeights& weights, float* packed) noexcept {
  const auto tap = [&](int64_t output, int64_t input, int64_t y, int64_t x) {
    const bool inside = y < shape.kernel_h && x < shape.kernel_w;
    return inside ? weights.at(0, output, input, y, x) : 0.0f;
  };
  winograd::pack<F>(shape.out_channels, shape.in_channels, tap, weights, packed);
}

// Parts of the scratch memory.
struct Scratch {
  float* transformed;  // [position][tile][channel]
  float* products;     // [tile][vector][position] vectors
  float* half;         // strips of patches, half transformed
  float* copy;         // inputs of patches, where some rows are outside the image
};

// Columns under the patches of neighbouring tiles.
template <class F>
constexpr int64_t patch_columns(int64_t tiles) {
  return tiles * F::kTileW + F::kKernel - 1;
}

// Floats of the inputs under a block's tiles in a row.
template <class F>
int64_t copy_size(const ConvShape& shape) {
  return F::kPatchH * patch_columns<F>(F::kBlockTiles) * tile_step(shape);
}

template <class F>
int64_t half_size(const ConvShape& shape) {
  return winograd::half_size<F>(static_cast<ptrdiff_t>(tile_step(shape)));
}

template <class F>
int64_t transformed_size(const ConvShape& shape) {
  return F::kPositions * block_of<F>(shape).position_step;
}
template <class F>
constexpr int64_t products_size() {
  return F::kBlockTiles * F::kPositions * kLastPanel;
}

template <class F>
int64_t scratch_size(const ConvShape& shape) noexcept {
  return transformed_size<F>(shape) + products_size<F>() + half_size<F>(shape) +
         copy_size<F>(shape);
}

template <class F>
Scratch scratch_at(const ConvShape& shape, float* memory) {
  float* products = memory + transformed_size<F>(shape);
  float* half = products + products_size<F>();
  return {memory, products, half, half + half_size<F>(shape)};
}

// The tiles over rows [row_begin, row_end) of one image, counted row by row.
template <class F>
struct Tiles {
  const ConvShape& shape;
  std::span<const ConvPart> parts;
  int64_t image;
  ConvOutput output;  // the image
  int64_t row_begin;
  int64_t row_end;

  int64_t per_row() const { return winograd::tiles_along<typename F::Across>(shape.out_w); }
  int64_t count() const {
    return (winograd::tiles_along<typename F::Down>(row_end) - row_begin / F::kTileH) * per_row();
  }

  // Calls visit(y, x, count) for runs of at most `most` neighbours among tiles [begin, end), with
  // the first one's first pixel.
  template <class Visit>
  void for_each_run(int64_t begin, int64_t end, int64_t most, Visit visit) const {
    int64_t row = begin / per_row(), column = begin % per_row();
    for (int64_t left = end - begin, count = 0; left > 0; left -= count) {
      count = std::min({most, left, per_row() - column});
      visit((row_begin / F::kTileH + row) * F::kTileH, column * F::kTileW, count);
      column += count;
      if (column < per_row()) continue;
      column = 0;
      ++row;
    }
  }
};

// A part's patches of `count` tiles whose first pixel is (y, x). Rows outside the image are made
// zeros in a copy.
template <class F>
PatchRow patches_at(const Tiles<F>& tiles, const ConvPart& part, int64_t y, int64_t x,
                    int64_t count, float* copy) noexcept {
  const ConvShape& shape = tiles.shape;
  const int64_t columns = patch_columns<F>(count), pixel = padded_channels(part.channels);
  const int64_t begin = std::clamp<int64_t>(-x, 0, columns);
  const int64_t end = std::clamp(shape.in_w - x, begin, columns);
  const int64_t row = shape.in_w * pixel, size = (end - begin) * pixel;
  const float* image = part.data + tiles.image * shape.in_h * row + (x + begin) * pixel;
  PatchRow patches;
  patches.channels = static_cast<ptrdiff_t>(pixel);
  patches.begin = static_cast<ptrdiff_t>(begin);
  patches.end = static_cast<ptrdiff_t>(end);
  if (y >= 0 && y + F::kPatchH <= shape.in_h) {
    patches.data = image + y * row;
    patches.row_step = static_cast<ptrdiff_t>(row);
    return patches;
  }
  patches.data = copy;
  patches.row_step = static_cast<ptrdiff_t>(size);
  for (int64_t i = 0; i < F::kPatchH; ++i) {
    const int64_t from_y = y + i;
    if (from_y >= 0 && from_y < shape.in_h) {
      std::copy_n(image + from_y * row, size, copy + i * size);
    } else {
      std::fill_n(copy + i * size, size, 0.0f);
    }
  }
  return patches;
}

template <class F>
void transform_block(const Tiles<F>& tiles, int64_t begin, int64_t end,
                     const Scratch& scratch) noexcept {
  const ConvShape& shape = tiles.shape;
  const winograd::Block block = block_of<F>(shape);
  const winograd::Steps& steps = F::steps(tiles.parts.size() == 1 ? block.channels : 0);
  float* to = scratch.transformed;
  tiles.for_each_run(begin, end, F::kBlockTiles, [&](int64_t y, int64_t x, int64_t count) {
    float* channel = to;
    for (const ConvPart& part : tiles.parts) {
      const PatchRow patches =
          patches_at<F>(tiles, part, y - shape.pad_top, x - shape.pad_left, count, scratch.copy);
      steps.transform_input(patches, static_cast<ptrdiff_t>(count), block, scratch.half, channel);
      channel += part.channels;
    }
    to += count * block.channels;
  });
}

// All positions of `count` tiles by the panel's weights, in groups of nearly equal size.
template <class F>
void multiply_block(const ConvShape& shape, const float* weights, int vectors, int64_t count,
                    const Scratch& scratch) noexcept {
  const winograd::Block block = block_of<F>(shape);
  const winograd::Steps& steps = F::steps(block.channels);
  const int64_t most = std::min(winograd::kGroup, max_tile_rows(vectors));
  const int64_t groups = round_up(count, most) / most;
  for (int64_t i = 0, tile = 0; i < groups; ++i) {
    const int64_t next = count * (i + 1) / groups;
    steps.multiply[vectors - 1][next - tile - 1](
        scratch.transformed + tile * block.channels, block, weights,
        static_cast<ptrdiff_t>(shape.in_channels),
        scratch.products + tile * vectors * F::kPositions * kLanes);
    tile = next;
  }
}

template <class F>
void finish_block(const Tiles<F>& tiles, int64_t begin, int64_t end, winograd::OutputTile to,
                  const Epilogue& epilogue, const float* products) noexcept {
  const ConvOutput& output = tiles.output;
  to.row_step = static_cast<ptrdiff_t>(output.row_step);
  to.pixel_step = static_cast<ptrdiff_t>(output.pixel_step);
  const winograd::Steps& steps = F::steps(tile_step(tiles.shape));
  const auto transform_whole = steps.transform_whole_for(epilogue.activation, to.channels);
  tiles.for_each_run(begin, end, 1, [&](int64_t y, int64_t x, int64_t) {
    const int64_t offset = y * output.row_step + x * output.pixel_step + to.channel;
    to.data = output.data + offset;
    to.residual = output.residual != nullptr ? output.residual + offset : nullptr;
    to.row_begin = static_cast<int>(std::max<int64_t>(tiles.row_begin - y, 0));
    to.row_end = static_cast<int>(std::min<int64_t>(tiles.row_end - y, F::kTileH));
    to.column_end = static_cast<int>(std::min<int64_t>(tiles.shape.out_w - x, F::kTileW));
    const bool whole = to.row_begin == 0 && to.row_end == F::kTileH && to.column_end == F::kTileW;
    (whole ? transform_whole : steps.transform_part)(products, to, epilogue);
    products += panel_vectors(to.channels) * F::kPositions * kLanes;
  });
}

template <class F>
void run_image(const Tiles<F>& tiles, const float* packed, const Epilogue& epilogue,
               const Scratch& scratch) noexcept {
  const ConvShape& shape = tiles.shape;
  const int64_t count = tiles.count(), blocks = round_up(count, F::kBlockTiles) / F::kBlockTiles;
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t begin = count * i / blocks, end = count * (i + 1) / blocks;
    transform_block<F>(tiles, begin, end, scratch);
    winograd::OutputTile to;
    for (; to.channel < shape.out_channels; to.channel += to.channels) {
      to.bias = packed + panels_size(to.channel, depth<F>(shape));
      to.channels = panel_columns(shape.out_channels, to.channel);
      const int vectors = panel_vectors(to.channels);
      multiply_block<F>(shape, to.bias + vectors * kLanes, vectors, end - begin, scratch);
      finish_block<F>(tiles, begin, end, to, epilogue, scratch.products);
    }
  }
}

template <class F>
void run_rows(const ConvShape& shape, std::span<const ConvPart> parts, const float* packed,
              const ConvOutput& output, const Epilogue& epilogue, float* scratch, int64_t row_begin,
              int64_t row_end) noexcept {
  for (int64_t row = row_begin, rows = 0; row < row_end; row += rows) {
    const int64_t image = row / shape.out_h, y = row % shape.out_h;
    rows = std::min(shape.out_h - y, row_end - row);
    const Tiles<F> tiles = {shape, parts, image, output.at(image, 0), y, y + rows};
    run_image<F>(tiles, packed, epilogue, scratch_at<F>(shape, scratch));
  }
}

template <class F>
constexpr ConvKernel kConvOf = {packed_size<F>, pack_weights<F>, scratch_size<F>,
                                run_rows<F>,    F::kTileH,       true};

}  // namespace

namespace winograd {
constexpr float kA = 0.75f, kB = 1.5f;
F4::Factors F4::factors = {.a = kA,
                           .a2 = kA * kA,
                           .a3 = kA * kA * kA,
                           .b = kB,
                           .b2 = kB * kB,
                           .b3 = kB * kB * kB,
                           .sum = kA * kA + kB * kB,
                           .product = kA * kA * kB * kB};
EightPositions::Factors EightPositions::factors = {.two = 2,
                                                   .four = 4,
                                                   .eight = 8,
                                                   .sixteen = 16,
                                                   .thirty_two = 32,
                                                   .five = 5,
                                                   .seventeen_quarters = 17.0f / 4,
                                                   .twenty_one_quarters = 21.0f / 4};
}  // namespace winograd

const ConvKernel winograd::F4x4::kConv = kConvOf<winograd::F4x4>;
const ConvKernel winograd::F4x6::kConv = kConvOf<winograd::F4x6>;
const ConvKernel winograd::F6x6::kConv = kConvOf<winograd::F6x6>;
const ConvKernel winograd::F4x4For5x5::kConv = kConvOf<winograd::F4x4For5x5>;

}  // namespace fovea::kernels
