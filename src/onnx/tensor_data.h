#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/dtype.h"
#include "onnx/model.h"

// The elements of a TensorProto, whichever way they are stored. Every error here carries the
// tensor's name in the field "tensor".
namespace fovea::onnx {

// Where the elements of an external tensor lie, from TensorProto.external_data.
struct ExternalData {
  std::string_view location;  // a path relative to the model, '/'-separated
  uint64_t offset = 0;        // bytes from the beginning of the file
  std::optional<uint64_t> length;
  std::string_view checksum;  // SHA-1 in hexadecimal, or empty
};

// Nothing for a tensor stored in the model itself. Throws Error(MalformedModel) when the location
// is missing or a number is not one.
std::optional<ExternalData> external_data(const Tensor& tensor);

// Throws Error(UnsupportedAttribute) for element types this engine cannot hold (4-bit and 8-bit
// floating point, ...) and Error(MalformedModel) for the undefined one.
DType element_type(const Tensor& tensor);

// The product of the dimensions; 1 for a scalar. Throws Error(MalformedModel) when a dimension is
// negative, the product exceeds 2^53 or there are more than kMaxRank.
int64_t element_count(const Tensor& tensor);

// Bytes of the elements stored densely; also of an external tensor. Throws as element_type and
// element_count do, and Error(UnsupportedAttribute) for strings, which have no fixed size.
size_t byte_size(const Tensor& tensor);

// Checks that a tensor stored in the model has as many elements as its dimensions say, strings
// included. Throws Error(MalformedModel) otherwise, Error(InvalidInput) when the tensor is external
// and Error(UnsupportedAttribute) for one of several segments.
void check_elements(const Tensor& tensor);

// The elements, dense and little-endian, where they lie so in the file (raw_data, or float_data and
// double_data in one run); not necessarily aligned. Nothing when copy_elements() has to unpack
// them. Throws as check_elements does.
std::optional<std::span<const std::byte>> dense_view(const Tensor& tensor);

// Writes the elements, dense and little-endian, to `out`, which has byte_size(tensor) bytes (else
// Error(Internal)). Typed fields are unpacked as onnx.proto says: bool and integers up to 32 bits,
// float16 and bfloat16 bits come from int32_data, uint32 from uint64_data; a bool is written as 0
// or 1 whatever is stored. Throws as check_elements does; strings are taken from string_data
// directly.
void copy_elements(const Tensor& tensor, std::span<std::byte> out);

}  // namespace fovea::onnx
