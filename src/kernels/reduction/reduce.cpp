#include "kernels/reduction/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/elementwise/binary.h"
#include "kernels/elementwise/convert.h"
#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

constexpr int kColumns = 16;
constexpr int64_t kGrain = 16384;

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
  F32x4 operator()(F32x4 x) const { return simd::abs(x); }
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

template <class Op, class Map>
float fold_contiguous(const float* x, int64_t count) noexcept {
  F32x4 acc[4];
  std::fill_n(acc, 4, F32x4::splat(neutral<Op, float>()));
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) {
    for (int v = 0; v < 4; ++v) acc[v] = Op()(acc[v], Map()(F32x4::load(x + i + 4 * v)));
  }
  const F32x4 all = Op()(Op()(acc[0], acc[1]), Op()(acc[2], acc[3]));
  float total = Op()(Op()(all[0], all[1]), Op()(all[2], all[3]));
  for (; i < count; ++i) total = Op()(total, Map()(x[i]));
  return total;
}

template <class Op, class Map, class T>
void fold_row(const void* from, int64_t stride, int64_t count, Folded* acc) noexcept {
  const T* x = static_cast<const T*>(from);
  Wide<T>& total = wide<T>(*acc);
  if constexpr (std::is_same_v<T, float>) {
    if (stride == 1) {
      total = Op()(total, static_cast<double>(fold_contiguous<Op, Map>(x, count)));
      return;
    }
  }
  for (int64_t i = 0; i < count; ++i) {
    total = Op()(total, Map()(static_cast<Wide<T>>(x[i * stride])));
  }
}

// `Vectors` vectors of neighbouring columns.
template <class Op, class Map, int Vectors>
void fold_vectors(const float* x, int64_t stride, int64_t rows, Folded* to) noexcept {
  F32x4 acc[Vectors];
  std::fill_n(acc, Vectors, F32x4::splat(neutral<Op, float>()));
  for (int64_t row = 0; row < rows; ++row, x += stride) {
    for (int v = 0; v < Vectors; ++v) acc[v] = Op()(acc[v], Map()(F32x4::load(x + 4 * v)));
  }
  for (int lane = 0; lane < 4 * Vectors; ++lane) {
    to[lane].real = Op()(to[lane].real, static_cast<double>(acc[lane / 4][lane % 4]));
  }
}

