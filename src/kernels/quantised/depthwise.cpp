#include <algorithm>
#include <limits>

#include "kernels/quantised/products.h"

// Convolutions of each channel by itself: rows of the image are widened to shorts, two at a time,
// so that what is multiplied and added at once are two neighbours of a column.
namespace fovea::kernels {
namespace quantised {
namespace {

// Rows are counted from the first one of the padding on; an output row begins at an even or an odd
// one, for which there are different weights.
constexpr int kParities = 2;

// Pairs of rows that a column of taps reaches, wherever it begins.
int64_t row_pairs(const ConvShape& shape) { return (shape.kernel_h + 2) / 2; }
int64_t panels(const ConvShape& shape) {
  return round_up(shape.out_channels, kQuantisedPanel) / kQuantisedPanel;
}
int64_t panel_size(const ConvShape& shape) {
  return row_pairs(shape) * shape.kernel_w * 2 * kQuantisedPanel;
}
int64_t width(const ConvShape& shape) {
  return (shape.out_w - 1) * shape.stride_w + (shape.kernel_w - 1) * shape.dilation_w + 1;
}
// A panel may reach beyond the last channel, and a tile beyond the last pixel.
int64_t row_size(const ConvShape& shape) {
  const int64_t pixels = width(shape) + 3 * shape.stride_w;
  return pixels * padded_channels(shape.in_channels) * 2 + 2 * kLanes;
}

int64_t packed_size(const ConvShape& shape) noexcept {
  return kParities * panels(shape) * panel_size(shape);
}

// [parity][panel][pair of rows][column][channel][2].
bool pack(const ConvShape& shape, int, const int16_t* weights, int16_t* packed) noexcept {
  std::fill_n(packed, packed_size(shape), int16_t{0});
  for (int64_t parity = 0; parity < kParities; ++parity) {
    for (int64_t channel = 0; channel < shape.out_channels; ++channel) {
      int16_t* panel =
          packed + (parity * panels(shape) + channel / kQuantisedPanel) * panel_size(shape);
      const int16_t* from = weights + channel * shape.kernel_h * shape.kernel_w;
      for (int64_t ky = 0; ky < shape.kernel_h; ++ky) {
        const int64_t row = ky + parity;
        for (int64_t kx = 0; kx < shape.kernel_w; ++kx) {
          const int64_t place =
              (row / 2 * shape.kernel_w + kx) * kQuantisedPanel + channel % kQuantisedPanel;
          panel[2 * place + row % 2] = *from++;
        }
      }
    }
  }
  return true;
}

int64_t scratch_size(const ConvShape& shape) noexcept {
  return round_up(row_pairs(shape) * row_size(shape), 32);
}

class DepthwiseRows {
 public:
  DepthwiseRows(const ConvShape& shape, ByteCodes codes, uint8_t point, const uint8_t* input,
                const int16_t* packed, const Requantisation& requantisation, void* output,
                int16_t* scratch)
      : shape_(shape),
        pixel_(padded_channels(shape.in_channels)),
        row_size_(row_size(shape)),
        pairs_(row_pairs(shape)),
        codes_(codes),
        input_(input),
        packed_(packed),
        requantisation_(requantisation),
        output_(output),
        scratch_(scratch) {
    uint8_t points[kQuantisedPanel];
    std::fill_n(points, kQuantisedPanel, point);
    point_ = widen(codes, points);
  }

  // Rows are asked for in their order.
  template <Following kFollowing>
  void run(int64_t row) {
    const int64_t image = row / shape_.out_h, y = row % shape_.out_h;
    const int64_t first = y * shape_.stride_h, pair = first / 2;
    if (y == 0) next_ = pair;
    for (int64_t i = std::max(next_, pair); i < pair + pairs_; ++i) widen_pair(image, i);
    next_ = pair + pairs_;
    first_slot_ = pair % pairs_;
    const int16_t* weights = packed_ + first % 2 * panels(shape_) * panel_size(shape_);
    int64_t x = 0;
    for (; x + 4 <= shape_.out_w; x += 4) run_pixels<kFollowing>(row, weights, x, 4);
    if (x == shape_.out_w) return;
    run_pixels<Following::Anything>(row, weights, x, static_cast<int>(shape_.out_w - x));
  }

