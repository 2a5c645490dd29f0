#include <algorithm>

#include "kernels/conv/algorithms.h"
#include "kernels/conv/strip.h"
#include "kernels/matmul/tile.h"

// Direct convolution: for each strip of rows and each panel of output channels, register tiles of
// neighbouring output pixels. A strip holds group_inputs() floats per pixel without padding, so
// that a kernel row over it is one stretch of memory and three input channels waste no work. Where
// such a stretch would be short, the strip's rows are interleaved and the whole kernel is one.
namespace fovea::kernels {
namespace {

int64_t depth(const ConvShape& shape) {
  return shape.kernel_h * shape.kernel_w * shape.group_inputs();
}

bool by_columns(const ConvShape& shape) {
  constexpr int64_t kShortStretch = 24, kWorthGathering = 8;
  return shape.groups == 1 && shape.dilation_w == 1 && shape.kernel_h > 1 &&
         shape.kernel_w * shape.in_channels < kShortStretch && shape.out_channels > kWorthGathering;
}

int64_t packed_group_size(const ConvShape& shape) {
  return panels_size(shape.group_outputs(), depth(shape));
}

int64_t packed_size(const ConvShape& shape) noexcept {
  return shape.groups * packed_group_size(shape);
}

void pack_weights(const ConvShape& shape, const ConvWeights& weights, float* packed) noexcept {
  const int64_t inputs = shape.group_inputs();
  const bool columns = by_columns(shape);
  for (int64_t group = 0; group < shape.groups; ++group) {
    const int64_t first = group * shape.group_outputs();
    // Depth runs over taps, row by row or column by column, then inputs.
    const auto row = [&](int64_t k) {
      const int64_t tap = k / inputs, input = k % inputs;
      const int64_t ky = columns ? tap % shape.kernel_h : tap / shape.kernel_w;
      const int64_t kx = columns ? tap / shape.kernel_h : tap % shape.kernel_w;
      return [=, &weights](int64_t column) { return weights.at(group, column, input, ky, kx); };
    };
    const auto bias_of = [&](int64_t column) { return weights.bias(first + column); };
    pack_panels(packed + group * packed_group_size(shape), shape.group_outputs(), depth(shape), row,
                bias_of);
  }
}

// Whether each pixel is made of the one in its place.
bool is_pointwise(const ConvShape& shape) {
  return shape.groups == 1 && shape.kernel_h == 1 && shape.kernel_w == 1 && shape.stride_h == 1 &&
         shape.stride_w == 1 && shape.pad_top == 0 && shape.pad_left == 0 &&
         shape.out_h == shape.in_h && shape.out_w == shape.in_w;
}

StripPlan strip_of(const ConvShape& shape) { return plan_strip(shape, shape.group_inputs()); }

int64_t scratch_size(const ConvShape& shape) noexcept {
  return by_columns(shape) ? plan_columns(shape).scratch_size()
                           : strip_of(shape).scratch_size(shape);
}

Tile tile_over(const ConvShape& shape, const Strip& strip) {
  Tile tile;
  tile.input = strip.data;
  tile.input_step = shape.stride_w * strip.pixel_step;
  if (by_columns(shape)) {
    tile.run = depth(shape);
    return tile;
  }
  tile.outer = shape.kernel_h;
  tile.outer_step = shape.dilation_h * strip.row_step;
  if (shape.dilation_w == 1 && strip.pixel_step == shape.group_inputs()) {
    tile.run = shape.kernel_w * shape.group_inputs();
  } else {
    tile.inner = shape.kernel_w;
    tile.inner_step = shape.dilation_w * strip.pixel_step;
    tile.run = shape.group_inputs();
  }
  return tile;
}

// Groups of odd sizes share vectors, so none of them may touch the lanes after the last channel.
void clear_padding(const ConvShape& shape, float* row, int64_t pixel_step) noexcept {
  const int64_t end = padded_channels(shape.out_channels);
  for (int64_t x = 0; x < shape.out_w; ++x) {
    std::fill(row + x * pixel_step + shape.out_channels, row + x * pixel_step + end, 0.0f);
  }
}

// Output rows [y, y + rows) of one image and group by tiles that read from `over`, and for the row
// after the next `row_step` floats further on; `out` and `residual` point at row y.
void run_strip(const ConvShape& shape, const Tile& over, int64_t row_step, const float* packed,
               int64_t group, const ConvOutput& out, const Epilogue& epilogue,
               int64_t rows) noexcept {
  Tile tile = over;
  int64_t pixels = shape.out_w;
  // Rows without gaps are one: few pixels fill no tiles.
  const bool whole = tile.parts != nullptr || row_step == pixels * tile.input_step;
  if (whole && out.row_step == pixels * out.pixel_step) {
    pixels *= rows;
    rows = 1;
  }
  tile.output_step = out.pixel_step;
  tile.pad_with_zeros = shape.groups == 1;
  tile.epilogue = &epilogue;
  for (int64_t first = 0; first < shape.group_outputs(); first += tile.columns) {
    tile.panel = packed + panels_size(first, depth(shape));
    tile.columns = panel_columns(shape.group_outputs(), first);
    tile.channel = group * shape.group_outputs() + first;
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t to = r * out.row_step + tile.channel;
      tile.input = over.input + r * row_step;
      tile.first_pixel = over.first_pixel + r * shape.in_w;
      tile.output = out.data + to;
      tile.residual = out.residual != nullptr ? out.residual + to : nullptr;
      run_tiles(tile, pixels);
    }
  }
}

void run_rows_by_columns(const ConvShape& shape, const float* input, const float* packed,
                         const ConvOutput& output, const Epilogue& epilogue, float* scratch,
                         int64_t row_begin, int64_t row_end) noexcept {
  const ColumnPlan plan = plan_columns(shape);
  const int64_t image_size = shape.in_h * shape.in_w * padded_channels(shape.in_channels);
  for (int64_t row = row_begin; row < row_end; ++row) {
    const int64_t image = row / shape.out_h, y = row % shape.out_h;
    const Strip strip = gather_columns(shape, plan, input + image * image_size, y, scratch);
    run_strip(shape, tile_over(shape, strip), 0, packed, 0, output.at(image, y), epilogue, 1);
  }
}

// Of a pointwise convolution, whose sums go through a pixel of one part after the other.
void run_parts(const ConvShape& shape, std::span<const ConvPart> parts, const float* packed,
               const ConvOutput& output, const Epilogue& epilogue, int64_t row_begin,
               int64_t row_end) noexcept {
  const StripPlan plan = strip_of(shape);
  Tile tile;
  tile.parts = parts.data();
  tile.outer = static_cast<int64_t>(parts.size());
  for (int64_t row = row_begin, rows = 0; row < row_end; row += rows) {
    const int64_t image = row / shape.out_h, y = row % shape.out_h;
    rows = std::min({plan.output_rows, shape.out_h - y, row_end - row});
    tile.first_pixel = row * shape.in_w;
    run_strip(shape, tile, 0, packed, 0, output.at(image, y), epilogue, rows);
  }
}

void run_rows(const ConvShape& shape, std::span<const ConvPart> parts, const float* packed,
              const ConvOutput& output, const Epilogue& epilogue, float* scratch, int64_t row_begin,
              int64_t row_end) noexcept {
  const float* input = parts[0].data;
  if (parts.size() > 1) {
    return run_parts(shape, parts, packed, output, epilogue, row_begin, row_end);
  }
  if (by_columns(shape)) {
    return run_rows_by_columns(shape, input, packed, output, epilogue, scratch, row_begin, row_end);
  }
  const StripPlan plan = strip_of(shape);
  const int64_t image_size = shape.in_h * shape.in_w * padded_channels(shape.in_channels);
  for (int64_t row = row_begin, rows = 0; row < row_end; row += rows) {
    const int64_t image = row / shape.out_h, y = row % shape.out_h;
    rows = std::min({plan.output_rows, shape.out_h - y, row_end - row});
    const ConvOutput out = output.at(image, y);
    for (int64_t group = 0; group < shape.groups; ++group) {
      const Strip strip =
          gather_strip(shape, plan, input + image * image_size, group, y, rows, scratch);
      run_strip(shape, tile_over(shape, strip), shape.stride_h * strip.row_step,
                packed + group * packed_group_size(shape), group, out, epilogue, rows);
    }
    if (shape.groups == 1) continue;
    for (int64_t r = 0; r < rows; ++r) {
      clear_padding(shape, out.data + r * out.row_step, out.pixel_step);
    }
  }
}

}  // namespace

constinit const ConvAlgorithm kDirectConv = {
    .name = "direct",
    .applies = [](const ConvShape&, Precision) noexcept { return true; },
    .cost = direct_cost,
    .pays = nullptr,
    .packed_size = packed_size,
    .pack_weights = pack_weights,
    .scratch_size = scratch_size,
    .run_rows = run_rows,
    .parts =
        [](const ConvShape& shape) noexcept {
          return is_pointwise(shape) ? ConvParts::Any : ConvParts::One;
        },
};

}  // namespace fovea::kernels
