#pragma once

#include <cstdint>

#include "image/pixels.h"
#include "kernels/resize/resize_axis.h"

// Pictures at another size: half-pixel centres, kernels widened when the picture shrinks, weights
// normalised over the inside of the picture.
namespace fovea::image {

enum class Kernel : uint8_t {
  Nearest,
  Bicubic,   // Keys, a = -1/2. Pillow's BICUBIC, here without rounding between its two passes
  Mitchell,  // Mitchell and Netravali, B = C = 1/3
  Lanczos3,
};

// How a part of a picture at another size is made of the picture. The filters are made for that
// part alone and read `source`, a part of the picture which their positions are relative to. Which
// taps they have depends on nothing but the picture's sizes; so a part has the same elements, to
// the last bit, whatever others are made with it.
struct PartFilter {
  kernels::AxisFilter columns;
  kernels::AxisFilter rows;
  Rect source;
};

// What resample_row() takes: `columns` padded to whole vectors, so that `source` may reach up to
// three pixels beyond the picture, which count nothing.
enum class ColumnTaps : uint8_t { AsNeeded, InVectors };

// `part` lies inside the enlarged picture and is not empty.
PartFilter make_part_filter(Kernel kernel, const Placement& placement, const Rect& part,
                            ColumnTaps taps);

// The part of the window that `filter` reads; what lies outside of it is taken from its outermost
// pixels. Throws Error(InvalidInput) when there is none.
Rect known_source(const PartFilter& filter, const Placement& placement);

// Row y of the part that `filter` makes of a plane of filter.source's size, whose taps are in
// vectors. `scratch` has as many floats as that plane is wide.
void filter_row(const PartFilter& filter, const float* plane, int64_t y, float* scratch,
                float* out) noexcept;

}  // namespace fovea::image
