#pragma once

#include <cstddef>
#include <cstdint>

namespace fovea::kernels {

// out[i] = condition[i * condition_stride] ? yes[i * yes_stride] : no[i * no_stride] for i < count.
// `out` may be `yes` or `no` where that one's stride is 1.
using WhereRow = void (*)(const bool* condition, int64_t condition_stride, const void* yes,
                          int64_t yes_stride, const void* no, int64_t no_stride, void* out,
                          int64_t count) noexcept;

// For elements of 1, 2, 4 or 8 bytes; null for others.
WhereRow where_row(size_t element_size) noexcept;

}  // namespace fovea::kernels
