#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <type_traits>

#include "kernels/movement/layout.h"
#include "kernels/reduction/pool.h"
#include "simd/f32x4.h"

// Pooling of plain planes, for each element type: float's in pool.cpp, the others' in
// pool_small.cpp.
namespace fovea::kernels {
namespace pooling {

using simd::F32x4;

struct Sum {
  template <class T>
  static T start() {
    return T{0};
  }
  template <class T>
  static T combine(T a, T b) {
    return a + b;
  }
  static float across(F32x4 a) { return simd::sum(a); }

  // Four windows under way.
  struct Four {
    void take(F32x4 x) { sums += x; }
    F32x4 result() const { return sums; }

    F32x4 sums = F32x4::zero();
  };
};

struct Maximum {
  template <class T>
  static T start() {
    using Limits = std::numeric_limits<T>;
    return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  }
  // `b != b` is NaN, and integers are never.
  template <class T>
  static T combine(T a, T b) {
    return b > a || b != b ? b : a;
  }
  // A NaN stays: one in `a` by pmax, one in `b` by the choice.
  static F32x4 combine(F32x4 a, F32x4 b) { return simd::select(b != b, b, simd::pmax(a, b)); }
  static float across(F32x4 a) { return simd::max_lane(a); }

  // NaN is kept apart: so one instruction waits for the one before, not four.
  struct Four {
    void take(F32x4 x) {
      most = simd::pmax(most, x);
      none = none | (x != x);
    }
    F32x4 result() const {
      return simd::select(none, F32x4::splat(std::numeric_limits<float>::quiet_NaN()), most);
    }

    F32x4 most = F32x4::splat(start<float>());
    simd::I32x4 none = simd::I32x4::zero();
  };
};

// Combines to[i] with from[i * step].
template <class Operation, class T>
void combine_every(const T* from, int64_t step, T* to, int64_t count) noexcept {
  int64_t i = 0;
  if constexpr (std::is_same_v<T, float>) {
    const auto combine = [&](F32x4 x) { Operation::combine(F32x4::load(to + i), x).store(to + i); };
    for (; step == 1 && i + kLanes <= count; i += kLanes) combine(F32x4::load(from + i));
    // Not the last: behind what it takes there may be nothing to load.
    for (; step == 2 && i + kLanes < count; i += kLanes) {
      const float* pairs = from + 2 * i;
      combine(simd::shuffle<0, 2, 4, 6>(F32x4::load(pairs), F32x4::load(pairs + kLanes)));
    }
  }
  if constexpr (std::is_integral_v<T>) {  // of which there are maxima only
    using Vector = T __attribute__((vector_size(16)));
    constexpr int64_t kCount = 16 / sizeof(T);
    for (; step == 1 && i + kCount <= count; i += kCount) {
      Vector a, b;
      std::memcpy(&a, to + i, sizeof(a));
      std::memcpy(&b, from + i, sizeof(b));
      a = b > a ? b : a;
      std::memcpy(to + i, &a, sizeof(a));
    }
  }
  for (; i < count; ++i) to[i] = Operation::combine(to[i], from[i * step]);
}

// Combines windows [begin, end) of a row with the taps in one row of the input, window by window:
// what is outside costs nothing.
template <class Operation, class T>
void combine_windows(const PoolAxis& axis, const T* from, T* to, int64_t begin,
                     int64_t end) noexcept {
  for (int64_t at = begin; at < end; ++at) {
    const Taps taps = axis.inside(at);
    for (int64_t tap = taps.begin; tap < taps.end; ++tap) {
      to[at] = Operation::combine(to[at], from[axis.first(at) + tap * axis.dilation]);
    }
  }
}

// The same tap by tap: outputs from the first to the last that has the tap inside. Windows larger
// than the row have more taps than there are elements.
template <class Operation, class T>
void combine_row(const PoolAxis& axis, const T* from, T* to) noexcept {
  const bool is_as_it_is = axis.kernel == 1 && axis.stride == 1 && axis.pad_begin == 0;
  if (is_as_it_is && axis.in == axis.out) return combine_every<Operation>(from, 1, to, axis.out);
  if (axis.kernel > axis.in) return combine_windows<Operation>(axis, from, to, 0, axis.out);
  for (int64_t tap = 0; tap < axis.kernel; ++tap) {
    const int64_t first = axis.first(0) + tap * axis.dilation;
    const int64_t begin = first < 0 ? (-first + axis.stride - 1) / axis.stride : 0;
    const int64_t end =
        first < axis.in ? std::min((axis.in - first + axis.stride - 1) / axis.stride, axis.out) : 0;
    if (begin >= end) continue;
    combine_every<Operation>(from + first + begin * axis.stride, axis.stride, to + begin,
                             end - begin);
  }
}

// Calls visit(index in its plane) for the first element of each row of the input that windows at
// (z, y) reach into.
template <class Visit>
void for_each_row(const PoolShape& shape, int64_t z, int64_t y, Visit visit) {
  const auto& [depth, height, width] = shape.axes;
  const Taps slices = depth.inside(z), rows = height.inside(y);
  for (int64_t kz = slices.begin; kz < slices.end; ++kz) {
    const int64_t slice = depth.first(z) + kz * depth.dilation;
    for (int64_t ky = rows.begin; ky < rows.end; ++ky) {
      visit((slice * height.in + height.first(y) + ky * height.dilation) * width.in);
    }
  }
}

// Four elements that lie kStride apart, or `stride` where that is not known.
template <int64_t kStride>
F32x4 load_every(const float* from, int64_t stride) {
  if constexpr (kStride == 1) return F32x4::load(from);
  if constexpr (kStride == 2) {
    return simd::shuffle<0, 2, 4, 6>(F32x4::load(from), F32x4::load(from + kLanes));
  }
  return F32x4::set(from[0], from[stride], from[2 * stride], from[3 * stride]);
}

// Rows of windows, made in two steps: what is in one column of the input and the same rows of it
// is combined first, into a strip, and then the columns of each window. So overlapping windows
// share the first step, and what is outside is the strip's business.
template <class Operation>
class RowPool {
 public:
  explicit RowPool(const PoolShape& shape) : shape_(shape), axis_(shape.axes[2]) {}

