#include "kernels/resize/sampling.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <type_traits>

#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

constexpr int kMaxTapsOfAxis = 4;
constexpr int kBlockTaps = 512;
// Elements read that are worth a chunk of their own.
constexpr int64_t kGrain = 16384;

int taps_of_axis(SampleMode mode) {
  return mode == SampleMode::Nearest ? 1 : mode == SampleMode::Linear ? 2 : kMaxTapsOfAxis;
}

// Along one axis.
struct AxisMethod {
  SampleMode mode = SampleMode::Linear;
  SamplePadding padding = SamplePadding::Zeros;
  bool align_corners = false;
  int64_t size = 1;
};

template <class T>
struct AxisTaps {
  std::array<int32_t, kMaxTapsOfAxis> index;
  std::array<T, kMaxTapsOfAxis> weight;
};

// A position as one between two borders, at which it is reflected as often as needed.
template <class T>
T reflected(T x, T low, T high) {
  const T range = high - low;
  if (!(range > 0)) return 0;
  constexpr T kFar = T{1e30f};
  const T beyond = std::clamp(x < low ? low - x : x - high, T{0}, kFar);
  const T folded = std::fmod(beyond, 2 * range);
  const T depth = folded < range ? folded : 2 * range - folded;
  return x < low ? low + depth : high - depth;
}

int64_t reflected_index(int64_t index, const AxisMethod& method) {
  const int64_t edge = method.align_corners ? 1 : 0;  // which is not there twice
  const int64_t period = 2 * (method.size - edge);
  if (period == 0) return 0;
  const int64_t folded = (index % period + period) % period;
  return folded < method.size ? folded : period - (1 - edge) - folded;
}

