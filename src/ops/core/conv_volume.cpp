#include "ops/core/conv_volume.h"

#include <algorithm>
#include <utility>

namespace fovea {
namespace {

class VolumeConvolution {
 public:
  VolumeConvolution(PlanContext& context, const ConvSizes& sizes, int64_t macs);
  void operator()(RunContext& run) const;

 private:
  int64_t in_slice() const {
    return slice_.in_h * slice_.in_w * kernels::padded_channels(slice_.in_channels);
  }
  int64_t out_pixels() const { return slice_.out_h * slice_.out_w; }
  int64_t out_pixel() const { return kernels::padded_channels(slice_.out_channels); }
  int64_t out_slices() const { return batch_ * depth_.out; }
  int64_t packed_size() const { return algorithm_->packed_size(slice_); }
  void pack(const float* weights, float* packed) const;
  void run_slice(const float* input, const float* packed, const float* bias, int64_t slice,
                 float* output, float* scratch) const;

  kernels::ConvShape slice_;
  SpatialAxis depth_;
  int64_t batch_;
  int64_t macs_;
  const kernels::ConvAlgorithm* algorithm_;
  int64_t thread_size_;
  Tensor packed_;  // empty: packed in every run
};

VolumeConvolution::VolumeConvolution(PlanContext& context, const ConvSizes& sizes, int64_t macs)
    : depth_(sizes.axes[0]), macs_(macs) {
  slice_ = conv_shape(context, {sizes.groups, sizes.outputs, {sizes.axes[1], sizes.axes[2]}});
  batch_ = std::exchange(slice_.batch, 1);
  algorithm_ = &kernels::choose_algorithm(slice_, context.precision());
  thread_size_ = kernels::round_up(algorithm_->scratch_size(slice_), 16);
  context.describe(text("slices, ", algorithm_->name));
  int64_t floats = batch_ * depth_.in * in_slice() + out_slices() * out_pixels() * out_pixel() +
                   context.threads() * thread_size_;
  if (const Tensor* weights = context.constant(kConvWeights)) {
    packed_ = context.prepacked({kConvWeights}, text("slices, ", algorithm_->name), [&] {
      Tensor packed = Tensor::allocate(DType::Float, {depth_.kernel * packed_size()});
      pack(weights->as<float>().data(), packed.mutable_as<float>().data());
      return packed;
    });
  } else {
    floats += depth_.kernel * packed_size();
  }
  context.reserve_scratch(static_cast<uint64_t>(floats) * sizeof(float));
}

// Slice after slice of the kernel.
void VolumeConvolution::pack(const float* weights, float* packed) const {
  const int64_t taps = slice_.kernel_h * slice_.kernel_w;
  kernels::StridedWeights strided = kernels::dense_weights(slice_, weights, nullptr);
  strided.input_step *= depth_.kernel;
  strided.output_step *= depth_.kernel;
  strided.group_step *= depth_.kernel;
  for (int64_t k = 0; k < depth_.kernel; ++k) {
    strided.data = weights + k * taps;
    algorithm_->pack_weights(slice_, strided, packed + k * packed_size());
  }
}

// Of the slices of all images, one after the other.
void VolumeConvolution::run_slice(const float* input, const float* packed, const float* bias,
                                  int64_t slice, float* output, float* scratch) const {
  const int64_t image = slice / depth_.out, z = slice % depth_.out;
  float* out = output + slice * out_pixels() * out_pixel();
  std::fill_n(out, out_pixels() * out_pixel(), 0.0f);
  for (int64_t pixel = 0; bias && pixel < out_pixels(); ++pixel) {
    std::copy_n(bias, slice_.out_channels, out + pixel * out_pixel());
  }
  const kernels::Epilogue none;
  const kernels::ConvOutput sums = kernels::dense_output(slice_, out, out);
  for (int64_t k = 0; k < depth_.kernel; ++k) {
    const int64_t from = z * depth_.stride - depth_.pad_begin + k * depth_.dilation;
    if (from < 0 || from >= depth_.in) continue;
    const kernels::ConvPart part = {input + (image * depth_.in + from) * in_slice(),
                                    slice_.in_channels};
    algorithm_->run_rows(slice_, {&part, 1}, packed + k * packed_size(), sums, none, scratch, 0,
                         slice_.out_h);
  }
}

void VolumeConvolution::operator()(RunContext& run) const {
  auto* input = reinterpret_cast<float*>(run.scratch());
  float* output = input + batch_ * depth_.in * in_slice();
  float* scratch = output + out_slices() * out_pixels() * out_pixel();
  const auto* packed = reinterpret_cast<const float*>(packed_.data());
  if (!packed) {
    float* memory = scratch + run.pool().size() * thread_size_;
    pack(run.in<float>(kConvWeights), memory);
    packed = memory;
  }
  kernels::to_channels_last(run.in<float>(kConvData), input, batch_, slice_.in_channels,
                            depth_.in * slice_.in_h, slice_.in_w, run.pool());
  const float* bias = run.in<float>(kConvBias);
  run.pool().parallel_for(out_slices(), rows_per_chunk(out_slices(), macs_),
                          [&](int64_t begin, int64_t end, int worker) {
                            for (int64_t slice = begin; slice < end; ++slice) {
                              run_slice(input, packed, bias, slice, output,
                                        scratch + worker * thread_size_);
                            }
                          });
  kernels::to_plain(output, run.out<float>(0), batch_, slice_.out_channels,
                    depth_.out * slice_.out_h, slice_.out_w, run.pool());
}

}  // namespace

Kernel plan_volume_convolution(PlanContext& context, const ConvSizes& sizes, int64_t macs) {
  return VolumeConvolution(context, sizes, macs);
}

}  // namespace fovea
