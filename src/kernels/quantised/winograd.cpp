#include <algorithm>

#include "kernels/quantised/products.h"

// Winograd's F(m x m, 3 x 3) (see kernels/winograd/winograd.h) of whole numbers. With the rows of G
// multiplied so that they are whole, sums are a multiple of the true ones: exact in int32, as those
// may wrap, and divided without a remainder.
namespace fovea::kernels {
namespace quantised {
namespace {

// F(4, 3) at the points 0, +-1, +-2. G is multiplied by 24, but its last row by 6, for which the
// last column of A^T is multiplied by 4.
struct Side4 {
  static constexpr bool kIsUsual = true;
  static constexpr int kTile = 4, kPatch = 6;
  static constexpr int kWeights[kPatch][3] = {{6, 0, 0}, {-4, -4, -4}, {-4, 4, -4},
                                              {1, 2, 4}, {1, -2, 4},   {0, 0, 6}};
  // 24 * 24 = 9 << 6, and 9 * kInverse = 1 modulo 2^32.
  static constexpr int kShift = 6;
  static constexpr int32_t kInverse = 954437177;
  static constexpr int32_t kFactor = 576;

  template <class T>
  static void patch(const T (&x)[kPatch], T (&to)[kPatch]) {
    const T even = x[4] - (x[2] << 2), odd = x[3] - (x[1] << 2);
    const T even2 = x[4] - x[2], odd2 = (x[3] - x[1]) << 1;
    to[0] = (x[0] << 2) - (x[2] << 2) + even2;
    to[1] = even + odd;
    to[2] = even - odd;
    to[3] = even2 + odd2;
    to[4] = even2 - odd2;
    to[5] = x[5] - x[3] - (odd2 << 1);
  }
  template <class T>
  static void tile(const T (&x)[kPatch], T (&to)[kTile]) {
    const T sum = x[1] + x[2], difference = x[1] - x[2];
    const T sum2 = x[3] + x[4], difference2 = (x[3] - x[4]) << 1;
    to[0] = x[0] + sum + sum2;
    to[1] = difference + difference2;
    to[2] = sum + (sum2 << 2);
    to[3] = difference + (difference2 << 2) + (x[5] << 2);
  }
};

// F(2, 3) at the points 0, +-1. G is multiplied by 2.
struct Side2 {
  static constexpr bool kIsUsual = false;
  static constexpr int kTile = 2, kPatch = 4;
  static constexpr int kWeights[kPatch][3] = {{2, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 2}};
  static constexpr int kShift = 2;
  static constexpr int32_t kInverse = 1;
  static constexpr int32_t kFactor = 4;

  template <class T>
  static void patch(const T (&x)[kPatch], T (&to)[kPatch]) {
    to[0] = x[0] - x[2];
    to[1] = x[1] + x[2];
    to[2] = x[2] - x[1];
    to[3] = x[3] - x[1];
  }
  template <class T>
  static void tile(const T (&x)[kPatch], T (&to)[kTile]) {
    to[0] = x[0] + x[1] + x[2];
    to[1] = x[1] - x[2] + x[3];
  }
};

constexpr int64_t kChunk = 8;           // channels that are transformed at once
constexpr int kBlockTiles = 2 * kRows;  // tiles that are, before the first is multiplied

// The transformed patches of a block are [position][tile][channel]. A little more than a multiple
// of the cache's sets lies between positions.
struct Block {
  explicit Block(const ConvShape& shape)
      : channels(padded_channels(shape.in_channels)), position_step(kBlockTiles * channels + 32) {}

