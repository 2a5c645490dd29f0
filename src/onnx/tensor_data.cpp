#include "onnx/tensor_data.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bit_packing.h"
#include "base/error.h"
#include "base/integers.h"
#include "base/shape.h"
#include "base/whole_number.h"

namespace fovea::onnx {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is copied as it is");

constexpr int64_t kMaxElements = int64_t{1} << 53;

Error fault(const Tensor& tensor, ErrorCode code, std::string_view reason) {
  return Error(code, text("Tensor \"", tensor.name, "\" ", reason, "."))
      .with("tensor", std::string(tensor.name));
}

uint64_t parse_number(const Tensor& tensor, std::string_view digits) {
  uint64_t value = 0;
  if (!read_whole(digits, value)) {
    throw fault(tensor, ErrorCode::MalformedModel,
                text("has \"", digits, "\" for a number in its external data"));
  }
  return value;
}

// Calls visit with the typed field that holds elements of this type (onnx.proto, TensorProto);
// string_data is another matter.
template <class Visit>
auto visit_typed_field(const Tensor& tensor, DType dtype, Visit visit) {
  switch (dtype) {
    case DType::Float:
    case DType::Complex64:
      return visit(tensor.float_data);
    case DType::Double:
    case DType::Complex128:
      return visit(tensor.double_data);
    case DType::Int64:
      return visit(tensor.int64_data);
    case DType::Uint32:
    case DType::Uint64:
      return visit(tensor.uint64_data);
    default:
      return visit(tensor.int32_data);
  }
}

// Entries of that field for so many elements. A complex number takes two, and those of 2 and 4 bits
// come in bytes, those of 6 by themselves.
uint64_t typed_entries(DType dtype, uint64_t elements) {
  const int bits = bits_of(dtype);
  if (kind_of(dtype) == DTypeKind::Complex) return 2 * elements;
  return bits == 2 || bits == 4 ? bytes_of(dtype, elements) : elements;
}

struct Count {
  uint64_t stored;
  uint64_t expected;
  std::string_view what;
};

Count count_stored(const Tensor& tensor, DType dtype) {
  const auto elements = static_cast<uint64_t>(element_count(tensor));
  if (dtype == DType::String) return {tensor.string_data.size(), elements, "strings"};
  if (!tensor.raw_data.empty()) {
    return {tensor.raw_data.size(), bytes_of(dtype, elements), "bytes"};
  }
  const size_t stored =
      visit_typed_field(tensor, dtype, [](const auto& field) { return field.size(); });
  return {stored, typed_entries(dtype, elements), "numbers"};
}

// A wider varint's low bytes are the element: integers are two's complement, and the bits of
// float16 and bfloat16 are stored as an integer.
template <class T>
void copy_low_bytes(const Packed<T>& field, size_t width, std::span<std::byte> out) {
  std::byte* to = out.data();
  field.for_each([&](T value) {
    std::memcpy(to, &value, width);
    to += width;
  });
}

}  // namespace

std::optional<ExternalData> external_data(const Tensor& tensor) {
  if (tensor.data_location != Tensor::kExternal) return std::nullopt;
  ExternalData out;
  for (const auto& [key, value] : tensor.external_data) {
    if (key == "location") out.location = value;
    if (key == "offset") out.offset = parse_number(tensor, value);
    if (key == "length") out.length = parse_number(tensor, value);
    if (key == "checksum") out.checksum = value;
  }
  if (out.location.empty()) {
    throw fault(tensor, ErrorCode::MalformedModel, "is external but does not say in which file");
  }
  return out;
}

DType element_type(const Tensor& tensor) {
  if (tensor.data_type == 0) {
    throw fault(tensor, ErrorCode::MalformedModel, "has no element type");
  }
  if (!is_supported(tensor.data_type)) {
    throw fault(tensor, ErrorCode::UnsupportedAttribute,
                text("has elements of type ", info_of(tensor.data_type).name, " (",
                     tensor.data_type, " of TensorProto.DataType), which no operator takes"))
        .with("dtype", std::string(info_of(tensor.data_type).name));
  }
  return static_cast<DType>(tensor.data_type);
}