template <class T>
void set_cubic_weights(T x, T* weight) {
  constexpr T a = T{-0.75f};
  const auto near = [](T d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [](T d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  weight[0] = far(x + 1);
  weight[1] = near(x);
  weight[2] = near(1 - x);
  weight[3] = far(2 - x);
}

template <class T>
[[gnu::noinline]] AxisTaps<T> taps_anywhere(const AxisMethod& method, T x) {
  const T size = static_cast<T>(method.size);
  const T border = method.align_corners ? T{0} : T{0.5f};
  const T low = -border, high = size - 1 + border;
  if (std::isnan(x)) x = T{-3};
  if (method.mode == SampleMode::Nearest) x = std::nearbyint(x);
  if (!(x >= low && x <= high)) {
    if (method.padding == SamplePadding::Reflection) {
      x = reflected(x, low, high);
    } else if (method.padding == SamplePadding::Border) {
      x = std::clamp(x, T{0}, size - 1);
    } else {
      x = std::clamp(x, T{-3}, size + 2);  // so far outside that no tap is inside
    }
  }
  const T floor = std::floor(x);
  const int taps = taps_of_axis(method.mode);
  AxisTaps<T> result;
  result.weight = {1};
  if (taps == 2) result.weight = {1 - (x - floor), x - floor};
  if (taps == kMaxTapsOfAxis) set_cubic_weights(x - floor, result.weight.data());
  const int64_t first = static_cast<int64_t>(floor) - (taps == kMaxTapsOfAxis ? 1 : 0);
  for (int t = 0; t < taps; ++t) {
    int64_t index = first + t;
    if (index < 0 || index >= method.size) {
      const bool zeros = method.padding == SamplePadding::Zeros;
      if (zeros) result.weight[static_cast<size_t>(t)] = 0;
      index = method.padding == SamplePadding::Reflection
                  ? reflected_index(index, method)
                  : std::clamp<int64_t>(index, 0, method.size - 1);
    }
    result.index[static_cast<size_t>(t)] = static_cast<int32_t>(index);
  }
  return result;
}

// The elements near a position, in elements.
template <class T>
AxisTaps<T> taps_at(const AxisMethod& method, T x) {
  if (method.mode == SampleMode::Linear && x >= 0 && x < static_cast<T>(method.size - 1)) {
    // What most positions are.
    const auto first = static_cast<int32_t>(x);
    const T rest = x - static_cast<T>(first);
    return {{first, first + 1}, {1 - rest, rest}};
  }
  return taps_anywhere(method, x);
}

// What some results are sums of, which is the same for all channels: [result][tap].
template <class T>
struct TapBlock {
  int taps = 1;
  int count = 0;
  std::array<int32_t, kBlockTaps> offsets;
  std::array<T, kBlockTaps> weights;

  // Adds a result: the product of the taps of its axes, times a factor.
  void add(std::span<const AxisMethod> methods, const AxisTaps<T>* axes, T factor) {
    int32_t* offset = offsets.data() + count * taps;
    T* weight = weights.data() + count * taps;
    ++count;
    if (taps == 4 && methods.size() == 2) return add_square(methods, axes, factor, offset, weight);
    offset[0] = 0;
    weight[0] = factor;
    int made = 1;
    for (size_t axis = 0; axis < methods.size(); ++axis) {
      const int more = taps_of_axis(methods[axis].mode);
      const auto size = static_cast<int32_t>(methods[axis].size);
      // From the back, so that what is read is not overwritten before.
      for (int i = made - 1; i >= 0; --i) {
        for (int t = more - 1; t >= 0; --t) {
          offset[i * more + t] = offset[i] * size + axes[axis].index[static_cast<size_t>(t)];
          weight[i * more + t] = weight[i] * axes[axis].weight[static_cast<size_t>(t)];
        }
      }
      made *= more;
    }
  }

  // The same for linear taps around a position that lies inside a plane whose rows have `width`.
  void add_inside(T y, T x, int32_t width, T factor) {
    int32_t* offset = offsets.data() + 4 * count;
    T* weight = weights.data() + 4 * count;
    ++count;
    const auto row = static_cast<int32_t>(y), column = static_cast<int32_t>(x);
    const T below = y - static_cast<T>(row), right = x - static_cast<T>(column);
    const T top = (1 - below) * factor, bottom = below * factor;
    offset[0] = row * width + column;
    offset[1] = offset[0] + 1;
    offset[2] = offset[0] + width;
    offset[3] = offset[2] + 1;
    weight[0] = top * (1 - right);
    weight[1] = top * right;
    weight[2] = bottom * (1 - right);
    weight[3] = bottom * right;
  }

 private:
  // The same for two taps along each of two axes, the usual case.
  void add_square(std::span<const AxisMethod> methods, const AxisTaps<T>* axes, T factor,
                  int32_t* offset, T* weight) {
    const auto width = static_cast<int32_t>(methods[1].size);
    for (size_t y = 0; y < 2; ++y) {
      const int32_t row = axes[0].index[y] * width;
      const T row_weight = axes[0].weight[y] * factor;
      for (size_t x = 0; x < 2; ++x) {
        offset[2 * y + x] = row + axes[1].index[x];
        weight[2 * y + x] = row_weight * axes[1].weight[x];
      }
    }
  }
};

// Four results of four taps at once; returns how many are made.
int gather_fours(const TapBlock<float>& block, const float* plane, float* out) {
  using simd::F32x4;
  const int32_t* offset = block.offsets.data();
  const float* weight = block.weights.data();
  int i = 0;
  for (; i + 4 <= block.count; i += 4, out += 4) {
    F32x4 terms[4];
    for (F32x4& term : terms) {
      const F32x4 weights = F32x4::load(weight);
      const F32x4 read =
          F32x4::set(plane[offset[0]], plane[offset[1]], plane[offset[2]], plane[offset[3]]);
      term = bitcast_f32(bitcast_i32(weights * read) & (weights != F32x4::zero()));
      weight += 4;
      offset += 4;
    }
    transpose4x4(terms[0], terms[1], terms[2], terms[3]);
    (terms[0] + terms[1] + terms[2] + terms[3]).store(out);
  }
  return i;
}

// What a tap of weight 0 reads is not a result's business: 0 times infinity or NaN would be NaN.
// kTaps = 0 takes the number at run time.
template <int kTaps, class T>
void gather(const TapBlock<T>& block, const T* plane, T* out) {
  const int taps = kTaps ? kTaps : block.taps;
  int i = 0;
  if constexpr (kTaps == 4 && std::is_same_v<T, float>) i = gather_fours(block, plane, out);
  const int32_t* offset = block.offsets.data() + i * taps;
  const T* weight = block.weights.data() + i * taps;
  for (; i < block.count; ++i, offset += taps, weight += taps) {
    T sum = 0;
    for (int t = 0; t < taps; ++t) {
      const T product = weight[t] * plane[offset[t]];
      sum += weight[t] == 0 ? T{0} : product;
    }
    out[i] = sum;
  }
}

template <class T>
void gather_plane(const TapBlock<T>& block, const T* plane, T* out) {
  block.taps == 4 ? gather<4>(block, plane, out) : gather<0>(block, plane, out);
}

void gather_lanes(const TapBlock<float>& block, const float* image, float* out, int64_t lanes) {
  using simd::F32x4;
  const int32_t* offset = block.offsets.data();
  const float* weight = block.weights.data();
  for (int i = 0; i < block.count; ++i, offset += block.taps, weight += block.taps, out += lanes) {
    for (int64_t c = 0; c < lanes; c += 4) {
      F32x4 sum = F32x4::zero();
      for (int t = 0; t < block.taps; ++t) {
        if (weight[t] == 0) continue;
        sum = fma(F32x4::splat(weight[t]), F32x4::load(image + offset[t] * lanes + c), sum);
      }
      sum.store(out + c);
    }
  }
}

// A grid's element as a position; NaN is the first corner, as elsewhere.
template <class T>
T position_of(T written, const AxisMethod& method) {
  const T size = static_cast<T>(method.size);
  const T from_corner = (std::isnan(written) ? T{-1} : written) + 1;
  return method.align_corners ? from_corner / 2 * (size - 1) : (from_corner * size - 1) / 2;
}

// Calls use(block, image, first position) for blocks of all positions.
template <class T, class Use>
void for_blocks(const GridSampling& sampling, const T* grid, ThreadPool& pool, const Use& use) {
  std::array<AxisMethod, kMaxSampledAxes> methods;
  const auto axes = static_cast<size_t>(sampling.axes);
  for (size_t axis = 0; axis < axes; ++axis) {
    methods[axis] = {sampling.mode, sampling.padding, sampling.align_corners, sampling.in[axis]};
  }
  const int64_t block_size = kBlockTaps / sampling.taps();
  const int64_t blocks = (sampling.positions + block_size - 1) / block_size;
  const int64_t grain = kGrain / (kBlockTaps * (sampling.channels + 1)) + 1;
  pool.parallel_for(sampling.batch * blocks, grain, [&](int64_t begin, int64_t end) {
    TapBlock<T> block;
    block.taps = sampling.taps();
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / blocks, first = i % blocks * block_size;
      const int64_t last = std::min(first + block_size, sampling.positions);
      const T* position = grid + (image * sampling.positions + first) * sampling.axes;
      block.count = 0;
      for (int64_t at = first; at < last; ++at, position += axes) {
        std::array<AxisTaps<T>, kMaxSampledAxes> taps;
        for (size_t axis = 0; axis < axes; ++axis) {
          taps[axis] =
              taps_at(methods[axis], position_of(position[axes - 1 - axis], methods[axis]));
        }
        block.add({methods.data(), axes}, taps.data(), T{1});
      }
      use(block, image, first);
    }
  });
}

int64_t plane_size(const GridSampling& sampling) {
  int64_t size = 1;
  for (int axis = 0; axis < sampling.axes; ++axis) size *= sampling.in[static_cast<size_t>(axis)];
  return size;
}

}  // namespace