  ptrdiff_t channels;
  ptrdiff_t position_step;
};

// The patches of a row of tiles.
struct Patches {
  const uint8_t* rows[6];
  int64_t first;  // column, which may be outside
  int64_t width;
  int64_t pixel;
  ByteCodes codes;
  ShortVector point;
};

template <class Side>
void transform_chunk(const Patches& from, int64_t channel, ptrdiff_t tiles, const Block& block,
                     int16_t* to) noexcept {
  constexpr int kPatch = Side::kPatch, kTile = Side::kTile;
  ShortVector half[kBlockTiles * kTile + 3][kPatch];
  const ptrdiff_t columns = tiles * kTile + 2;
  const ptrdiff_t begin = std::clamp<ptrdiff_t>(-from.first, 0, columns);
  const ptrdiff_t end = std::clamp<ptrdiff_t>(from.width - from.first, begin, columns);
  std::memset(half[0], 0, sizeof(half[0]) * begin);
  std::memset(half[end], 0, sizeof(half[0]) * (columns - end));
  FOVEA_NO_UNROLL for (ptrdiff_t i = begin; i < end; ++i) {
    const ptrdiff_t at = (from.first + i) * from.pixel + channel;
    ShortVector x[kPatch];
    FOVEA_UNROLL for (int y = 0; y < kPatch; ++y) {
      x[y] = widen(from.codes, from.rows[y] + at) - from.point;
    }
    Side::patch(x, half[i]);
  }
  FOVEA_NO_UNROLL for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
    int16_t* at = to + tile * block.channels + channel;
    FOVEA_NO_UNROLL for (int y = 0; y < kPatch; ++y) {
      ShortVector x[kPatch], result[kPatch];
      FOVEA_UNROLL for (int i = 0; i < kPatch; ++i) x[i] = half[tile * kTile + i][y];
      Side::patch(x, result);
      FOVEA_UNROLL for (int i = 0; i < kPatch; ++i, at += block.position_step) {
        std::memcpy(at, &result[i], sizeof(result[i]));
      }
    }
  }
}

// The products of a group of tiles and a panel are [position][tile][vector].
constexpr int kTileVectors = kRows * kVectors;
template <class Side>
constexpr int kPositions = Side::kPatch* Side::kPatch;

// Of `pairs` pairs of channels; `positions` is kPositions.
template <int Rows>
void multiply(const int16_t* from, const Block& block, ptrdiff_t pairs, int positions,
              const int16_t* weights, I32x4* products) noexcept {
  FOVEA_NO_UNROLL for (int position = 0; position < positions; ++position) {
    Sums<Rows> sums;
    weights = accumulate(from, block.channels, pairs, weights, sums);
    FOVEA_UNROLL for (int row = 0; row < Rows; ++row) {
      FOVEA_UNROLL for (int v = 0; v < kVectors; ++v) {
        products[row * kVectors + v] = sums.at[row][v];
      }
    }
    products += kTileVectors;
    from += block.position_step;
  }
}

// By tiles - 1; a block has room for the tiles that are not there. Called by pointers, so that V8
// compiles each by itself, and soon.
constexpr decltype(&multiply<kRows>) kMultiply[kRows] = {multiply<2>, multiply<2>, multiply<kRows>,
                                                         multiply<kRows>, multiply<kRows>};

struct Tile {
  void* output;
  int64_t channel;
  Region region;
  int row_begin;
  // Sums of the channels before, by row and column, where there are any; those so far, where others
  // follow.
  I32x4* partial;
  bool adds = false, keeps = false;
};

// A tile's columns, half transformed.
template <class Side>
using Half = I32x4[Side::kTile][Side::kPatch];

template <class Side>
[[gnu::always_inline]] inline void transform_columns(const I32x4* products, Half<Side>& half) {
  constexpr int kPatch = Side::kPatch, kTile = Side::kTile;
  FOVEA_NO_UNROLL for (int x = 0; x < kPatch; ++x) {
    I32x4 column[kPatch], result[kTile];
    FOVEA_UNROLL for (int y = 0; y < kPatch; ++y) column[y] =
        products[(y * kPatch + x) * kTileVectors];
    Side::tile(column, result);
    FOVEA_UNROLL for (int y = 0; y < kTile; ++y) half[y][x] = result[y];
  }
}

template <class Side>
[[gnu::always_inline]] inline void transform_row(const I32x4 (&half)[Side::kPatch],
                                                 I32x4 (&sums)[4]) {
  I32x4 result[Side::kTile];
  Side::tile(half, result);
  FOVEA_UNROLL for (int x = 0; x < Side::kTile; ++x) {
    sums[x] = (result[x] >> Side::kShift) * I32x4::splat(Side::kInverse);
  }
}

using TransformTile = void (*)(const I32x4* products, const Requantisation&, const Tile&) noexcept;

template <class Side>
void transform_plain_tile(const I32x4* products, const Requantisation& to,
                          const Tile& tile) noexcept {
  Half<Side> half;
  transform_columns<Side>(products, half);
  uint8_t* row = static_cast<uint8_t*>(tile.output) + tile.region.at;
  FOVEA_NO_UNROLL for (int y = 0; y < tile.region.rows; ++y, row += tile.region.row_step) {
    I32x4 sums[4], whole[4];
    transform_row<Side>(half[tile.row_begin + y], sums);
    requantise_plainly(to, sums, tile.channel, whole);
    Pixels{to.codes, row, tile.region.pixel_step, tile.region.columns}.store(whole);
  }
}

template <class Side>
void transform_tile(const I32x4* products, const Requantisation& to, const Tile& tile) noexcept {
  Half<Side> half;
  transform_columns<Side>(products, half);
  I32x4 all[Side::kTile][4] = {};
  FOVEA_NO_UNROLL for (int y = 0; y < Side::kTile; ++y) transform_row<Side>(half[y], all[y]);
  constexpr int kSums = 4 * Side::kTile;
  if (tile.adds) {
    FOVEA_NO_UNROLL for (int i = 0; i < kSums; ++i) all[0][i] = all[0][i] + tile.partial[i];
  }
  if (tile.keeps) {
    std::memcpy(tile.partial, all, sizeof(all));
  } else {
    requantise_any(to, all[tile.row_begin], tile.channel, tile.region, tile.output);
  }
}

template <class Side>
int64_t panel_size(const ConvShape& shape) noexcept {
  return kPositions<Side> * Block(shape).channels * kQuantisedPanel;
}

int64_t panels(const ConvShape& shape) noexcept {
  return round_up(shape.out_channels, kQuantisedPanel) / kQuantisedPanel;
}

// Where the sums of all channels might leave what they can be divided in, those of each half of
// them may not. The first of the packed numbers says how many parts there are.
constexpr int kMostParts = 2;
constexpr int64_t kHeader = 32;

// The first channel of a part.
int64_t part_begin(int64_t channels, int parts, int part) noexcept {
  return part == parts ? channels : round_up(channels * part / parts, kLanes);
}

template <class Side>
int64_t packed_size(const ConvShape& shape) noexcept {
  return kHeader + panels(shape) * panel_size<Side>(shape);
}

// Transforms the weights of an output and an input; false where they leave what a short holds.
template <class Side>
bool transform_weights(const int16_t* weights, int (&to)[kPositions<Side>]) {
  constexpr int kPatch = Side::kPatch;
  bool fits = true;
  FOVEA_NO_UNROLL for (int i = 0; i < kPositions<Side>; ++i) {
    int sum = 0;
    FOVEA_NO_UNROLL for (int tap = 0; tap < 9; ++tap) {
      sum +=
          Side::kWeights[i / kPatch][tap / 3] * Side::kWeights[i % kPatch][tap % 3] * weights[tap];
    }
    to[i] = sum;
    fits &= sum == static_cast<int16_t>(sum);
  }
  return fits;
}

// The weights of an output and the inputs of a part, to its panel; false where they are not exact.
template <class Side>
bool pack_part(const int16_t* weights, int64_t inputs, int64_t channels, int lowest, int16_t* to) {
  bool exact = true;
  int64_t least = 0, most = 0;  // of the sums
  for (int64_t i = 0; i < inputs; ++i, weights += 9) {
    FOVEA_NO_UNROLL for (int tap = 0; tap < 9; ++tap) {
      const int64_t low = weights[tap] * lowest, high = weights[tap] * (lowest + 255);
      least += std::min(low, high);
      most += std::max(low, high);
    }
    int transformed[kPositions<Side>];
    exact &= transform_weights<Side>(weights, transformed);
    int16_t* at = to + i / 2 * 2 * kQuantisedPanel + i % 2;
    FOVEA_NO_UNROLL for (const int value : transformed) {
      *at = static_cast<int16_t>(value);
      at += channels * kQuantisedPanel;
    }
  }
  return exact && std::max(-least, most) * Side::kFactor <= INT32_MAX;
}

// [panel][part][position][pair of inputs][output][2].
template <class Side>
bool pack(const ConvShape& shape, int lowest, const int16_t* weights, int16_t* packed) noexcept {
  const int64_t channels = Block(shape).channels, inputs = shape.in_channels;
  for (int parts = 1; parts <= kMostParts; ++parts) {
    std::fill_n(packed, packed_size<Side>(shape), int16_t{0});
    packed[0] = static_cast<int16_t>(parts);
    bool exact = true;
    for (int64_t o = 0; o < shape.out_channels; ++o) {
      int16_t* panel = packed + kHeader + o / kQuantisedPanel * panel_size<Side>(shape);
      for (int part = 0; part < parts; ++part) {
        const int64_t begin = part_begin(channels, parts, part);
        const int64_t end = part_begin(channels, parts, part + 1);
        exact &= pack_part<Side>(
            weights + (o * inputs + begin) * 9, std::min(end, inputs) - begin, end - begin, lowest,
            panel + kPositions<Side> * begin * kQuantisedPanel + o % kQuantisedPanel * 2);
      }
    }
    if (exact) return true;
  }
  return false;
}

template <class Side>
int64_t products_size() {
  return kRows * kVectors * kPositions<Side> * 2 * kLanes;
}

// Of a group's partial sums.
template <class Side>
int64_t partial_size() {
  return kRows * kVectors * Side::kTile * 4 * 2 * kLanes;
}

template <class Side>
int64_t scratch_size(const ConvShape& shape) noexcept {
  return kPositions<Side> * Block(shape).position_step + products_size<Side>() +
         partial_size<Side>() + 64 + round_up(shape.in_w * Block(shape).channels, 64) / 2;
}

template <class Side>
TransformTile transform_tile_for(const Requantisation& requantisation, int parts) {
  const bool plain = parts == 1 && following(requantisation) == Following::Plain;
  if constexpr (Side::kIsUsual) {
    if (plain) return transform_plain_tile<Side>;
  }
  return transform_tile<Side>;
}

template <class Side>
class Rows {
 public:
  Rows(const ConvShape& shape, ByteCodes codes, uint8_t point, const uint8_t* input,
       const int16_t* packed, const Requantisation& requantisation, void* output, int16_t* scratch)
      : shape_(shape),
        block_(shape),
        input_(input),
        packed_(packed + kHeader),
        parts_(packed[0]),
        requantisation_(requantisation),
        output_(output),
        products_(reinterpret_cast<I32x4*>(scratch)),
        partial_(reinterpret_cast<I32x4*>(scratch + products_size<Side>())),
        transformed_(scratch + products_size<Side>() + partial_size<Side>()),
        outside_(transformed_ + kPositions<Side> * block_.position_step),
        out_pixel_(padded_channels(shape.out_channels)),
        transform_tile_(transform_tile_for<Side>(requantisation, parts_)) {
    for (int part = 0; part <= parts_; ++part) {
      begins_[part] = part_begin(block_.channels, parts_, part);
    }
    patches_.pixel = padded_channels(shape.in_channels);
    patches_.width = shape.in_w;
    patches_.codes = codes;
    uint8_t points[kChunk];
    std::fill_n(points, kChunk, point);
    patches_.point = widen(codes, points);
    std::memset(outside_, point, static_cast<size_t>(shape.in_w * patches_.pixel));
  }

