// Reductions that no network waits for: of integers and doubles, and ReduceLogSumExp.

#include <cmath>

#include "kernels/reduction/fold.h"

namespace fovea::kernels {
namespace {

template <class Op, class Map, class T>
constexpr Folder kFolder = make_folder<Op, T>(fold_row<Op, Map, T>, fold_columns<Op, Map, T>);

template <class Op, class Map = AsIs>
const Folder* numeric_folder(DType dtype) noexcept {
  switch (dtype) {
    case DType::Float:
      return &kFolder<Op, Map, float>;
    case DType::Double:
      return &kFolder<Op, Map, double>;
    case DType::Int32:
      return &kFolder<Op, Map, int32_t>;
    case DType::Uint32:
      return &kFolder<Op, Map, uint32_t>;
    case DType::Uint64:
      return &kFolder<Op, Map, uint64_t>;
    case DType::Int64:
      return &kFolder<Op, Map, int64_t>;
    default:
      return nullptr;
  }
}

template <class Op>
const Folder* extreme_folder(DType dtype) noexcept {
  if (dtype == DType::Int8) return &kFolder<Op, AsIs, int8_t>;
  if (dtype == DType::Uint8 || dtype == DType::Bool) return &kFolder<Op, AsIs, uint8_t>;
  return numeric_folder<Op>(dtype);
}

// out[to] of what is reduced from in[from] on.
using LogSumExp = void (*)(const LoopNest<1>& reduced, const std::byte* in, int64_t from,
                           std::byte* out, int64_t to) noexcept;

template <class T>
void log_sum_exp_of_one(const LoopNest<1>& reduced, const std::byte* in, int64_t from,
                        std::byte* out, int64_t to) noexcept {
  const T* values = reinterpret_cast<const T*>(in);
  const auto for_each = [&](auto fn) {
    for (RowCursor<1> row(reduced, 0, reduced.iterations()); row; row.next()) {
      for (int64_t i = 0; i < row.count(); ++i) {
        fn(static_cast<double>(values[from + row.offset(0) + i * row.stride(0)]));
      }
    }
  };
  double largest = -INFINITY, sum = 0;
  for_each([&](double x) { largest = Max()(largest, x); });
  // Infinities would meet as inf - inf; around 0 they give what they should.
  if (!std::isfinite(largest)) largest = 0;
  for_each([&](double x) { sum += std::exp(x - largest); });
  reinterpret_cast<T*>(out)[to] = element_cast<T>(std::log(sum) + largest);
}

LogSumExp log_sum_exp_of(DType dtype) noexcept {
  switch (dtype) {
    case DType::Float:
      return log_sum_exp_of_one<float>;
    case DType::Double:
      return log_sum_exp_of_one<double>;
    case DType::Int32:
      return log_sum_exp_of_one<int32_t>;
    case DType::Uint32:
      return log_sum_exp_of_one<uint32_t>;
    case DType::Int64:
      return log_sum_exp_of_one<int64_t>;
    case DType::Uint64:
      return log_sum_exp_of_one<uint64_t>;
    default:
      return nullptr;
  }
}

}  // namespace

const Folder* folder_by_element(DType dtype, Fold fold) noexcept {
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

void log_sum_exp(const Reduction& reduction, DType dtype, const std::byte* in, std::byte* out,
                 ThreadPool& pool) noexcept {
  const LogSumExp of_one = log_sum_exp_of(dtype);
  pool.parallel_for(
      reduction.kept.iterations(), reduction.grain(), [&](int64_t begin, int64_t end) {
        int64_t to = begin;
        for (RowCursor<1> row(reduction.kept, begin, end); row; row.next()) {
          for (int64_t i = 0; i < row.count(); ++i) {
            of_one(reduction.reduced, in, row.offset(0) + i * row.stride(0), out, to++);
          }
        }
      });
}

}  // namespace fovea::kernels
