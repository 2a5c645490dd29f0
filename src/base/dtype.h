#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fovea {

// Element types, numbered as onnx.proto's TensorProto.DataType (up to 60).
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
  Float8E4M3FN = 17,
  Float8E4M3FNUZ = 18,
  Float8E5M2 = 19,
  Float8E5M2FNUZ = 20,
  Uint4 = 21,
  Int4 = 22,
  Float4E2M1 = 23,
  Float8E8M0 = 24,
  Uint2 = 25,
  Int2 = 26,
  Float6E2M3 = 27,
  Float6E3M2 = 28,
  // In no tensor of a file: values of ONNX's other types, see Tensor.
  Map = 61,
  Sequence = 62,
  Absent = 63,
};

enum class DTypeKind : uint8_t { None, Float, Signed, Unsigned, Bool, String, Complex, Sequence };

// What the engine knows of an element type.
struct DTypeInfo {
  DType dtype = DType::Undefined;
  // As onnxruntime's JavaScript API has it where it has one: "float32", "int64", "bool", "string";
  // else as ONNX's operators write it: "float8e4m3fn".
  std::string_view name = "undefined";
  DTypeKind kind = DTypeKind::None;
  int bits = 0;            // of one element; 0 where they have no fixed size
  bool supported = false;  // some operator takes it
};

// Every type of TensorProto.DataType.
std::span<const DTypeInfo> all_dtypes() noexcept;

// The type that has this number in TensorProto.DataType; one named "undefined" where none has.
const DTypeInfo& info_of(int64_t onnx_data_type) noexcept;
const DTypeInfo& info_of(DType dtype) noexcept;

inline std::string_view name_of(DType dtype) noexcept { return info_of(dtype).name; }
inline DTypeKind kind_of(DType dtype) noexcept { return info_of(dtype).kind; }
inline int bits_of(DType dtype) noexcept { return info_of(dtype).bits; }

// Whether elements are C++ objects with memory of their own: std::string or, in a sequence or a
// map, Tensor.
inline bool is_object(DType dtype) noexcept {
  return kind_of(dtype) == DTypeKind::String || kind_of(dtype) == DTypeKind::Sequence;
}

// Whether several elements share a byte.
inline bool is_packed(DType dtype) noexcept { return bits_of(dtype) > 0 && bits_of(dtype) < 8; }

// Whether a number of TensorProto.DataType is a type that the engine computes with.
inline bool is_supported(int64_t onnx_data_type) noexcept {
  return info_of(onnx_data_type).supported;
}

// Whether `wide` has every value of `narrow`, within a kind: no integer is held by a float, and no
// bool by an integer.
bool holds(DType wide, DType narrow) noexcept;

// Bytes that so many elements take. Those of less than a byte are packed, and the last byte may be
// filled in part. 0 for objects.
uint64_t bytes_of(DType dtype, uint64_t elements) noexcept;

// Bytes of one element, for code that addresses elements by bytes. Throws
// Error(UnsupportedAttribute) with the field "dtype" for objects and for types of less than a byte.
size_t element_bytes(DType dtype);

// Makes every byte that is not 0 a 1: any other value of a bool is undefined behaviour in whoever
// reads it.
void normalize_bools(std::span<std::byte> bytes);
// Whether every byte is 0 or 1 already.
bool are_bools(std::span<const std::byte> bytes);

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

template <>
struct DTypeOf<std::string> {
  static constexpr DType value = DType::String;
};

template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

}  // namespace fovea
