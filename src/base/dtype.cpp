#include "base/dtype.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include "base/error.h"

namespace fovea {

namespace {

using enum DTypeKind;

// Where a type's number is its index.
constexpr DTypeInfo kDTypes[] = {
    {},
    {DType::Float, "float32", Float, 32, true},
    {DType::Uint8, "uint8", Unsigned, 8, true},
    {DType::Int8, "int8", Signed, 8, true},
    {DType::Uint16, "uint16", Unsigned, 16, true},
    {DType::Int16, "int16", Signed, 16, true},
    {DType::Int32, "int32", Signed, 32, true},
    {DType::Int64, "int64", Signed, 64, true},
    {DType::String, "string", String, 0, true},
    {DType::Bool, "bool", Bool, 8, true},
    {DType::Float16, "float16", Float, 16, true},
    {DType::Double, "float64", Float, 64, true},
    {DType::Uint32, "uint32", Unsigned, 32, true},
    {DType::Uint64, "uint64", Unsigned, 64, true},
    {DType::Complex64, "complex64", Complex, 64, true},
    {DType::Complex128, "complex128", Complex, 128, true},
    {DType::BFloat16, "bfloat16", Float, 16, true},
    {DType::Float8E4M3FN, "float8e4m3fn", Float, 8, true},
    {DType::Float8E4M3FNUZ, "float8e4m3fnuz", Float, 8, true},
    {DType::Float8E5M2, "float8e5m2", Float, 8, true},
    {DType::Float8E5M2FNUZ, "float8e5m2fnuz", Float, 8, true},
    {DType::Uint4, "uint4", Unsigned, 4, true},
    {DType::Int4, "int4", Signed, 4, true},
    {DType::Float4E2M1, "float4e2m1", Float, 4, true},
    {DType::Float8E8M0, "float8e8m0", Float, 8, true},
    {DType::Uint2, "uint2", Unsigned, 2, true},
    {DType::Int2, "int2", Signed, 2, true},
    {DType::Float6E2M3, "float6e2m3", Float, 6, true},
    {DType::Float6E3M2, "float6e3m2", Float, 6, true},
};

constexpr DTypeInfo kMap = {DType::Map, "map", Sequence, 0, true};
constexpr DTypeInfo kSequence = {DType::Sequence, "sequence", Sequence, 0, true};
constexpr DTypeInfo kAbsent = {DType::Absent, "optional without a value", None, 0, true};

constexpr bool every_type_stands_at_its_number() {
  for (size_t i = 0; i < std::size(kDTypes); ++i) {
    if (static_cast<size_t>(kDTypes[i].dtype) != i) return false;
  }
  return true;
}
static_assert(every_type_stands_at_its_number());

}  // namespace

std::span<const DTypeInfo> all_dtypes() noexcept { return std::span(kDTypes).subspan(1); }

const DTypeInfo& info_of(int64_t onnx_data_type) noexcept {
  const bool known = onnx_data_type > 0 && onnx_data_type < std::ssize(kDTypes);
  return kDTypes[known ? onnx_data_type : 0];
}

const DTypeInfo& info_of(DType dtype) noexcept {
  if (dtype == DType::Map) return kMap;
  if (dtype == DType::Sequence) return kSequence;
  if (dtype == DType::Absent) return kAbsent;
  return info_of(static_cast<int64_t>(dtype));
}

bool holds(DType wide, DType narrow) noexcept {
  const DTypeInfo &outer = info_of(wide), &inner = info_of(narrow);
  if (wide == narrow) return true;
  switch (inner.kind) {
    case Unsigned:
      return (outer.kind == Signed || outer.kind == Unsigned) && outer.bits > inner.bits;
    case Signed:
    case Complex:
      return outer.kind == inner.kind && outer.bits > inner.bits;
    case Float:
      // Of formats of fewer bits, none holds another.
      return outer.kind == Float && outer.bits > inner.bits && outer.bits >= 32;
    default:
      return false;
  }
}

uint64_t bytes_of(DType dtype, uint64_t elements) noexcept {
  const auto bits = static_cast<uint64_t>(bits_of(dtype));
  // Whole bytes first: elements times bits might not fit.
  return elements / 8 * bits + (elements % 8 * bits + 7) / 8;
}

size_t element_bytes(DType dtype) {
  const int bits = bits_of(dtype);
  if (bits == 0 || bits % 8 != 0) {
    throw Error(ErrorCode::UnsupportedAttribute,
                text("tensors of type ", name_of(dtype), " are not supported here"))
        .with("dtype", std::string(name_of(dtype)));
  }
  return static_cast<size_t>(bits / 8);
}

void normalize_bools(std::span<std::byte> bytes) {
  std::ranges::transform(bytes, bytes.begin(), [](std::byte byte) {
    return byte == std::byte{0} ? std::byte{0} : std::byte{1};
  });
}

bool are_bools(std::span<const std::byte> bytes) {
  uint64_t seen = 0, word = 0;
  size_t i = 0;
  for (; i + sizeof(word) <= bytes.size(); i += sizeof(word)) {
    std::memcpy(&word, bytes.data() + i, sizeof(word));
    seen |= word;
  }
  for (; i < bytes.size(); ++i) seen |= static_cast<uint64_t>(bytes[i]);
  return (seen & 0xfefefefefefefefe) == 0;
}

float to_float(Half value) {
  const uint32_t sign = static_cast<uint32_t>(value.bits & 0x8000u) << 16;
  const uint32_t magnitude = value.bits & 0x7fffu;
  if (magnitude >= 0x7c00u) {
    return std::bit_cast<float>(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  }
  // The exponent is rebased by a multiplication, which also normalises subnormals.
  const float scaled = std::bit_cast<float>(magnitude << 13) * 0x1p112f;
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(scaled));
}

float to_float(BFloat value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16);
}

Half to_half(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000u);
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u)
    return {static_cast<uint16_t>(sign | 0x7e00u | (magnitude >> 13 & 0x1ffu))};
  if (magnitude >= 0x477ff000u) return {static_cast<uint16_t>(sign | 0x7c00u)};
  if (magnitude < 0x38800000u) {
    // Adding 0.5 aligns a subnormal's last place with the float's, so the adder does the rounding.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return {static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u))};
  }
  const uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
  return {static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13))};
}

BFloat to_bfloat(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>(bits >> 16 | 0x40u)};
  return {static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16)};
}

}  // namespace fovea
