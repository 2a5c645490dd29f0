#pragma once

#include "ops/core/conv_step.h"

// What Conv and FusedConv share.
namespace fovea {

// What the shapes say: weights are [outputs][inputs / groups][kernel...]. Throws where they do not
// fit.
struct Conv : ConvSizes {
  explicit Conv(const NodeContext& context);

  Shape result;  // of the convolution alone
};

int64_t macs_conv(const NodeContext& context, const Shape& result);

Window window_conv(const WindowContext& context);

// Of a two-dimensional convolution.
ConvBand band_of(const NodeContext& context, const Conv& conv);

// The two-dimensional convolution by itself.
ConvImplementation implement_conv(const kernels::ConvShape& shape,
                                  const kernels::ConvAlgorithm& algorithm);

}  // namespace fovea
