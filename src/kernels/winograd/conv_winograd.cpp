#include "kernels/winograd/conv_winograd.h"

#include <algorithm>

#include "kernels/matmul/tile.h"

// Convolution of stride 1 by F(m x n, r x r), for blocks of consecutive tiles: their patches are
// transformed once, and for each panel of output channels multiplied at every position and
// transformed back while the products are in the first-level cache. Groups, of a multiple of 4
// outputs, share what is transformed. Tiles begin at multiples of m from an image's first row,
// whatever range of rows is asked for, so that results do not depend on how the work is divided.
namespace fovea::kernels::winograd {
namespace {

int64_t depth(const Filter& filter, const ConvShape& shape) {
  return filter.positions() * shape.group_inputs();
}
ptrdiff_t tile_step(const ConvShape& shape) {
  return static_cast<ptrdiff_t>(padded_channels(shape.in_channels));
}
Block block_of(const Filter& filter, const ConvShape& shape) {
  return filter.block(tile_step(shape));
}

// Parts of the scratch memory.
struct Scratch {
  float* transformed;  // [position][tile][channel]
  float* products;     // [tile][vector][position] vectors
  float* half;         // strips of patches, half transformed
  float* copy;         // inputs of patches, where some rows are outside the image
};

// Columns under the patches of neighbouring tiles.
int64_t patch_columns(const Filter& filter, int64_t tiles) {
  return tiles * filter.tile_w + filter.kernel - 1;
}

// Floats of the inputs under a block's tiles in a row.
int64_t copy_size(const Filter& filter, const ConvShape& shape) {
  return filter.patch_h * patch_columns(filter, filter.block_tiles) * tile_step(shape);
}

int64_t transformed_size(const Filter& filter, const ConvShape& shape) {
  return filter.positions() * block_of(filter, shape).position_step;
}
int64_t products_size(const Filter& filter) {
  return filter.block_tiles * filter.positions() * kLastPanel;
}

Scratch scratch_at(const Filter& filter, const ConvShape& shape, float* memory) {
  float* products = memory + transformed_size(filter, shape);
  float* half = products + products_size(filter);
  return {memory, products, half, half + filter.half_size(tile_step(shape))};
}

// The tiles over rows [row_begin, row_end) of one image, counted row by row.
struct Tiles {
  const Filter& filter;
  const ConvShape& shape;
  std::span<const ConvPart> parts;
  int64_t image;
  ConvOutput output;  // the image
  int64_t row_begin;
  int64_t row_end;

  int64_t per_row() const { return filter.tiles_across(shape.out_w); }
  int64_t count() const {
    return (filter.tiles_down(row_end) - row_begin / filter.tile_h) * per_row();
  }

