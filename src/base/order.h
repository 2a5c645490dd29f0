#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

// Sorting by places: std::sort is two kilobytes of program for each kind of thing and each order,
// this is one for all of them.
namespace fovea {

namespace detail {
using Precedes = bool (*)(const void* less, int64_t a, int64_t b);
void sort_places(std::span<int64_t> places, Precedes precedes, const void* less);
}  // namespace detail

// Sorts places, all of them different, of things for which less(a, b) says whether that at place a
// comes before that at b. Of equal things, that at the lower place comes first.
template <class Less>
void sort_places(std::span<int64_t> places, const Less& less) {
  const auto precedes = [](const void* of, int64_t a, int64_t b) {
    return static_cast<bool>((*static_cast<const Less*>(of))(a, b));
  };
  detail::sort_places(places, precedes, &less);
}

// The places of `count` things in their order.
template <class Less>
std::vector<int64_t> order_of(size_t count, const Less& less) {
  std::vector<int64_t> places(count);
  std::iota(places.begin(), places.end(), int64_t{0});
  sort_places(places, less);
  return places;
}

// Sorts the values themselves, the lowest first.
template <class T>
void sort_values(std::vector<T>& values) {
  std::vector<T> sorted;
  sorted.reserve(values.size());
  const auto at = [&](int64_t place) -> const T& { return values[static_cast<size_t>(place)]; };
  for (const int64_t place :
       order_of(values.size(), [&](int64_t a, int64_t b) { return at(a) < at(b); })) {
    sorted.push_back(at(place));
  }
  values = std::move(sorted);
}

// A thing to be sorted by a number: its key, and which it is.
struct Keyed {
  uint64_t key;
  int64_t place;
};

// Sorts by the keys, the lowest first; of equal keys, what is first stays first. The time grows
// with the number of items alone. `scratch` has room for as many.
void sort_by_keys(std::span<Keyed> items, std::span<Keyed> scratch);

}  // namespace fovea
