#pragma once

#include <cstddef>
#include <span>

#include "image/filter.h"
#include "image/pixels.h"
#include "threads/thread_pool.h"

namespace fovea::image {

// A part of a picture at another size.
struct ResampleSettings {
  Placement placement;
  Rect part;  // of the resampled picture
  Kernel kernel = Kernel::Bicubic;
  bool linear = false;  // whether light is added up, not its levels in sRGB or Display-P3
  bool deep = false;    // components are floats, of the picture and of the result
};

// Throws Error(InvalidInput) when the settings are none, or the window's pixels are not as many
// bytes as they say.
void check_resampling(const ResampleSettings& settings, uint64_t pixel_bytes);

// Colours count as much as they show. `window` are the pixels that are given of the picture, `out`
// those of the part. Nearest copies pixels as they are.
void resample(const std::byte* window, const ResampleSettings& settings, std::byte* out,
              ThreadPool& pool);

}  // namespace fovea::image
