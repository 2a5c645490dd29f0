#include "kernels/elementwise/order_key.h"

namespace fovea::kernels {

template <class T>
void order_keys(const void* from, int64_t stride, int64_t count, bool descending,
                uint64_t* keys) noexcept {
  const T* numbers = static_cast<const T*>(from);
  const uint64_t flip = descending ? ~uint64_t{0} : 0;
  for (int64_t i = 0; i < count; ++i) keys[i] = ascending_key(numbers[i * stride]) ^ flip;
}

template void order_keys<float>(const void*, int64_t, int64_t, bool, uint64_t*) noexcept;
template void order_keys<double>(const void*, int64_t, int64_t, bool, uint64_t*) noexcept;
template void order_keys<int64_t>(const void*, int64_t, int64_t, bool, uint64_t*) noexcept;
template void order_keys<uint64_t>(const void*, int64_t, int64_t, bool, uint64_t*) noexcept;

}  // namespace fovea::kernels