  // The tiles from row y of an image on, of which rows [begin, end) are wanted.
  void run(int64_t image, int64_t y, int begin, int end) {
    const uint8_t* from = input_ + image * shape_.in_h * shape_.in_w * patches_.pixel;
    for (int i = 0; i < Side::kPatch; ++i) {
      const int64_t row = y + i - shape_.pad_top;
      const bool inside = row >= 0 && row < shape_.in_h;
      patches_.rows[i] = inside ? from + row * shape_.in_w * patches_.pixel
                                : reinterpret_cast<const uint8_t*>(outside_);
    }
    const int64_t row_step = shape_.out_w * out_pixel_;
    tile_ = {output_, 0, {0, out_pixel_, row_step, end - begin, Side::kTile}, begin, partial_};
    first_ = (image * shape_.out_h + y + begin) * row_step;
    const int64_t tiles = round_up(shape_.out_w, Side::kTile) / Side::kTile;
    for (int64_t tile = 0; tile < tiles; tile += kBlockTiles) {
      run_block(tile, std::min<int64_t>(kBlockTiles, tiles - tile));
    }
  }

 private:
  void run_block(int64_t tile, int64_t tiles) {
    patches_.first = tile * Side::kTile - shape_.pad_left;
    // The last chunk may have channels of the one before it.
    for (int64_t c = 0; c < patches_.pixel; c += kChunk) {
      transform_chunk<Side>(patches_, std::min(c, patches_.pixel - kChunk), tiles, block_,
                            transformed_);
    }
    for (int64_t panel = 0; panel < panels(shape_); ++panel) {
      for (int64_t i = 0; i < tiles; i += kRows) {
        run_group(panel, tile + i, i, std::min<int64_t>(kRows, tiles - i));
      }
    }
  }

