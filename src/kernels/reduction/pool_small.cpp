// Pooling that no network waits for: of other elements than float.

#include "kernels/reduction/pool_planes.h"

namespace fovea::kernels {

template void max_pool(const PoolShape&, const double*, double*, int64_t, int64_t) noexcept;
template void max_pool(const PoolShape&, const int8_t*, int8_t*, int64_t, int64_t) noexcept;
template void max_pool(const PoolShape&, const uint8_t*, uint8_t*, int64_t, int64_t) noexcept;
template void max_pool_with_indices(const PoolShape&, const double*, double*, int64_t*, bool,
                                    int64_t, int64_t) noexcept;
template void max_pool_with_indices(const PoolShape&, const int8_t*, int8_t*, int64_t*, bool,
                                    int64_t, int64_t) noexcept;
template void max_pool_with_indices(const PoolShape&, const uint8_t*, uint8_t*, int64_t*, bool,
                                    int64_t, int64_t) noexcept;
template void average_pool(const PoolShape&, const double*, double*, AverageOver, int64_t,
                           int64_t) noexcept;

}  // namespace fovea::kernels