int GridSampling::taps() const {
  int taps = 1;
  for (int axis = 0; axis < axes; ++axis) taps *= taps_of_axis(mode);
  return taps;
}

template <class T>
void grid_sample(const GridSampling& sampling, const T* in, const T* grid, T* out,
                 ThreadPool& pool) noexcept {
  const int64_t plane = plane_size(sampling);
  for_blocks(sampling, grid, pool, [&](const TapBlock<T>& block, int64_t image, int64_t first) {
    for (int64_t c = 0; c < sampling.channels; ++c) {
      const int64_t at = image * sampling.channels + c;
      gather_plane(block, in + at * plane, out + at * sampling.positions + first);
    }
  });
}

template void grid_sample<float>(const GridSampling&, const float*, const float*, float*,
                                 ThreadPool&) noexcept;
template void grid_sample<double>(const GridSampling&, const double*, const double*, double*,
                                  ThreadPool&) noexcept;

void grid_sample_channels_last(const GridSampling& sampling, const float* in, const float* grid,
                               float* out, int64_t lanes, ThreadPool& pool) noexcept {
  const int64_t plane = plane_size(sampling);
  for_blocks(sampling, grid, pool, [&](const TapBlock<float>& block, int64_t image, int64_t first) {
    gather_lanes(block, in + image * plane * lanes,
                 out + (image * sampling.positions + first) * lanes, lanes);
  });
}

int64_t DeformedColumns::kernel_size() const {
  int64_t size = 1;
  for (const Axis& axis : axes) size *= axis.kernel;
  return size;
}

int64_t DeformedColumns::positions() const {
  int64_t size = 1;
  for (const Axis& axis : axes) size *= axis.out;
  return size;
}

int64_t DeformedColumns::made() const {
  return positions() / std::max<int64_t>(axes[0].out, 1) * rows;
}

