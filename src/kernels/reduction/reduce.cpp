#include "kernels/reduction/reduce.h"

#include <algorithm>

#include "kernels/reduction/fold.h"
#include "simd/loops.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

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

template <Fold kFold, class Op, class Map>
void fold_row_of_floats(const void* from, int64_t stride, int64_t count, Folded* acc) noexcept {
  if (stride != 1) return folder_by_element(DType::Float, kFold)->row(from, stride, count, acc);
  const float total = fold_contiguous<Op, Map>(static_cast<const float*>(from), count);
  acc->real = Op()(acc->real, static_cast<double>(total));
}

// The sums of four rows, `stride` apart, of `count` neighbouring elements.
F32x4 sum_four_rows(const float* x, int64_t stride, int64_t count) noexcept {
  F32x4 sum[4] = {F32x4::zero(), F32x4::zero(), F32x4::zero(), F32x4::zero()};
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    FOVEA_UNROLL for (int row = 0; row < 4; ++row) sum[row] += F32x4::load(x + row * stride + i);
  }
  transpose4x4(sum[0], sum[1], sum[2], sum[3]);
  F32x4 all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  for (x += i; i < count; ++i, ++x) {
    all += F32x4::set(x[0], x[stride], x[2 * stride], x[3 * stride]);
  }
  return all;
}

// Of sums and means alone, which networks have of short rows.
void fold_rows_of_sums(const void* from, int64_t stride, int64_t count, int width,
                       Folded* acc) noexcept {
  const float* x = static_cast<const float*>(from);
  int row = 0;
  for (; row + 4 <= width; row += 4) {
    const F32x4 four = sum_four_rows(x + row * stride, stride, count);
    for (int lane = 0; lane < 4; ++lane) acc[row + lane].real += static_cast<double>(four[lane]);
  }
  for (; row < width; ++row) {
    acc[row].real += static_cast<double>(fold_contiguous<Add, AsIs>(x + row * stride, count));
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

template <Fold kFold, class Op, class Map>
void fold_columns_of_floats(const void* from, int64_t stride, int64_t rows, int width,
                            Folded* acc) noexcept {
  const float* x = static_cast<const float*>(from);
  if (width == kFoldColumns) return fold_vectors<Op, Map, kFoldColumns / 4>(x, stride, rows, acc);
  int done = 0;
  for (; done + 4 <= width; done += 4) {
    fold_vectors<Op, Map, 1>(x + done, stride, rows, acc + done);
  }
  if (done == width) return;
  const Folder* rest = folder_by_element(DType::Float, kFold);
  rest->columns(x + done, stride, rows, width - done, acc + done);
}

template <Fold kFold, class Op, class Map = AsIs>
constexpr Folder kFloatFolder = make_folder<Op, float>(fold_row_of_floats<kFold, Op, Map>,
                                                       fold_columns_of_floats<kFold, Op, Map>,
                                                       kFold == Fold::Sum ? fold_rows_of_sums
                                                                          : nullptr);

const Folder* float_folder(Fold fold) noexcept {
  switch (fold) {
    case Fold::Sum:
      return &kFloatFolder<Fold::Sum, Add>;
    case Fold::SumAbs:
      return &kFloatFolder<Fold::SumAbs, Add, Absolute>;
    case Fold::SumSquare:
      return &kFloatFolder<Fold::SumSquare, Add, Square>;
    case Fold::Product:
      return &kFloatFolder<Fold::Product, Mul>;
    case Fold::Max:
      return &kFloatFolder<Fold::Max, Max>;
    case Fold::Min:
      return &kFloatFolder<Fold::Min, Min>;
  }
  return nullptr;
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
      } else if (folder.rows && row.stride(0) == 1) {
        folder.rows(block, kept_stride, count, width, acc);
      } else {
        for (int i = 0; i < width; ++i) {
          folder.row(block + i * kept_stride * bytes, row.stride(0), count, acc + i);
        }
      }
    }
  }
}

}  // namespace

const Folder* folder_of(DType dtype, Fold fold) noexcept {
  return dtype == DType::Float ? float_folder(fold) : folder_by_element(dtype, fold);
}

void reduce(const Reduction& reduction, const Folder& folder, Finish finish, const std::byte* in,
            std::byte* out, ThreadPool& pool) noexcept {
  const auto bytes = static_cast<int64_t>(folder.element_bytes);
  const int64_t count = reduction.reduced.iterations();
  pool.parallel_for(
      reduction.kept.iterations(), reduction.grain(), [&](int64_t begin, int64_t end) {
        std::byte* to = out + begin * bytes;
        for (RowCursor<1> row(reduction.kept, begin, end); row; row.next()) {
          for (int64_t done = 0; done < row.count(); done += kFoldColumns) {
            const int width = static_cast<int>(std::min<int64_t>(kFoldColumns, row.count() - done));
            Folded acc[kFoldColumns];
            std::fill_n(acc, width, folder.neutral);
            fold_all(reduction.reduced, folder, in + (row.offset(0) + done * row.stride(0)) * bytes,
                     row.stride(0), width, acc);
            folder.finish(acc, width, finish, count, to);
            to += width * bytes;
          }
        }
      });
}

}  // namespace fovea::kernels
