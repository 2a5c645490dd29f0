#include <algorithm>
#include <limits>

#include "kernels/quantised/products.h"

// Convolutions of any shape: rows of the image are widened to shorts, with what is outside, and
// multiplied as they lie there.
namespace fovea::kernels {
namespace quantised {
namespace {

// The pixels of a widened row: those of a group, in pairs of channels where taps are apart.
struct Widened {
  explicit Widened(const ConvShape& shape)
      : channels(shape.dilation_w == 1 ? shape.group_inputs() : paired(shape.group_inputs())),
        run(paired((shape.dilation_w == 1 ? shape.kernel_w : 1) * channels)),
        runs(shape.dilation_w == 1 ? 1 : shape.kernel_w),
        step(shape.stride_w),
        width((shape.out_w - 1) * shape.stride_w + (shape.kernel_w - 1) * shape.dilation_w + 1) {}

  int64_t channels;
  // Numbers that are multiplied as they follow each other: neighbouring taps, or one, in pairs.
  int64_t run;
  int64_t runs;  // of a row of taps
  int64_t step;  // from a pixel to the next, in pixels
  int64_t width;

  // A run may reach beyond the last pixel, as may the lanes beyond its channels and the pixels of a
  // tile.
  int64_t row_size() const { return (width + 3 * step) * channels + kLanes; }
  // A tap's place among those of its row.
  int64_t place(int64_t kx) const { return runs == 1 ? kx * channels : kx * run; }
};

int64_t group_panels(const ConvShape& shape) {
  return round_up(shape.group_outputs(), kQuantisedPanel) / kQuantisedPanel;
}

int64_t panel_size(const ConvShape& shape) {
  const Widened widened(shape);
  return shape.kernel_h * widened.runs * widened.run * kQuantisedPanel;
}

int64_t packed_size(const ConvShape& shape) noexcept {
  return shape.groups * group_panels(shape) * panel_size(shape);
}

// [group][panel][row of taps][run][pair][output][2].
bool pack(const ConvShape& shape, int, const int16_t* weights, int16_t* packed) noexcept {
  const Widened widened(shape);
  const int64_t inputs = shape.group_inputs(), row = widened.runs * widened.run;
  const int64_t taps = shape.kernel_h * shape.kernel_w, outputs = shape.group_outputs();
  std::fill_n(packed, packed_size(shape), int16_t{0});
  for (int64_t o = 0; o < shape.out_channels; ++o) {
    const int64_t panel = o / outputs * group_panels(shape) + o % outputs / kQuantisedPanel;
    int16_t* to = packed + panel * panel_size(shape) + o % outputs % kQuantisedPanel * 2;
    for (int64_t i = 0; i < inputs; ++i) {
      for (int64_t tap = 0; tap < taps; ++tap) {
        const int64_t at = tap / shape.kernel_w * row + widened.place(tap % shape.kernel_w) + i;
        to[at / 2 * 2 * kQuantisedPanel + at % 2] = weights[(o * inputs + i) * taps + tap];
      }
    }
  }
  return true;
}

int64_t scratch_size(const ConvShape& shape) noexcept {
  return round_up(shape.kernel_h * Widened(shape).row_size(), 32);
}

template <Following kFollowing>
void run_tile(const Taps& taps, const int16_t* weights, const Target& target, int64_t channel,
              int64_t lanes, int64_t at, int count) noexcept {
  Sums<4> sums;
  for (int64_t slot = taps.first_slot; slot < taps.first_slot + taps.slots; ++slot) {
    const int16_t* from =
        taps.first + (slot < taps.slots ? slot : slot - taps.slots) * taps.slot_size;
    for (int64_t run = 0; run < taps.runs; ++run) {
      weights = accumulate(from, taps.step, taps.pairs, weights, sums);
      from += taps.run_step;
    }
  }
  finish_tile<kFollowing>(target.to, sums, channel, lanes, target.output, at, target.pixel_step,
                          count);
}

class PixelRows {
 public:
  PixelRows(const ConvShape& shape, ByteCodes codes, uint8_t point, const uint8_t* input,
            const int16_t* packed, const Requantisation& requantisation, void* output,
            int16_t* scratch)
      : shape_(shape),
        widened_(shape),
        codes_(codes),
        point_(point),
        input_(input),
        packed_(packed),
        scratch_(scratch),
        target_{requantisation, output, padded_channels(shape.out_channels)},
        tiles_(tiles_for(requantisation)),
        panel_size_(panel_size(shape)) {
    taps_.slots = shape.kernel_h;
    taps_.slot_size = widened_.row_size();
    taps_.runs = widened_.runs;
    taps_.run_step = shape.dilation_w * widened_.channels;
    taps_.pairs = widened_.run / 2;
    taps_.step = shape.stride_w * widened_.channels;
  }

  // Rows are asked for in their order.
  void run(int64_t row) {
    const int64_t image = row / shape_.out_h, y = row % shape_.out_h;
    first_ = y * shape_.stride_h - shape_.pad_top;
    if (y == 0 || !keeps_rows()) next_ = first_;
    if (keeps_rows()) taps_.first_slot = y * shape_.stride_h % shape_.kernel_h;
    for (int64_t group = 0; group < shape_.groups; ++group) {
      for (int64_t ky = 0; ky < shape_.kernel_h; ++ky) {
        const int64_t from = first_ + ky * shape_.dilation_h;
        const int64_t slot = (taps_.first_slot + ky) % shape_.kernel_h;
        if (from >= next_) widen_row(image, from, group, scratch_ + slot * taps_.slot_size);
      }
      for (int64_t panel = 0; panel < group_panels(shape_); ++panel) run_panel(row, group, panel);
    }
    next_ = first_ + shape_.kernel_h;
  }