  // Calls visit(y, x, count) for runs of at most `most` neighbours among tiles [begin, end), with
  // the first one's first pixel.
  template <class Visit>
  void for_each_run(int64_t begin, int64_t end, int64_t most, Visit visit) const {
    const int64_t per_row = this->per_row(), tile_h = filter.tile_h, tile_w = filter.tile_w;
    int64_t column = begin % per_row, y = (row_begin / tile_h + begin / per_row) * tile_h;
    for (int64_t left = end - begin, count = 0; left > 0; left -= count) {
      count = std::min({most, left, per_row - column});
      visit(y, column * tile_w, count);
      column += count;
      if (column < per_row) continue;
      column = 0;
      y += tile_h;
    }
  }
};

// A part's patches of `count` tiles whose first pixel is (y, x). Rows outside the image are made
// zeros in a copy.
PatchRow patches_at(const Tiles& tiles, const ConvPart& part, int64_t y, int64_t x, int64_t count,
                    float* copy) noexcept {
  const Filter& filter = tiles.filter;
  const ConvShape& shape = tiles.shape;
  const int64_t columns = patch_columns(filter, count), pixel = padded_channels(part.channels);
  const int64_t begin = std::clamp<int64_t>(-x, 0, columns);
  const int64_t end = std::clamp(shape.in_w - x, begin, columns);
  const int64_t row = shape.in_w * pixel, size = (end - begin) * pixel;
  const float* image = part.data + tiles.image * shape.in_h * row + (x + begin) * pixel;
  PatchRow patches;
  patches.channels = static_cast<ptrdiff_t>(pixel);
  patches.begin = static_cast<ptrdiff_t>(begin);
  patches.end = static_cast<ptrdiff_t>(end);
  if (y >= 0 && y + filter.patch_h <= shape.in_h) {
    patches.data = image + y * row;
    patches.row_step = static_cast<ptrdiff_t>(row);
    return patches;
  }
  patches.data = copy;
  patches.row_step = static_cast<ptrdiff_t>(size);
  for (int64_t i = 0; i < filter.patch_h; ++i) {
    const int64_t from_y = y + i;
    if (from_y >= 0 && from_y < shape.in_h) {
      std::copy_n(image + from_y * row, size, copy + i * size);
    } else {
      std::fill_n(copy + i * size, size, 0.0f);
    }
  }
  return patches;
}

// What run_image() does for a block is in functions of their own: a browser optimises what runs
// longest as a whole, and were it large, only then the kernels.
[[gnu::noinline]] void transform_block(const Tiles& tiles, int64_t begin, int64_t end,
                                       const Scratch& scratch) noexcept {
  const Filter& filter = tiles.filter;
  const ConvShape& shape = tiles.shape;
  const Block block = block_of(filter, shape);
  const Steps& steps = filter.steps(tiles.parts.size() == 1 ? block.channels : 0);
  float* to = scratch.transformed;
  tiles.for_each_run(begin, end, filter.block_tiles, [&](int64_t y, int64_t x, int64_t count) {
    float* channel = to;
    for (const ConvPart& part : tiles.parts) {
      const PatchRow patches =
          patches_at(tiles, part, y - shape.pad_top, x - shape.pad_left, count, scratch.copy);
      steps.transform_input(patches, static_cast<ptrdiff_t>(count), block, scratch.half, channel);
      channel += part.channels;
    }
    to += count * block.channels;
  });
}

// All positions of `count` tiles, from an input channel on, by the panel's weights, a few tiles at
// once and about as many each time.
[[gnu::noinline]] void multiply_block(const Filter& filter, const ConvShape& shape, int64_t input,
                                      const float* weights, int vectors, int64_t count,
                                      const Scratch& scratch) noexcept {
  const Block block = block_of(filter, shape);
  const Steps& steps = filter.steps(block.channels);
  const int64_t most = std::min(kGroup, max_tile_rows(vectors));
  const int64_t times = round_up(count, most) / most;
  for (int64_t i = 0, tile = 0; i < times; ++i) {
    const int64_t next = count * (i + 1) / times;
    steps.multiply[vectors - 1][next - tile - 1](
        scratch.transformed + tile * block.channels + input, block, weights,
        static_cast<ptrdiff_t>(shape.group_inputs()),
        scratch.products + tile * vectors * filter.positions() * kLanes);
    tile = next;
  }
}

[[gnu::noinline]] void finish_block(const Tiles& tiles, int64_t begin, int64_t end, OutputTile to,
                                    const Epilogue& epilogue, const float* products) noexcept {
  const Filter& filter = tiles.filter;
  const ConvOutput& output = tiles.output;
  to.row_step = static_cast<ptrdiff_t>(output.row_step);
  to.pixel_step = static_cast<ptrdiff_t>(output.pixel_step);
  const Steps& steps = filter.steps(tile_step(tiles.shape));
  const auto transform_whole = steps.transform_whole_for(epilogue.activation.kind, to.channels);
  const int64_t step = panel_vectors(to.channels) * filter.positions() * kLanes;
  tiles.for_each_run(begin, end, 1, [&](int64_t y, int64_t x, int64_t) {
    const int64_t offset = y * output.row_step + x * output.pixel_step + to.channel;
    to.data = output.data + offset;
    to.residual = output.residual != nullptr ? output.residual + offset : nullptr;
    to.row_begin = static_cast<int>(std::max<int64_t>(tiles.row_begin - y, 0));
    to.row_end = static_cast<int>(std::min<int64_t>(tiles.row_end - y, filter.tile_h));
    to.column_end = static_cast<int>(std::min<int64_t>(tiles.shape.out_w - x, filter.tile_w));
    const bool whole =
        to.row_begin == 0 && to.row_end == filter.tile_h && to.column_end == filter.tile_w;
    (whole ? transform_whole : steps.transform_part)(products, to, epilogue);
    products += step;
  });
}

// Blocks of tiles whose patches are transformed, by the weights of a group.
void run_group(const Tiles& tiles, int64_t begin, int64_t end, int64_t group, const float* packed,
               const Epilogue& epilogue, const Scratch& scratch) noexcept {
  const Filter& filter = tiles.filter;
  const ConvShape& shape = tiles.shape;
  const int64_t outputs = shape.group_outputs(), first = group * outputs;
  OutputTile to;
  for (int64_t output = 0; output < outputs; output += to.channels) {
    to.bias = packed + panels_size(first + output, depth(filter, shape));
    to.channel = first + output;
    to.channels = panel_columns(outputs, output);
    const int vectors = panel_vectors(to.channels);
    multiply_block(filter, shape, group * shape.group_inputs(), to.bias + vectors * kLanes, vectors,
                   end - begin, scratch);
    finish_block(tiles, begin, end, to, epilogue, scratch.products);
  }
}

void run_image(const Tiles& tiles, const float* packed, const Epilogue& epilogue,
               const Scratch& scratch) noexcept {
  const Filter& filter = tiles.filter;
  const int64_t most = filter.block_tiles;
  const int64_t count = tiles.count(), blocks = round_up(count, most) / most;
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t begin = count * i / blocks, end = count * (i + 1) / blocks;
    transform_block(tiles, begin, end, scratch);
    for (int64_t group = 0; group < tiles.shape.groups; ++group) {
      run_group(tiles, begin, end, group, packed, epilogue, scratch);
    }
  }
}

}  // namespace

int64_t scratch_size(const Filter& filter, const ConvShape& shape) noexcept {
  return transformed_size(filter, shape) + products_size(filter) +
         filter.half_size(tile_step(shape)) + copy_size(filter, shape);
}

void run_rows(const Filter& filter, const ConvShape& shape, std::span<const ConvPart> parts,
              const float* packed, const ConvOutput& output, const Epilogue& epilogue,
              float* scratch, int64_t row_begin, int64_t row_end) noexcept {
  for (int64_t row = row_begin, rows = 0; row < row_end; row += rows) {
    const int64_t image = row / shape.out_h, y = row % shape.out_h;
    rows = std::min(shape.out_h - y, row_end - row);
    const Tiles tiles = {filter, shape, parts, image, output.at(image, 0), y, y + rows};
    run_image(tiles, packed, epilogue, scratch_at(filter, shape, scratch));
  }
}

}  // namespace fovea::kernels::winograd
