#pragma once

#include <cstdint>
#include <tuple>
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

// Calls fn(TypeTag<T>{}) with the C++ type of `dtype` if it is one of Ts, else throws
// Error(UnsupportedAttribute): the one way from a run-time element type to a template.
template <class... Ts, class Fn>
auto dispatch(DType dtype, Fn&& fn) {
  using Result = decltype(fn(std::declval<TypeTag<std::tuple_element_t<0, std::tuple<Ts...>>>>()));
  Result (*call)(Fn&) = nullptr;
  ((dtype == dtype_of<Ts> ? void(call = [](Fn& f) -> Result { return f(TypeTag<Ts>{}); }) : void()),
   ...);
  if (!call) throw_unsupported(dtype);
  return call(fn);
}

// dispatch over Ts and the eight integer types.
template <class... Ts, class Fn>
auto dispatch_with_integers(DType dtype, Fn&& fn) {
  return dispatch<Ts..., int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t>(
      dtype, std::forward<Fn>(fn));
}

}  // namespace fovea