  // Whether rows of this shape can be made: strips have room for four windows, and windows of more
  // taps than there are elements are for others.
  bool fits() const {
    return axis_.kernel <= axis_.in && axis_.out >= kLanes && reach() < kColumns / 2 &&
           axis_.stride < kColumns / 8;
  }

  // The windows at (z, y).
  void make(const float* plane, int64_t z, int64_t y, float* to) noexcept {
    const auto combine = axis_.stride == 1   ? &RowPool::combine_columns<1>
                         : axis_.stride == 2 ? &RowPool::combine_columns<2>
                                             : &RowPool::combine_columns<0>;
    const int64_t most = (kColumns - reach()) / axis_.stride;
    for (int64_t x = 0; x < axis_.out; x += most) {
      const int64_t end = std::min(x + most, axis_.out), begin = std::min(x, end - kLanes);
      fill_strip(plane, z, y, axis_.first(begin), (end - 1 - begin) * axis_.stride + reach());
      (this->*combine)(end - begin, to + begin);
    }
  }

 private:
  static constexpr int64_t kColumns = 1024;

  int64_t reach() const { return (axis_.kernel - 1) * axis_.dilation + 1; }

  // Columns [first, first + count) of the input.
  void fill_strip(const float* plane, int64_t z, int64_t y, int64_t first, int64_t count) noexcept {
    const int64_t begin = std::clamp<int64_t>(-first, 0, count);
    const int64_t end = std::clamp<int64_t>(axis_.in - first, begin, count);
    std::fill_n(strip_, begin, Operation::template start<float>());
    std::fill(strip_ + end, strip_ + count, Operation::template start<float>());
    const auto& [depth, height, width] = shape_.axes;
    const Taps slices = depth.inside(z), rows = height.inside(y);
    const int64_t slice = depth.first(z) + slices.begin * depth.dilation;
    const int64_t row = slice * height.in + height.first(y) + rows.begin * height.dilation;
    const auto row_step = static_cast<ptrdiff_t>(height.dilation * width.in);
    const auto slice_step = static_cast<ptrdiff_t>(depth.dilation * height.in * width.in);
    const auto combined = [&](const float* top, auto load) {
      typename Operation::Four four;
      for (auto kz = static_cast<ptrdiff_t>(slices.count()); kz != 0; --kz, top += slice_step) {
        const float* from = top;
        for (auto ky = static_cast<ptrdiff_t>(rows.count()); ky != 0; --ky, from += row_step) {
          four.take(load(from));
        }
      }
      return four.result();
    };
    const float* from = plane + row * width.in + first;
    if (end - begin < kLanes) {
      for (int64_t at = begin; at < end; ++at) {
        strip_[at] = combined(from + at, F32x4::load_splat)[0];
      }
      return;
    }
    for (int64_t at = begin; at < end; at += kLanes) {
      // The last four overlap those before.
      at = std::min(at, end - kLanes);
      combined(from + at, F32x4::load).store(strip_ + at);
    }
  }

  // `count` windows of the strip.
  template <int64_t kStride>
  void combine_columns(int64_t count, float* to) noexcept {
    const auto step = static_cast<ptrdiff_t>(axis_.dilation);
    for (int64_t x = 0; x < count; x += kLanes) {
      x = std::min(x, count - kLanes);
      const float* tap = strip_ + x * axis_.stride;
      typename Operation::Four four;
      for (auto kx = static_cast<ptrdiff_t>(axis_.kernel); kx != 0; --kx, tap += step) {
        four.take(load_every<kStride>(tap, axis_.stride));
      }
      four.result().store(to + x);
    }
  }

