#pragma once

#include <algorithm>
#include <cstddef>
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

// Windows of a row that are made four at a time, in a register, because all their taps are inside:
// those of [begin, end).
struct FourWindows {
  explicit FourWindows(const PoolAxis& row_axis) : axis(row_axis), begin(axis.interior().begin) {
    // Steps of 2 load eight elements for four.
    const int64_t reach = (axis.kernel - 1) * axis.dilation + kLanes * axis.stride;
    const int64_t room = axis.in - axis.first(0) - reach;
    const bool fit = axis.stride <= 2 && room >= 0;
    end = fit ? std::min(room / axis.stride + kLanes, axis.out) : begin;
    if (end < begin + kLanes) end = begin;
  }

  const PoolAxis& axis;
  int64_t begin;
  int64_t end;
};

// The windows at (z, y) along a row, kStride apart.
template <class Operation, int64_t kStride>
void pool_row(const PoolShape& shape, const FourWindows& windows, const float* plane, int64_t z,
              int64_t y, float* to) noexcept {
  const auto& [depth, height, width] = shape.axes;
  const Taps slices = depth.inside(z), rows = height.inside(y);
  const int64_t slice = depth.first(z) + slices.begin * depth.dilation;
  const int64_t row = slice * height.in + height.first(y) + rows.begin * height.dilation;
  const auto step = static_cast<ptrdiff_t>(width.dilation);
  const auto row_step = static_cast<ptrdiff_t>(height.dilation * width.in);
  const auto slice_step = static_cast<ptrdiff_t>(depth.dilation * height.in * width.in);
  for (int64_t x = windows.begin; x < windows.end; x += kLanes) {
    // The last four overlap those before.
    x = std::min(x, windows.end - kLanes);
    const float* first = plane + row * width.in + width.first(x);
    typename Operation::Four four;
    for (auto kz = static_cast<ptrdiff_t>(slices.count()); kz != 0; --kz, first += slice_step) {
      const float* from = first;
      for (auto ky = static_cast<ptrdiff_t>(rows.count()); ky != 0; --ky, from += row_step) {
        const float* tap = from;
        for (auto kx = static_cast<ptrdiff_t>(width.kernel); kx != 0; --kx, tap += step) {
          const F32x4 next = F32x4::load(tap);
          four.take(kStride == 1 ? next
                                 : simd::shuffle<0, 2, 4, 6>(next, F32x4::load(tap + kLanes)));
        }
      }
    }
    four.result().store(to + x);
  }
  const auto rest = [&](int64_t begin, int64_t end) {
    if (begin == end) return;
    std::fill(to + begin, to + end, Operation::template start<float>());
    for_each_row(shape, z, y, [&](int64_t at) {
      combine_windows<Operation>(width, plane + at, to, begin, end);
    });
  };
  rest(0, windows.begin);
  rest(windows.end, width.out);
}

// Pools planes row by row; finish(row of results, z, y) is called for each.
template <class Operation, class T, class Finish>
void pool_planes(const PoolShape& shape, const T* input, T* output, int64_t plane_begin,
                 int64_t plane_end, Finish finish) noexcept {
  const auto& [depth, height, width] = shape.axes;
  const FourWindows windows(width);
  T* to = output + plane_begin * shape.out_size();
  for (int64_t plane = plane_begin; plane < plane_end; ++plane) {
    const T* from = input + plane * shape.in_size();
    for (int64_t z = 0; z < depth.out; ++z) {
      for (int64_t y = 0; y < height.out; ++y, to += width.out) {
        if constexpr (std::is_same_v<T, float>) {
          if (windows.begin < windows.end) {
            const auto pool = width.stride == 1 ? pool_row<Operation, 1> : pool_row<Operation, 2>;
            pool(shape, windows, from, z, y, to);
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

// The first maximum of the window at (z, y, x), by its index in the plane; -1 for none.
template <class T>
int64_t find_maximum(const PoolShape& shape, const T* plane, int64_t z, int64_t y, int64_t x) {
  const PoolAxis& width = shape.axes[2];
  const Taps columns = width.inside(x);
  int64_t best = -1;
  for_each_row(shape, z, y, [&](int64_t row) {
    for (int64_t kx = columns.begin; kx < columns.end; ++kx) {
      const int64_t at = row + width.first(x) + kx * width.dilation;
      if (best < 0 ||
          (plane[best] == plane[best] && Maximum::combine(plane[best], plane[at]) != plane[best])) {
        best = at;
      }
    }
  });
  return best;
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
  for (int64_t plane = plane_begin; plane < plane_end; ++plane) {
    const T* from = input + plane * shape.in_size();
    for (int64_t z = 0; z < shape.axes[0].out; ++z) {
      for (int64_t y = 0; y < shape.axes[1].out; ++y) {
        for (int64_t x = 0; x < shape.axes[2].out; ++x) {
          int64_t at = pooling::find_maximum(shape, from, z, y, x);
          if (column_major && at >= 0) {
            const int64_t slice = at / width / height, row = at / width % height;
            at = (at % width * height + row) * depth + slice;
          }
          *indices++ = at < 0 ? -1 : plane * shape.in_size() + at;
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
