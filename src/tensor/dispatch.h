#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/dtype.h"

namespace fovea {

template <class T>
struct TypeTag {
  using type = T;
};

// Throws Error(UnsupportedAttribute).
[[noreturn]] void throw_unsupported(DType dtype);

// Calls fn(TypeTag<T>{}) with the C++ type of `dtype` if it is one of T and Ts, else throws
// Error(UnsupportedAttribute): the one way from a run-time element type to a template.
template <class T, class... Ts, class Fn>
auto dispatch(DType dtype, Fn&& fn) {
  if (dtype == dtype_of<T>) return fn(TypeTag<T>{});
  if constexpr (sizeof...(Ts) > 0) {
    return dispatch<Ts...>(dtype, fn);
  } else {
    throw_unsupported(dtype);
  }
}

// dispatch over Ts and the eight integer types.
template <class... Ts, class Fn>
auto dispatch_with_integers(DType dtype, Fn&& fn) {
  return dispatch<Ts..., int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t>(
      dtype, std::forward<Fn>(fn));
}

}  // namespace fovea
