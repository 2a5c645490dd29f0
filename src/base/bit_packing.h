#pragma once

#include <cstddef>
#include <cstdint>

// Elements of 2, 4, 6 or 8 bits, as ONNX packs them: one after the other from the lowest bit of
// each byte on (onnx.proto, TensorProto.raw_data).

namespace fovea {

// Codes of `bits` bits, a byte each, from a packed array's begin.
void unpack_bits(const std::byte* from, int bits, int64_t count, uint8_t* to) noexcept;

// The reverse; bits of `from` above the lowest `bits` are ignored, and those of the last byte that
// are left over become 0.
void pack_bits(const uint8_t* from, int bits, int64_t count, std::byte* to) noexcept;

}  // namespace fovea