  const PoolShape& shape_;
  const PoolAxis& axis_;
  // Steps of 2 load one more than they take.
  float strip_[kColumns + kLanes] = {};
};

// Pools planes row by row; finish(row of results, z, y) is called for each.
template <class Operation, class T, class Finish>
void pool_planes(const PoolShape& shape, const T* input, T* output, int64_t plane_begin,
                 int64_t plane_end, Finish finish) noexcept {
  const auto& [depth, height, width] = shape.axes;
  [[maybe_unused]] RowPool<Operation> row_pool(shape);
  const bool by_strips = std::is_same_v<T, float> && row_pool.fits();
  T* to = output + plane_begin * shape.out_size();
  for (int64_t plane = plane_begin; plane < plane_end; ++plane) {
    const T* from = input + plane * shape.in_size();
    for (int64_t z = 0; z < depth.out; ++z) {
      for (int64_t y = 0; y < height.out; ++y, to += width.out) {
        if constexpr (std::is_same_v<T, float>) {
          if (by_strips) {
            row_pool.make(from, z, y, to);
            finish(to, z, y);
            continue;
          }
        }
        std::fill_n(to, width.out, Operation::template start<T>());
        for_each_row(shape, z, y,
                     [&](int64_t row) { combine_row<Operation>(width, from + row, to); });
        finish(to, z, y);
      }
    }
  }
}

// Where the maxima of the row of windows at (z, y) are first found, by their indices in the plane;
// -1 for windows without elements.
template <class T>
void find_maxima(const PoolShape& shape, const T* plane, int64_t z, int64_t y, const T* maxima,
                 int64_t* indices) noexcept {
  const PoolAxis& width = shape.axes[2];
  std::fill_n(indices, width.out, -1);
  for_each_row(shape, z, y, [&](int64_t row) {
    for (int64_t x = 0; x < width.out; ++x) {
      if (indices[x] >= 0) continue;
      const Taps columns = width.inside(x);
      for (int64_t kx = columns.begin; kx < columns.end; ++kx) {
        const int64_t at = row + width.first(x) + kx * width.dilation;
        // A NaN is the maximum wherever it is.
        if (plane[at] != maxima[x] && plane[at] == plane[at]) continue;
        indices[x] = at;
        break;
      }
    }
  });
}

// Of counts that padding may make too large for int64.
inline double product(int64_t a, int64_t b) {
  return static_cast<double>(a) * static_cast<double>(b);
}

}  // namespace pooling

template <class T>
void max_pool(const PoolShape& shape, const T* input, T* output, int64_t plane_begin,
              int64_t plane_end) noexcept {
  pooling::pool_planes<pooling::Maximum>(shape, input, output, plane_begin, plane_end,
                                         [](T*, int64_t, int64_t) {});
}

template <class T>
void max_pool_with_indices(const PoolShape& shape, const T* input, T* output, int64_t* indices,
                           bool column_major, int64_t plane_begin, int64_t plane_end) noexcept {
  const int64_t depth = shape.axes[0].in, height = shape.axes[1].in, width = shape.axes[2].in;
  max_pool(shape, input, output, plane_begin, plane_end);
  indices += plane_begin * shape.out_size();
  const T* maxima = output + plane_begin * shape.out_size();
  for (int64_t plane = plane_begin; plane < plane_end; ++plane) {
    const T* from = input + plane * shape.in_size();
    for (int64_t z = 0; z < shape.axes[0].out; ++z) {
      for (int64_t y = 0; y < shape.axes[1].out; ++y) {
        pooling::find_maxima(shape, from, z, y, maxima, indices);
        for (int64_t x = 0; x < shape.axes[2].out; ++x, ++maxima, ++indices) {
          int64_t at = *indices;
          if (at < 0) continue;
          if (column_major) {
            const int64_t slice = at / width / height, row = at / width % height;
            at = (at % width * height + row) * depth + slice;
          }
          *indices = plane * shape.in_size() + at;
        }
      }
    }
  }
}

template <class T>
void average_pool(const PoolShape& shape, const T* input, T* output, AverageOver over,
                  int64_t plane_begin, int64_t plane_end) noexcept {
  const auto& [depth, height, width] = shape.axes;
  pooling::pool_planes<pooling::Sum>(
      shape, input, output, plane_begin, plane_end, [&](T* row, int64_t z, int64_t y) {
        const double rows = pooling::product(depth.count(z, over), height.count(y, over));
        const auto divisor = [&](int64_t columns) {
          return static_cast<T>(rows * static_cast<double>(columns));
        };
        const Taps interior = width.interior();
        int64_t x = 0;
        for (; x < interior.begin; ++x) row[x] /= divisor(width.count(x, over));
        for (; x < interior.end; ++x) row[x] /= divisor(width.kernel);
        for (; x < width.out; ++x) row[x] /= divisor(width.count(x, over));
      });
}

}  // namespace fovea::kernels