  void run_group(int64_t panel, int64_t tile, int64_t at, int64_t tiles) {
    const int16_t* weights = packed_ + panel * panel_size<Side>(shape_);
    for (int part = 0; part < parts_; ++part) {
      const int64_t begin = begins_[part], count = begins_[part + 1] - begin;
      kMultiply[tiles - 1](transformed_ + at * block_.channels + begin, block_, count / 2,
                           kPositions<Side>, weights, products_);
      weights += kPositions<Side> * count * kQuantisedPanel;
      tile_.adds = part > 0;
      tile_.keeps = part + 1 < parts_;
      transform_group(panel * kQuantisedPanel, tile, tiles);
    }
  }

  void transform_group(int64_t channel, int64_t tile, int64_t tiles) {
    const int64_t vectors = std::min<int64_t>(kVectors, (out_pixel_ - channel) / kLanes);
    for (int64_t i = 0; i < tiles; ++i) {
      const int64_t x = (tile + i) * Side::kTile;
      tile_.region.columns = static_cast<int>(std::min<int64_t>(Side::kTile, shape_.out_w - x));
      for (int64_t v = 0; v < vectors; ++v) {
        tile_.channel = channel + v * kLanes;
        tile_.region.at = first_ + x * out_pixel_ + tile_.channel;
        tile_.partial = partial_ + (i * kVectors + v) * Side::kTile * 4;
        transform_tile_(products_ + i * kVectors + v, requantisation_, tile_);
      }
    }
  }

