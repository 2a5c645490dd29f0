#include "base/order.h"

#include <algorithm>

namespace fovea::detail {

void sort_places(std::span<int64_t> places, Precedes precedes, const void* less) {
  const auto before = [&](int64_t a, int64_t b) {
    return precedes(less, a, b) || (a < b && !precedes(less, b, a));
  };
  std::make_heap(places.begin(), places.end(), before);
  std::sort_heap(places.begin(), places.end(), before);
}

}  // namespace fovea::detail
