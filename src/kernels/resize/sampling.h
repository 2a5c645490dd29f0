#pragma once

#include <array>
#include <cstdint>

#include "threads/thread_pool.h"

// Images read at positions that are themselves elements: by a grid (GridSample), or around the
// positions of a convolution's kernel (DeformConv).
namespace fovea::kernels {

enum class SampleMode : uint8_t { Nearest, Linear, Cubic };
// What is outside the image.
enum class SamplePadding : uint8_t { Zeros, Border, Reflection };

inline constexpr int kMaxSampledAxes = 3;

struct GridSampling {
  SampleMode mode = SampleMode::Linear;
  SamplePadding padding = SamplePadding::Zeros;
  bool align_corners = false;
  int64_t batch = 1;
  int64_t channels = 1;
  int axes = 2;                                  // 1 to kMaxSampledAxes
  std::array<int64_t, kMaxSampledAxes> in = {};  // their sizes, each at least 1; the product is
                                                 // less than 2^31
  int64_t positions = 1;                         // of the output, for each image

  int taps() const;  // elements that a result is made of
};

// in [batch][channels][in...], grid [batch][positions][axes], the last axis first, out
// [batch][channels][positions]. For float and double.
template <class T>
void grid_sample(const GridSampling& sampling, const T* in, const T* grid, T* out,
                 ThreadPool& pool) noexcept;

// The same with in [batch][in...][lanes] and out [batch][positions][lanes]; lanes are a multiple
// of 4.
void grid_sample_channels_last(const GridSampling& sampling, const float* in, const float* grid,
                               float* out, int64_t lanes, ThreadPool& pool) noexcept;

// The elements that a deformable convolution multiplies by its weights.
struct DeformedColumns {
  struct Axis {
    int64_t in = 1;
    int64_t out = 1;
    int64_t kernel = 1;
    int64_t stride = 1;
    int64_t dilation = 1;
    int64_t pad = 0;
  };
  int64_t batch = 1;
  int64_t channels = 1;
  int64_t offset_groups = 1;  // which divide the channels
  int axis_count = 2;
  std::array<Axis, kMaxSampledAxes> axes = {};
  int64_t first_row = 0;  // of the output's first axis
  int64_t rows = 1;       // that are made

  int64_t kernel_size() const;
  int64_t positions() const;  // of the whole output
  int64_t made() const;       // of the rows that are made
};

// in [batch][channels][in...], offsets [batch][offset_groups][kernel][axes][positions], mask
// [batch][offset_groups][kernel][positions] or null, out [batch][channels][kernel][made]. For float
// and double.
template <class T>
void deformed_columns(const DeformedColumns& columns, const T* in, const T* offsets, const T* mask,
                      T* out, ThreadPool& pool) noexcept;

}  // namespace fovea::kernels
