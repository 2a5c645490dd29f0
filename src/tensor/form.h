#pragma once

#include <cstddef>

#include "base/channels_last.h"
#include "base/dtype.h"
#include "base/shape.h"

namespace fovea {

// The order of a value's elements in memory while a plan runs.
enum class Layout : uint8_t {
  Plain,         // row-major in the order of the shape: ONNX's NCHW
  ChannelsLast,  // [N][H][W][Cs] of a shape [N,C,H,W], Cs = padded_channels(C): float32 with
                 // padding lanes 0, or bytes with any
};

// How a value is stored. A value can be there in several forms at once; the planner converts from
// one to another where a node wants it (see ops/forms.h). Kernels are compiled for the forms of
// their inputs and outputs.
struct Form {
  Layout layout = Layout::Plain;

  constexpr Form() = default;
  constexpr Form(Layout of_elements) : layout(of_elements) {}
  bool operator==(const Form&) const = default;
};

// Bytes of a value in memory, the padding of its form included; more than size_t holds when there
// is no such memory.
inline uint64_t bytes_of(DType dtype, const Shape& shape, Form form) {
  int64_t elements = shape.elements();
  if (form.layout == Layout::ChannelsLast && elements > 0) {
    elements = elements / shape[1] * padded_channels(shape[1]);
  }
  return bytes_of(dtype, static_cast<uint64_t>(elements));
}

}  // namespace fovea