 private:
  void widen_pair(int64_t image, int64_t pair) const {
    int16_t* to = scratch_ + pair % pairs_ * row_size_;
    const int64_t columns = width(shape_);
    const int64_t begin = std::clamp<int64_t>(shape_.pad_left, 0, columns);
    const int64_t end = std::clamp(shape_.in_w + shape_.pad_left, begin, columns);
    std::fill_n(to, begin * pixel_ * 2, int16_t{0});
    std::fill(to + end * pixel_ * 2, to + row_size_, int16_t{0});
    const uint8_t* rows[2];
    for (int64_t i = 0; i < 2; ++i) {
      const int64_t y = 2 * pair + i - shape_.pad_top;
      const int64_t at = (image * shape_.in_h + y) * shape_.in_w + begin - shape_.pad_left;
      rows[i] = y >= 0 && y < shape_.in_h ? input_ + at * pixel_ : nullptr;
    }
    const int64_t count = (end - begin) * pixel_;
    to += begin * pixel_ * 2;
    constexpr int64_t kStep = kQuantisedPanel;
    // The last step may have numbers of the one before it.
    for (int64_t i = 0; count >= kStep && i < count; i += kStep) {
      const int64_t at = std::min(i, count - kStep);
      store_pair(numbers(rows[0], at), numbers(rows[1], at), to + 2 * at);
    }
    if (count < kStep) widen_one(rows, count, to);
  }

  ShortVector numbers(const uint8_t* row, int64_t at) const {
    return row ? widen(codes_, row + at) - point_ : ShortVector{};
  }

  // A single pixel of four channels.
  void widen_one(const uint8_t* const (&rows)[2], int64_t count, int16_t* to) const {
    for (int64_t i = 0; i < 2 * count; ++i) {
      const uint8_t* row = rows[i % 2];
      to[i] = row ? static_cast<int16_t>((row[i / 2] ^ codes_.flip) - point_[0]) : int16_t{0};
    }
  }

  // Four pixels, of which `count` are written.
  template <Following kFollowing>
  void run_pixels(int64_t row, const int16_t* weights, int64_t x, int count) const {
    const int64_t at = (row * shape_.out_w + x) * pixel_;
    const ptrdiff_t step = shape_.stride_w * pixel_ * 2, column = shape_.dilation_w * pixel_ * 2;
    for (int64_t channel = 0; channel < pixel_; channel += kQuantisedPanel) {
      Sums<4> sums;
      const int16_t* first = scratch_ + x * step + 2 * channel;
      for (int64_t slot = first_slot_; slot < first_slot_ + pairs_; ++slot) {
        const int16_t* from = first + (slot < pairs_ ? slot : slot - pairs_) * row_size_;
        for (int64_t kx = shape_.kernel_w; kx != 0; --kx, from += column) {
          accumulate_column(from, step, weights, sums);
          weights += 2 * kQuantisedPanel;
        }
      }
      finish_tile<kFollowing>(requantisation_, sums, channel, pixel_ - channel, output_,
                              at + channel, pixel_, count);
    }
  }

  // Adds the products of a pair of rows by their weights, at a column of each pixel.
  static void accumulate_column(const int16_t* from, ptrdiff_t step, const int16_t* weights,
                                Sums<4>& sums) {
    I32x4 weight[kVectors];
    FOVEA_UNROLL for (int v = 0; v < kVectors; ++v) {
      weight[v] = I32x4::load_shorts(weights + 2 * kLanes * v);
    }
    FOVEA_UNROLL for (int row = 0; row < 4; ++row) {
      FOVEA_UNROLL for (int v = 0; v < kVectors; ++v) {
        const I32x4 x = I32x4::load_shorts(from + 2 * kLanes * v);
        sums.at[row][v] = sums.at[row][v] + dot_halves(x, weight[v]);
      }
      from += step;
    }
  }

  const ConvShape& shape_;
  int64_t pixel_, row_size_, pairs_;
  ByteCodes codes_;
  ShortVector point_;
  const uint8_t* input_;
  const int16_t* packed_;
  const Requantisation& requantisation_;
  void* output_;
  int16_t* scratch_;
  int64_t next_ = std::numeric_limits<int64_t>::min();  // pair of rows that has not been widened
  int64_t first_slot_ = 0;  // of the pairs in scratch, where the first one's rows are
};

void run_rows(const ConvShape& shape, ByteCodes codes, uint8_t point, const uint8_t* input,
              const int16_t* packed, const Requantisation& requantisation, void* output,
              int16_t* scratch, int64_t row_begin, int64_t row_end) noexcept {
  DepthwiseRows rows(shape, codes, point, input, packed, requantisation, output, scratch);
  const auto run = following(requantisation) == Following::Plain
                       ? &DepthwiseRows::run<Following::Plain>
                       : &DepthwiseRows::run<Following::Anything>;
  for (int64_t row = row_begin; row < row_end; ++row) (rows.*run)(row);
}

}  // namespace
}  // namespace quantised

constinit const QuantisedAlgorithm kQuantisedDepthwise = {
    "columns of bytes",      quantised::packed_size, quantised::pack,
    quantised::scratch_size, quantised::run_rows,    1};

bool is_depthwise(const ConvShape& shape) noexcept {
  return shape.groups == shape.in_channels && shape.groups == shape.out_channels &&
         shape.groups > 1 && shape.dilation_h == 1;
}

}  // namespace fovea::kernels