namespace {

// The columns of one image, offset group and element of the kernel.
template <class T>
class ColumnMaker {
 public:
  ColumnMaker(const DeformedColumns& columns, int64_t kernel_element)
      : columns_(columns), axes_(static_cast<size_t>(columns.axis_count)) {
    for (size_t axis = axes_; axis-- > 0;) {
      const DeformedColumns::Axis& of = columns.axes[axis];
      methods_[axis].size = of.in;
      starts_[axis] = kernel_element % of.kernel * of.dilation - of.pad;
      kernel_element /= of.kernel;
    }
  }

  // Positions [begin, end) of the output. Offsets are [axes][positions], the mask [positions] or
  // null.
  void add(TapBlock<T>& block, int64_t begin, int64_t end, const T* offsets, const T* mask) const {
    const int64_t positions = columns_.positions();
    std::array<int64_t, kMaxSampledAxes> at = {};
    int64_t rest = begin;
    for (size_t axis = axes_; axis-- > 0; rest /= columns_.axes[axis].out) {
      at[axis] = rest % columns_.axes[axis].out;
    }
    const auto along = [&](size_t axis, int64_t position) {
      const int64_t start = at[axis] * columns_.axes[axis].stride + starts_[axis];
      return static_cast<T>(start) + offsets[static_cast<int64_t>(axis) * positions + position];
    };
    const T height = static_cast<T>(methods_[0].size - 1);
    const T width = static_cast<T>(methods_[1].size - 1);
    for (int64_t position = begin; position < end; ++position) {
      const T factor = mask ? mask[position] : T{1};
      const T y = along(0, position), x = axes_ == 2 ? along(1, position) : T{-1};
      if (y >= 0 && y < height && x >= 0 && x < width) {
        block.add_inside(y, x, static_cast<int32_t>(methods_[1].size), factor);
      } else {
        std::array<AxisTaps<T>, kMaxSampledAxes> taps;
        for (size_t axis = 0; axis < axes_; ++axis) {
          taps[axis] = taps_at(methods_[axis], along(axis, position));
        }
        block.add({methods_.data(), axes_}, taps.data(), factor);
      }
      for (size_t axis = axes_; axis-- > 0;) {
        if (++at[axis] < columns_.axes[axis].out) break;
        at[axis] = 0;
      }
    }
  }

 private:
  const DeformedColumns& columns_;
  size_t axes_;
  std::array<AxisMethod, kMaxSampledAxes> methods_ = {};
  std::array<int64_t, kMaxSampledAxes> starts_ = {};  // of the first position
};

}  // namespace

template <class T>
void deformed_columns(const DeformedColumns& columns, const T* in, const T* offsets, const T* mask,
                      T* out, ThreadPool& pool) noexcept {
  const int64_t kernel = columns.kernel_size(), positions = columns.positions();
  const int64_t made = columns.made(), groups = columns.offset_groups;
  const int64_t first = columns.first_row * (made / std::max<int64_t>(columns.rows, 1));
  const int64_t group_channels = columns.channels / groups;
  int64_t plane = 1;
  for (const DeformedColumns::Axis& axis : columns.axes) plane *= axis.in;
  const int taps = 1 << columns.axis_count;
  const int64_t block_size = kBlockTaps / taps, blocks = (made + block_size - 1) / block_size;
  const int64_t grain = kGrain / (kBlockTaps * (group_channels + 1)) + 1;
  pool.parallel_for(
      columns.batch * groups * kernel * blocks, grain, [&](int64_t begin, int64_t end) {
        TapBlock<T> block;
        block.taps = taps;
        for (int64_t i = begin; i < end; ++i) {
          // [batch * groups][kernel][blocks]
          const int64_t start = i % blocks * block_size, element = i / blocks % kernel;
          const int64_t group = i / blocks / kernel;
          const int64_t end_position = std::min(start + block_size, made);
          const ColumnMaker<T> maker(columns, element);
          const T* offset = offsets + (group * kernel + element) * columns.axis_count * positions;
          const T* masked = mask ? mask + (group * kernel + element) * positions : nullptr;
          block.count = 0;
          maker.add(block, first + start, first + end_position, offset, masked);
          for (int64_t c = group * group_channels; c < (group + 1) * group_channels; ++c) {
            gather_plane(block, in + c * plane, out + (c * kernel + element) * made + start);
          }
        }
      });
}

template void deformed_columns<float>(const DeformedColumns&, const float*, const float*,
                                      const float*, float*, ThreadPool&) noexcept;
template void deformed_columns<double>(const DeformedColumns&, const double*, const double*,
                                       const double*, double*, ThreadPool&) noexcept;

}  // namespace fovea::kernels
