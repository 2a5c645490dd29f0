#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fovea {

// Element types, numbered as onnx.proto's TensorProto.DataType.
enum class DType : uint8_t {
  Undefined = 0,
  Float = 1,
  Uint8 = 2,
  Int8 = 3,
  Uint16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  String = 8,
  Bool = 9,
  Float16 = 10,
  Double = 11,
  Uint32 = 12,
  Uint64 = 13,
  Complex64 = 14,
  Complex128 = 15,
  BFloat16 = 16,
};

// Bytes of one element; 0 for String and Undefined, which have no fixed size.
size_t size_of(DType dtype);

// The name onnxruntime's JavaScript API uses: "float32", "int64", "bool", "string", ...
std::string_view name_of(DType dtype);

// True for the values TensorProto.DataType defines that this engine can hold.
bool is_supported(int onnx_data_type);

// IEEE 754 binary16 and bfloat16 in their raw 16 bits, each a type of its own so that templates can
// tell them from uint16_t.
struct Half {
  uint16_t bits;
};
struct BFloat {
  uint16_t bits;
};

// Exact widening; narrowing rounds to nearest even, keeps infinities and quiets NaNs.
float to_float(Half value);
float to_float(BFloat value);
Half to_half(float value);
BFloat to_bfloat(float value);

template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::Float;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::Double;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::Uint8;
};
template <>
struct DTypeOf<int8_t> {
  static constexpr DType value = DType::Int8;
};
template <>
struct DTypeOf<uint16_t> {
  static constexpr DType value = DType::Uint16;
};
template <>
struct DTypeOf<int16_t> {
  static constexpr DType value = DType::Int16;
};
template <>
struct DTypeOf<uint32_t> {
  static constexpr DType value = DType::Uint32;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::Int32;
};
template <>
struct DTypeOf<uint64_t> {
  static constexpr DType value = DType::Uint64;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::Int64;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::Bool;
};
template <>
struct DTypeOf<Half> {
  static constexpr DType value = DType::Float16;
};
template <>
struct DTypeOf<BFloat> {
  static constexpr DType value = DType::BFloat16;
};

template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

}  // namespace fovea
