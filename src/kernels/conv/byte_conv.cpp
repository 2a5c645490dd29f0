#include "kernels/conv/byte_conv.h"

#include <algorithm>

namespace fovea::kernels {
namespace {

// The input that outputs [x, x + columns) of row y have at a tap, in a column each.
class Taps8 {
 public:
  Taps8(const ByteConv& conv, const uint8_t* group, int64_t y, int64_t x, int64_t columns)
      : conv_(conv),
        group_(group),
        y_(y * conv.shape.stride_h - conv.shape.pad_top),
        x_(x * conv.shape.stride_w - conv.shape.pad_left),
        columns_(columns) {
    for (uint8_t& point : points_) point = conv.point;
    zero_ = widen(conv.codes, points_);
  }

  ShortVector at(int64_t channel, int64_t ky, int64_t kx) const {
    const ConvShape& shape = conv_.shape;
    const int64_t y = y_ + ky * shape.dilation_h, x = x_ + kx * shape.dilation_w;
    if (y < 0 || y >= shape.in_h) return ShortVector{};
    const uint8_t* row = group_ + (channel * shape.in_h + y) * shape.in_w;
    const bool inside = x >= 0 && x + kPanelColumns <= shape.in_w;
    if (inside && shape.stride_w == 1) return widen(conv_.codes, row + x) - zero_;
    uint8_t bytes[kPanelColumns];
    for (int64_t i = 0; i < kPanelColumns; ++i) {
      const int64_t at = x + i * shape.stride_w;
      bytes[i] = i < columns_ && at >= 0 && at < shape.in_w ? row[at] : conv_.point;
    }
    return widen(conv_.codes, bytes) - zero_;
  }

 private:
  const ByteConv& conv_;
  const uint8_t* group_;
  int64_t y_, x_, columns_;
  uint8_t points_[kPanelColumns];
  ShortVector zero_;
};

// A column for each output, a row for each tap of each channel.
void pack_taps(const ByteConv& conv, const Taps8& taps, int16_t* panel) {
  const ConvShape& shape = conv.shape;
  ShortVector first = {};
  int64_t k = 0;
  for (int64_t channel = 0; channel < shape.group_inputs(); ++channel) {
    for (int64_t ky = 0; ky < shape.kernel_h; ++ky) {
      for (int64_t kx = 0; kx < shape.kernel_w; ++kx, ++k) {
        const ShortVector tap = taps.at(channel, ky, kx);
        if (k % 2 != 0) {
          store_pair(first, tap, panel);
          panel += 2 * kPanelColumns;
        }
        first = tap;
      }
    }
  }
  if (k % 2 != 0) store_pair(first, ShortVector{}, panel);
}

}  // namespace

void run_byte_conv(const ByteConv& conv, const uint8_t* input, int32_t* output, int16_t* scratch,
                   int64_t row_begin, int64_t row_end) noexcept {
  const ConvShape& shape = conv.shape;
  const int64_t outputs = shape.group_outputs(), pixels = shape.out_h * shape.out_w;
  ByteProduct product;
  product.a_step = product.depth = paired(conv.depth());
  product.rows = outputs;
  product.c_step = pixels;
  for (int64_t row = row_begin; row < row_end; ++row) {
    const int64_t y = row % shape.out_h, group = row / shape.out_h;  // of all images
    const int64_t first = group % shape.groups * outputs;
    const uint8_t* from = input + group * shape.group_inputs() * shape.in_h * shape.in_w;
    product.a = conv.weights + first * product.a_step;
    product.first = conv.bias ? conv.bias + first : nullptr;
    for (int64_t x = 0; x < shape.out_w; x += kPanelColumns) {
      product.columns = std::min(kPanelColumns, shape.out_w - x);
      pack_taps(conv, Taps8(conv, from, y, x, product.columns), scratch);
      multiply_panel(product, scratch, output + group * outputs * pixels + y * shape.out_w + x);
    }
  }
}

}  // namespace fovea::kernels