 private:
  // Whether a row that was widened for one output row serves for the next.
  bool keeps_rows() const { return shape_.groups == 1 && shape_.dilation_h == 1; }
  void widen_row(int64_t image, int64_t y, int64_t group, int16_t* to) const {
    if (y < 0 || y >= shape_.in_h) {
      std::fill_n(to, taps_.slot_size, int16_t{0});
      return;
    }
    const int64_t pixel = padded_channels(shape_.in_channels), inputs = shape_.group_inputs();
    const int64_t before = std::clamp<int64_t>(shape_.pad_left, 0, widened_.width);
    const int64_t end = std::clamp(shape_.in_w + shape_.pad_left, before, widened_.width);
    std::fill_n(to, before * widened_.channels, int16_t{0});
    std::fill(to + end * widened_.channels, to + taps_.slot_size, int16_t{0});
    const uint8_t* from = input_ + ((image * shape_.in_h + y) * shape_.in_w) * pixel +
                          (before - shape_.pad_left) * pixel + group * inputs;
    to += before * widened_.channels;
    if (widened_.channels == 1) {
      for (int64_t i = 0; i < end - before; ++i) to[i] = codes_.number(from[i * pixel], point_);
      return;
    }
    if (pixel == kLanes && shape_.groups == 1) {
      widen_few(from, end - before, to);
      std::fill_n(to + (end - before) * widened_.channels, kLanes, int16_t{0});
      return;
    }
    // Pixels without gaps are as one.
    const bool dense = pixel == widened_.channels && inputs == shape_.in_channels;
    const int64_t count = dense ? pixel : inputs, rows = dense ? 1 : end - before;
    const int64_t length = dense ? pixel * (end - before) : count;
    for (int64_t i = 0; i < rows; ++i, from += pixel, to += widened_.channels) {
      kernels::widen_row(codes_, from, point_, length, to);
    }
  }

  // Pixels of up to four channels: the lanes beyond theirs are the next one's.
  void widen_few(const uint8_t* from, int64_t pixels, int16_t* to) const {
    using Bytes = uint8_t __attribute__((vector_size(kLanes)));
    using Shorts = int16_t __attribute__((vector_size(2 * kLanes)));
    const Shorts point = Shorts{} + static_cast<int16_t>(point_ ^ codes_.flip);
    for (int64_t i = 0; i < pixels; ++i, from += kLanes, to += widened_.channels) {
      Bytes bytes;
      std::memcpy(&bytes, from, sizeof(bytes));
      const Shorts shorts = __builtin_convertvector(bytes ^ codes_.flip, Shorts) - point;
      std::memcpy(to, &shorts, sizeof(shorts));
    }
  }

  void run_panel(int64_t row, int64_t group, int64_t panel) {
    const int64_t outputs = shape_.group_outputs();
    const int16_t* weights = packed_ + (group * group_panels(shape_) + panel) * panel_size_;
    const int64_t channel = group * outputs + panel * kQuantisedPanel;
    const int64_t lanes = std::min(kQuantisedPanel, outputs - panel * kQuantisedPanel);
    taps_.first = scratch_;
    int64_t at = row * shape_.out_w * target_.pixel_step + channel, x = 0;
    for (; x + 4 <= shape_.out_w; x += 4) {
      tiles_.four(taps_, weights, target_, channel, lanes, at, 4);
      taps_.first += 4 * taps_.step;
      at += 4 * target_.pixel_step;
    }
    if (x == shape_.out_w) return;
    tiles_.fewer(taps_, weights, target_, channel, lanes, at, static_cast<int>(shape_.out_w - x));
  }

  const ConvShape& shape_;
  Widened widened_;
  ByteCodes codes_;
  uint8_t point_;
  const uint8_t* input_;
  const int16_t* packed_;
  int16_t* scratch_;
  Target target_;
  RunTiles tiles_;
  int64_t panel_size_;
  Taps taps_;
  int64_t first_ = 0;                                   // row of the image that the first taps see
  int64_t next_ = std::numeric_limits<int64_t>::min();  // that has not been widened
};

void run_rows(const ConvShape& shape, ByteCodes codes, uint8_t point, const uint8_t* input,
              const int16_t* packed, const Requantisation& requantisation, void* output,
              int16_t* scratch, int64_t row_begin, int64_t row_end) noexcept {
  PixelRows rows(shape, codes, point, input, packed, requantisation, output, scratch);
  for (int64_t row = row_begin; row < row_end; ++row) rows.run(row);
}

}  // namespace

RunTiles tiles_for(const Requantisation& to) noexcept {
  constexpr RunTile kAny = run_tile<Following::Anything>;
  return {following(to) == Following::Plain ? run_tile<Following::Plain> : kAny, kAny};
}

}  // namespace quantised

constinit const QuantisedAlgorithm kQuantisedDirect = {"products of bytes", quantised::packed_size,
                                                       quantised::pack,     quantised::scratch_size,
                                                       quantised::run_rows, 1};

}  // namespace fovea::kernels
