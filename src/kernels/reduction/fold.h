#pragma once

#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>
#include <type_traits>

#include "kernels/elementwise/binary.h"
#include "kernels/elementwise/convert.h"
#include "kernels/reduction/reduce.h"
#include "simd/f32x4.h"

// What folds are made of: in reduce.cpp those that take floats four at a time, in reduce_small.cpp
// those that take their elements, of whatever type, one by one.
namespace fovea::kernels {

// Columns that are folded at once.
inline constexpr int kFoldColumns = 16;

// How an element enters a fold.
struct AsIs {
  template <class V>
  V operator()(V x) const {
    return x;
  }
};
struct Absolute {
  template <class V>
  V operator()(V x) const {
    if constexpr (std::unsigned_integral<V>) return x;
    return x < V{0} ? Sub()(V{0}, x) : x;
  }
  simd::F32x4 operator()(simd::F32x4 x) const { return simd::abs(x); }
};
struct Square {
  template <class V>
  V operator()(V x) const {
    return Mul()(x, x);
  }
};

template <class T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double,
                                std::conditional_t<std::is_same_v<T, uint64_t>, T, int64_t>>;

template <class T>
Wide<T>& wide(Folded& folded) {
  if constexpr (std::is_floating_point_v<T>) {
    return folded.real;
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    return folded.natural;
  } else {
    return folded.whole;
  }
}

// The value that changes nothing when Op combines it with an element of type T.
template <class Op, class T>
constexpr T neutral() {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_same_v<Op, Add>) return T{0};
  if constexpr (std::is_same_v<Op, Mul>) return T{1};
  if constexpr (std::is_same_v<Op, Max>) {
    return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  }
  if constexpr (std::is_same_v<Op, Min>) {
    return Limits::has_infinity ? Limits::infinity() : Limits::max();
  }
}

// Folder::row and Folder::columns element by element.
template <class Op, class Map, class T>
void fold_row(const void* from, int64_t stride, int64_t count, Folded* acc) noexcept {
  const T* x = static_cast<const T*>(from);
  Wide<T>& total = wide<T>(*acc);
  for (int64_t i = 0; i < count; ++i) {
    total = Op()(total, Map()(static_cast<Wide<T>>(x[i * stride])));
  }
}

// The extremes of kFoldColumns neighbouring columns, in vectors of their own type.
template <class Op, class T>
void fold_extremes(const T* x, int64_t stride, int64_t rows, Folded* acc) noexcept {
  using Vector = T __attribute__((vector_size(16)));
  constexpr int kVectors = kFoldColumns * static_cast<int>(sizeof(T)) / 16;
  Vector best[kVectors];
  std::memcpy(best, x, sizeof(best));
  for (int64_t row = 1; row < rows; ++row) {
    x += stride;
    for (int v = 0; v < kVectors; ++v) {
      Vector next;
      std::memcpy(&next, x + v * (16 / static_cast<int>(sizeof(T))), sizeof(next));
      best[v] = (std::is_same_v<Op, Max> ? next > best[v] : next < best[v]) ? next : best[v];
    }
  }
  for (int i = 0; i < kFoldColumns; ++i) {
    Wide<T>& total = wide<T>(acc[i]);
    T one;
    std::memcpy(&one, reinterpret_cast<const std::byte*>(best) + i * sizeof(T), sizeof(T));
    total = Op()(total, static_cast<Wide<T>>(one));
  }
}

template <class Op, class Map, class T>
void fold_columns(const void* from, int64_t stride, int64_t rows, int width, Folded* acc) noexcept {
  const T* x = static_cast<const T*>(from);
  if constexpr (std::is_integral_v<T> && sizeof(T) <= 4 &&
                (std::is_same_v<Op, Max> || std::is_same_v<Op, Min>)) {
    if (width == kFoldColumns && rows > 0) return fold_extremes<Op>(x, stride, rows, acc);
  }
  for (int64_t row = 0; row < rows; ++row) {
    for (int i = 0; i < width; ++i) {
      Wide<T>& total = wide<T>(acc[i]);
      total = Op()(total, Map()(static_cast<Wide<T>>(x[row * stride + i])));
    }
  }
}

template <class T>
T finished(Folded folded, Finish finish, int64_t count) noexcept {
  const Wide<T> value = wide<T>(folded);
  switch (finish) {
    case Finish::Divide:
      return element_cast<T>(Div()(value, static_cast<Wide<T>>(count)));
    case Finish::SquareRoot:
      return element_cast<T>(std::sqrt(static_cast<double>(value)));
    case Finish::Logarithm:
      return element_cast<T>(std::log(static_cast<double>(value)));
    case Finish::None:
      break;
  }
  return element_cast<T>(value);
}

template <class T>
void finish_columns(const Folded* acc, int width, Finish finish, int64_t count, void* to) noexcept {
  T* out = static_cast<T*>(to);
  for (int i = 0; i < width; ++i) out[i] = finished<T>(acc[i], finish, count);
}

// The folder of elements T that are combined by Op.
template <class Op, class T>
constexpr Folder make_folder(decltype(Folder::row) row, decltype(Folder::columns) columns,
                             decltype(Folder::rows) rows = nullptr) noexcept {
  Folder folder = {{}, sizeof(T), row, columns, rows, finish_columns<T>};
  const auto start = static_cast<Wide<T>>(neutral<Op, T>());
  if constexpr (std::is_floating_point_v<T>) {
    folder.neutral = {.real = start};
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    folder.neutral = {.natural = start};
  } else {
    folder.neutral = {.whole = start};
  }
  return folder;
}

// folder_of, taking elements one by one.
const Folder* folder_by_element(DType dtype, Fold fold) noexcept;

}  // namespace fovea::kernels
