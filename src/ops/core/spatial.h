#pragma once

#include <array>
#include <vector>

#include "ops/op.h"

namespace fovea {

// One spatial axis of a convolution or pooling: its attributes resolved for an input's size.
struct SpatialAxis {
  int64_t in = 1;
  int64_t out = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_begin = 0;
  int64_t pad_end = 0;

  // Elements the dilated kernel spans.
  int64_t reach() const { return (kernel - 1) * dilation + 1; }
};

// The axes before the spatial ones: N and C.
inline constexpr int kFirstSpatial = 2;

enum class AutoPad : uint8_t { NotSet, Valid, SameUpper, SameLower };

// How a window slides. Lists are empty where the node does not write them. Throws
// Error(MalformedModel) for values out of range; whether there are as many as the input has axes is
// known only with its shape.
struct WindowAttributes {
  explicit WindowAttributes(const Attributes& attributes);

  std::vector<int64_t> kernel_shape;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  AutoPad auto_pad;
  std::vector<int64_t> pads;  // with AutoPad::NotSet alone
};

struct ConvAttributes {
  static ConvAttributes parse(const Attributes& attributes, int opset);

  WindowAttributes window;
  int64_t groups;
};

struct ConvTransposeAttributes {
  static ConvTransposeAttributes parse(const Attributes& attributes, int opset);

  WindowAttributes window;
  int64_t groups;
  std::vector<int64_t> output_padding;
  std::vector<int64_t> output_shape;
};

struct PoolAttributes {
  static PoolAttributes parse(const Attributes& attributes, int opset);

  WindowAttributes window;
  bool ceil;            // a window may reach over the end by less than a stride
  bool counts_padding;  // AveragePool's
  bool column_major;    // MaxPool's indices
};

// The axes of a node over input 0 of shape [N, C, spatial...], by its attributes. All throw
// Error(MalformedModel) for attributes that do not fit the rank, and Error(InvalidInput) where the
// input is smaller than the kernel.
//
// Convolution with a kernel of these sizes; the output shrinks by the sliding window.
std::vector<SpatialAxis> convolution_axes(const NodeContext& context,
                                          std::span<const int64_t> kernel);
// Transposed convolution: output_shape and output_padding too; pads are cut off the output.
std::vector<SpatialAxis> transposed_axes(const NodeContext& context,
                                         std::span<const int64_t> kernel);
std::vector<SpatialAxis> pooling_axes(const NodeContext& context);

// [n, channels, axes' out...]
Shape output_shape(int64_t n, int64_t channels, const std::vector<SpatialAxis>& axes);

// What an element along `axis` of the output is made of.
Window sliding_window(int axis, const SpatialAxis& spatial);

// The last three axes for kernels that know no other rank: fewer are preceded by axes of size 1.
// Throws Error(UnsupportedAttribute) for more.
std::array<SpatialAxis, 3> as_three(const NodeContext& context,
                                    const std::vector<SpatialAxis>& axes);

}  // namespace fovea