  const ConvShape& shape_;
  Block block_;
  Patches patches_;
  Tile tile_;
  const uint8_t* input_;
  const int16_t* packed_;
  int parts_;
  int64_t begins_[kMostParts + 1];  // the parts' first channels
  const Requantisation& requantisation_;
  void* output_;
  I32x4* products_;
  I32x4* partial_;
  int16_t* transformed_;
  int16_t* outside_;  // a row of zero points
  int64_t out_pixel_;
  TransformTile transform_tile_;
  int64_t first_ = 0;
};

template <class Side>
void run_rows(const ConvShape& shape, ByteCodes codes, uint8_t point, const uint8_t* input,
              const int16_t* packed, const Requantisation& requantisation, void* output,
              int16_t* scratch, int64_t row_begin, int64_t row_end) noexcept {
  Rows<Side> rows(shape, codes, point, input, packed, requantisation, output, scratch);
  for (int64_t row = row_begin; row < row_end;) {
    const int64_t image = row / shape.out_h, y = row % shape.out_h;
    const int64_t tile = y / Side::kTile * Side::kTile;
    const int64_t end = std::min({tile + Side::kTile, shape.out_h, y + row_end - row});
    rows.run(image, tile, static_cast<int>(y - tile), static_cast<int>(end - tile));
    row += end - y;
  }
}

template <class Side>
constexpr QuantisedAlgorithm algorithm(const char* name) {
  return {name, packed_size<Side>, pack<Side>, scratch_size<Side>, run_rows<Side>, Side::kTile};
}

}  // namespace
}  // namespace quantised

constinit const QuantisedAlgorithm kQuantisedWinograd4 =
    quantised::algorithm<quantised::Side4>("integer Winograd F(4x4, 3x3)");
constinit const QuantisedAlgorithm kQuantisedWinograd2 =
    quantised::algorithm<quantised::Side2>("integer Winograd F(2x2, 3x3)");

bool is_for_winograd(const ConvShape& shape) noexcept {
  return shape.kernel_h == 3 && shape.kernel_w == 3 && shape.stride_h == 1 && shape.stride_w == 1 &&
         shape.dilation_h == 1 && shape.dilation_w == 1 && shape.groups == 1 &&
         shape.in_channels > kLanes;
}

}  // namespace fovea::kernels