template <class Op, class Map, class T>
void fold_columns(const void* from, int64_t stride, int64_t rows, int width, Folded* acc) noexcept {
  const T* x = static_cast<const T*>(from);
  int done = 0;
  if constexpr (std::is_same_v<T, float>) {
    if (width == kColumns) {
      fold_vectors<Op, Map, kColumns / 4>(x, stride, rows, acc);
      return;
    }
    for (; done + 4 <= width; done += 4) {
      fold_vectors<Op, Map, 1>(x + done, stride, rows, acc + done);
    }
  }
  for (int64_t row = 0; row < rows; ++row) {
    for (int i = done; i < width; ++i) {
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

template <class Op, class Map, class T>
const Folder* make_folder() noexcept {
  static const Folder folder = [] {
    Folder made = {
        {}, sizeof(T), fold_row<Op, Map, T>, fold_columns<Op, Map, T>, finish_columns<T>};
    wide<T>(made.neutral) = static_cast<Wide<T>>(neutral<Op, T>());
    return made;
  }();
  return &folder;
}

template <class Op, class Map = AsIs>
const Folder* numeric_folder(DType dtype) noexcept {
  switch (dtype) {
    case DType::Float:
      return make_folder<Op, Map, float>();
    case DType::Double:
      return make_folder<Op, Map, double>();
    case DType::Int32:
      return make_folder<Op, Map, int32_t>();
    case DType::Uint32:
      return make_folder<Op, Map, uint32_t>();
    case DType::Uint64:
      return make_folder<Op, Map, uint64_t>();
    case DType::Int64:
      return make_folder<Op, Map, int64_t>();
    default:
      return nullptr;
  }
}

template <class Op>
const Folder* extreme_folder(DType dtype) noexcept {
  if (dtype == DType::Int8) return make_folder<Op, AsIs, int8_t>();
  if (dtype == DType::Uint8 || dtype == DType::Bool) return make_folder<Op, AsIs, uint8_t>();
  return numeric_folder<Op>(dtype);
}

// Folds what meets in `width` neighbouring output elements; neighbours lie `kept_stride` apart.
void fold_all(const LoopNest<1>& reduced, const Folder& folder, const std::byte* from,
              int64_t kept_stride, int width, Folded* acc) noexcept {
  const auto bytes = static_cast<int64_t>(folder.element_bytes);
  for (RowCursor<1> row(reduced, 0, reduced.iterations()); row; row.next()) {
    for (int64_t done = 0; done < row.count(); done += kFoldBlock) {
      const int64_t count = std::min(kFoldBlock, row.count() - done);
      const std::byte* block = from + (row.offset(0) + done * row.stride(0)) * bytes;
      if (kept_stride == 1) {
        folder.columns(block, row.stride(0), count, width, acc);
      } else {
        for (int i = 0; i < width; ++i) {
          folder.row(block + i * kept_stride * bytes, row.stride(0), count, acc + i);
        }
      }
    }
  }
}

int64_t grain_of(const Reduction& reduction) noexcept {
  return kGrain / (reduction.reduced.iterations() + 1) + 1;
}

}  // namespace

const Folder* folder_of(DType dtype, Fold fold) noexcept {
  switch (fold) {
    case Fold::Sum:
      return numeric_folder<Add>(dtype);
    case Fold::SumAbs:
      return numeric_folder<Add, Absolute>(dtype);
    case Fold::SumSquare:
      return numeric_folder<Add, Square>(dtype);
    case Fold::Product:
      return numeric_folder<Mul>(dtype);
    case Fold::Max:
      return extreme_folder<Max>(dtype);
    case Fold::Min:
      return extreme_folder<Min>(dtype);
  }
  return nullptr;
}

void reduce(const Reduction& reduction, const Folder& folder, Finish finish, const std::byte* in,
            std::byte* out, ThreadPool& pool) noexcept {
  const auto bytes = static_cast<int64_t>(folder.element_bytes);
  const int64_t count = reduction.reduced.iterations();
  pool.parallel_for(
      reduction.kept.iterations(), grain_of(reduction), [&](int64_t begin, int64_t end) {
        std::byte* to = out + begin * bytes;
        for (RowCursor<1> row(reduction.kept, begin, end); row; row.next()) {
          for (int64_t done = 0; done < row.count(); done += kColumns) {
            const int width = static_cast<int>(std::min<int64_t>(kColumns, row.count() - done));
            Folded acc[kColumns];
            std::fill_n(acc, width, folder.neutral);
            fold_all(reduction.reduced, folder, in + (row.offset(0) + done * row.stride(0)) * bytes,
                     row.stride(0), width, acc);
            folder.finish(acc, width, finish, count, to);
            to += width * bytes;
          }
        }
      });
}

template <class T>
void log_sum_exp(const Reduction& reduction, const T* in, T* out, ThreadPool& pool) noexcept {
  const LoopNest<1>& reduced = reduction.reduced;
  const auto for_each = [&](const T* from, auto fn) {
    for (RowCursor<1> row(reduced, 0, reduced.iterations()); row; row.next()) {
      for (int64_t i = 0; i < row.count(); ++i) {
        fn(static_cast<double>(from[row.offset(0) + i * row.stride(0)]));
      }
    }
  };
  pool.parallel_for(reduction.kept.iterations(), grain_of(reduction),
                    [&](int64_t begin, int64_t end) {
                      T* to = out + begin;
                      for (RowCursor<1> row(reduction.kept, begin, end); row; row.next()) {
                        for (int64_t i = 0; i < row.count(); ++i) {
                          const T* from = in + row.offset(0) + i * row.stride(0);
                          double largest = -INFINITY, sum = 0;
                          for_each(from, [&](double x) { largest = Max()(largest, x); });
                          // Infinities would meet as inf - inf; around 0 they give what they
                          // should.
                          if (!std::isfinite(largest)) largest = 0;
                          for_each(from, [&](double x) { sum += std::exp(x - largest); });
                          *to++ = element_cast<T>(std::log(sum) + largest);
                        }
                      }
                    });
}

template void log_sum_exp(const Reduction&, const float*, float*, ThreadPool&) noexcept;
template void log_sum_exp(const Reduction&, const double*, double*, ThreadPool&) noexcept;
template void log_sum_exp(const Reduction&, const int32_t*, int32_t*, ThreadPool&) noexcept;
template void log_sum_exp(const Reduction&, const uint32_t*, uint32_t*, ThreadPool&) noexcept;
template void log_sum_exp(const Reduction&, const int64_t*, int64_t*, ThreadPool&) noexcept;
template void log_sum_exp(const Reduction&, const uint64_t*, uint64_t*, ThreadPool&) noexcept;

}  // namespace fovea::kernels
