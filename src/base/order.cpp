#include "base/order.h"

#include <algorithm>
#include <utility>

namespace fovea::detail {

void sort_places(std::span<int64_t> places, Precedes precedes, const void* less) {
  const auto before = [&](int64_t a, int64_t b) {
    return precedes(less, a, b) || (a < b && !precedes(less, b, a));
  };
  std::make_heap(places.begin(), places.end(), before);
  std::sort_heap(places.begin(), places.end(), before);
}

}  // namespace fovea::detail

namespace fovea {

namespace {

void insertion_sort(std::span<Keyed> items) {
  for (size_t i = 1; i < items.size(); ++i) {
    const Keyed item = items[i];
    size_t at = i;
    for (; at > 0 && items[at - 1].key > item.key; --at) items[at] = items[at - 1];
    items[at] = item;
  }
}

}  // namespace

// Digit by digit, the lowest first; digits in which all keys are alike are left out.
void sort_by_keys(std::span<Keyed> items, std::span<Keyed> scratch) {
  constexpr int kBits = 8;
  constexpr size_t kValues = size_t{1} << kBits;
  // Counting all values of a digit takes longer than sorting a few items.
  constexpr size_t kFew = 40;
  if (items.size() <= kFew) return insertion_sort(items);
  uint64_t varying = 0;
  for (const Keyed& item : items) varying |= item.key ^ items[0].key;
  Keyed *from = items.data(), *to = scratch.data();
  for (int shift = 0; shift < 64; shift += kBits) {
    const auto digit_of = [shift](uint64_t key) {
      return static_cast<size_t>(key >> shift) % kValues;
    };
    if (digit_of(varying) == 0) continue;
    size_t next[kValues] = {};
    const Keyed* end = from + items.size();
    for (const Keyed* item = from; item != end; ++item) ++next[digit_of(item->key)];
    size_t begin = 0;
    for (size_t& at : next) begin += std::exchange(at, begin);
    for (const Keyed* item = from; item != end; ++item) to[next[digit_of(item->key)]++] = *item;
    std::swap(from, to);
  }
  if (from != items.data()) std::copy_n(from, items.size(), items.data());
}

}  // namespace fovea
