#include "kernels/elementwise/where.h"

namespace fovea::kernels {
namespace {

// A stride of 1 or 0 as a constant, which the compiler needs to make vectors of the loop.
template <int64_t yes_stride, int64_t no_stride, class T>
void select(const bool* condition, const T* yes, const T* no, T* out, int64_t count) noexcept {
  for (int64_t i = 0; i < count; ++i) {
    const T a = yes[i * yes_stride], b = no[i * no_stride];
    out[i] = condition[i] ? a : b;
  }
}

// T stands for any element type of its size. Floats' is the one that networks select much of.
template <class T>
void row(const bool* condition, int64_t condition_stride, const void* yes, int64_t yes_stride,
         const void* no, int64_t no_stride, void* out, int64_t count) noexcept {
  const T* a = static_cast<const T*>(yes);
  const T* b = static_cast<const T*>(no);
  T* to = static_cast<T*>(out);
  if constexpr (sizeof(T) == sizeof(float)) {
    if (condition_stride == 1 && yes_stride == 1 && no_stride == 1) {
      return select<1, 1>(condition, a, b, to, count);
    }
    if (condition_stride == 1 && yes_stride == 1 && no_stride == 0) {
      return select<1, 0>(condition, a, b, to, count);
    }
    if (condition_stride == 1 && yes_stride == 0 && no_stride == 1) {
      return select<0, 1>(condition, a, b, to, count);
    }
  }
  for (int64_t i = 0; i < count; ++i) {
    to[i] = condition[i * condition_stride] ? a[i * yes_stride] : b[i * no_stride];
  }
}

}  // namespace

WhereRow where_row(size_t element_size) noexcept {
  switch (element_size) {
    case 1:
      return row<uint8_t>;
    case 2:
      return row<uint16_t>;
    case 4:
      return row<uint32_t>;
    case 8:
      return row<uint64_t>;
    default:
      return nullptr;
  }
}

}  // namespace fovea::kernels
