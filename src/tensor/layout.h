#pragma once

#include <cstddef>

#include "base/channels_last.h"
#include "base/dtype.h"
#include "base/shape.h"

namespace fovea {

// How the elements of a value lie in memory while a plan runs.
enum class Layout : uint8_t {
  Plain,         // row-major in the order of the shape: ONNX's NCHW
  ChannelsLast,  // float32 [N][H][W][Cs] of a shape [N,C,H,W], Cs = padded_channels(C), padding
                 // lanes 0
};

// Bytes of a value in memory, the padding of its layout included; more than size_t holds when there
// is no such memory.
inline uint64_t bytes_of(DType dtype, const Shape& shape, Layout layout) {
  int64_t elements = shape.elements();
  if (layout == Layout::ChannelsLast && elements > 0) {
    elements = elements / shape[1] * padded_channels(shape[1]);
  }
  return bytes_of(dtype, static_cast<uint64_t>(elements));
}

}  // namespace fovea