int64_t element_count(const Tensor& tensor) {
  if (std::ranges::any_of(tensor.dims, [](int64_t dim) { return dim < 0; })) {
    throw fault(tensor, ErrorCode::MalformedModel, "has a negative dimension");
  }
  if (tensor.dims.size() > size_t{kMaxRank}) {
    throw fault(tensor, ErrorCode::MalformedModel,
                text("has ", tensor.dims.size(), " dimensions, more than ", kMaxRank));
  }
  if (std::ranges::find(tensor.dims, 0) != tensor.dims.end()) return 0;
  int64_t count = 1;
  for (const int64_t dim : tensor.dims) {
    if (dim > kMaxElements / count) {
      throw fault(tensor, ErrorCode::MalformedModel, "has more than 2^53 elements");
    }
    count *= dim;
  }
  return count;
}

size_t byte_size(const Tensor& tensor) {
  const DType dtype = element_type(tensor);
  if (dtype == DType::String) {
    throw fault(tensor, ErrorCode::UnsupportedAttribute, "holds strings where numbers are needed");
  }
  try {
    return checked_size(bytes_of(dtype, static_cast<uint64_t>(element_count(tensor))));
  } catch (Error& error) {
    error.with("tensor", std::string(tensor.name));
    throw;
  }
}

void check_elements(const Tensor& tensor) {
  const DType dtype = element_type(tensor);
  if (tensor.data_location == Tensor::kExternal) {
    throw fault(tensor, ErrorCode::InvalidInput, "lies in an external file");
  }
  if (tensor.has_segment) {
    throw fault(tensor, ErrorCode::UnsupportedAttribute, "is stored in segments");
  }
  const Count count = count_stored(tensor, dtype);
  if (count.stored == count.expected) return;
  throw fault(tensor, ErrorCode::MalformedModel,
              text("should have ", count.expected, " ", count.what, " by its dimensions and type ",
                   name_of(dtype), ", but ", count.stored, " are stored"));
}

std::optional<std::span<const std::byte>> dense_view(const Tensor& tensor) {
  check_elements(tensor);
  const DType dtype = element_type(tensor);
  if (dtype == DType::String || dtype == DType::Bool) return std::nullopt;
  if (!tensor.raw_data.empty() || element_count(tensor) == 0) return tensor.raw_data;
  if (dtype == DType::Float && tensor.float_data.runs().size() == 1) {
    return tensor.float_data.runs().front();
  }
  if (dtype == DType::Double && tensor.double_data.runs().size() == 1) {
    return tensor.double_data.runs().front();
  }
  return std::nullopt;
}

void copy_elements(const Tensor& tensor, std::span<std::byte> out) {
  if (out.size() != byte_size(tensor)) {
    throw fault(tensor, ErrorCode::Internal,
                text("has ", byte_size(tensor), " bytes, the destination ", out.size()));
  }
  check_elements(tensor);
  const DType dtype = element_type(tensor);
  if (!tensor.raw_data.empty()) {
    std::ranges::copy(tensor.raw_data, out.begin());
  } else if (bits_of(dtype) == 6) {
    std::vector<uint8_t> codes;
    tensor.int32_data.for_each([&](int32_t code) { codes.push_back(static_cast<uint8_t>(code)); });
    pack_bits(codes.data(), 6, static_cast<int64_t>(codes.size()), out.data());
  } else {
    visit_typed_field(tensor, dtype, [&](const auto& field) {
      if (field.size() > 0) copy_low_bytes(field, out.size() / field.size(), out);
    });
  }
  if (dtype == DType::Bool) normalize_bools(out);
}

}  // namespace fovea::onnx
