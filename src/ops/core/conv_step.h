#pragma once

#include <functional>

#include "kernels/conv/conv.h"
#include "kernels/conv/conv_3d.h"
#include "kernels/conv/shuffle.h"
#include "ops/core/epilogue.h"
#include "ops/core/spatial.h"

// What Conv and ConvTranspose share: their inputs, the packing of weights, layouts, bands, threads.
namespace fovea {

inline constexpr int kConvData = 0;
inline constexpr int kConvWeights = 1;
inline constexpr int kConvBias = 2;

// What a kernel reads, as inputs of the node by index, and does with the sums: by default what
// ONNX's own nodes do.
struct ConvOperands {
  // Images whose channels follow each other, as if Concat had joined them.
  std::vector<int> data = {kConvData};
  int weights = kConvWeights;
  int bias = kConvBias;
  FusedEpilogue epilogue = {};
};

// A two-dimensional convolution kernel for fixed sizes; see kernels/conv/conv.h.
struct ConvImplementation {
  kernels::ConvShape shape;  // the sizes of the node's input and output
  std::string key;           // tells apart the packed forms of one node's weights
  int64_t packed_floats = 0;
  int64_t scratch_floats = 0;  // for each thread
  std::function<void(const float* weights, const float* bias, float* packed)> pack;
  // More than one part only as `parts` allows.
  std::function<void(std::span<const kernels::ConvPart>, const float* packed,
                     const kernels::ConvOutput&, const kernels::Epilogue&, float* scratch,
                     int64_t row_begin, int64_t row_end)>
      run;
  kernels::ConvParts parts = kernels::ConvParts::One;
  int64_t rows = 0;          // of work, to be divided among threads
  int64_t rows_at_once = 1;  // where ranges of rows should begin
  int64_t macs = 0;
  // `run` writes the node's output in its plain layout; else channels-last.
  bool plain_output = false;
  // The node's output channel behind each of the kernel's; empty where they are the same.
  std::vector<int64_t> channels = {};
};

// A convolution to blocks of pixels, without addend; all but `key`, `pack` and `macs`.
ConvImplementation implement_shuffle(const kernels::ConvShuffleShape& shape,
                                     const kernels::ConvAlgorithm& algorithm);

// What the attributes and the weights say.
struct ConvSizes {
  int64_t groups = 1;
  int64_t outputs = 0;  // channels
  std::vector<SpatialAxis> axes = {};
};

// All inputs are of one type.
inline constexpr std::array<TypeVariable, 4> kConvTypes = {type_of_all_inputs(kFloat32And64)};

// Throws unless the weights, [rows][columns][kernel...], can be divided into so many groups by
// their rows.
void require_groups(const NodeContext& context, int64_t groups);
// Throws unless data, weights and bias fit each other. `channels` are those the weights ask
// of the data, `outputs` those they make.
void require_channels(const NodeContext& context, int64_t channels, int64_t outputs);

// The sizes of one or two axes as a two-dimensional convolution.
kernels::ConvShape conv_shape(const NodeContext& context, const ConvSizes& sizes);

// The kernel in whatever layout the node has; plain tensors are converted on the way.
Kernel plan_convolution(PlanContext& context, ConvImplementation implementation,
                        const ConvOperands& operands = {});

// Channels-last for two axes of float.
void layout_convolution(LayoutContext& context, const ConvOperands& operands = {});

// The same for a convolution to blocks of pixels, which gives few channels plain: mostly they are
// the picture.
void layout_shuffle(LayoutContext& context, const ConvOperands& operands = {});

// Of a convolution whose element along a spatial axis is made of `window`s of its data, and of all
// else as a whole.
Window window_of_convolution(const WindowContext& context,
                             Window (*window)(int axis, const SpatialAxis&),
                             std::span<const SpatialAxis> axes);

// How a band of rows is made: from which rows of the data, and by which attributes.
struct ConvBand {
  BandInput data;
  Attributes attributes;
};

// The rule of a convolution by itself.
BandRule band_rule(const NodeContext& context, ConvBand band);

// Splits work so that every chunk is worth waking a thread.
int64_t rows_per_chunk(int64_t rows, int64_t macs);

// The sizes of up to three axes.
kernels::Conv3dShape conv_3d_shape(const NodeContext& context, const ConvSizes& sizes);

// The straightforward kernel for float or double. kernel_for(TypeTag<T>) is the function of
// kernels/conv/conv_3d.h.
template <class KernelFor>
Kernel plan_conv_3d(PlanContext& context, const kernels::Conv3dShape& shape, int64_t macs,
                    KernelFor kernel_for) {
  context.describe("plain loops");
  return dispatch<float, double>(context.dtype(kConvData), [&](auto tag) -> Kernel {
    using T = typename decltype(tag)::type;
    const auto kernel = kernel_for(tag);
    return [=](RunContext& run) {
      run.pool().parallel_for(shape.rows(), rows_per_chunk(shape.rows(), macs),
                              [&](int64_t begin, int64_t end) {
                                kernel(shape, run.in<T>(kConvData), run.in<T>(kConvWeights),
                                       run.in<T>(kConvBias), run.out<T>(0), begin, end);
                              });
    };
  });
}

}  // namespace fovea
