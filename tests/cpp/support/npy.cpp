#include "support/npy.h"

#include <array>
#include <cstring>
#include <string>

#include "base/error.h"
#include "support/conformance.h"

namespace fovea::test {
namespace {

// The text between `before` and `after` in the header's Python dictionary.
std::string field(const std::string& header, const std::string& before, char after) {
  const size_t start = header.find(before);
  if (start == std::string::npos) throw Error(ErrorCode::Internal, "not an .npy header: " + header);
  const size_t from = start + before.size();
  return header.substr(from, header.find(after, from) - from);
}

DType dtype_of_descr(const std::string& descr) {
  constexpr std::array<std::pair<const char*, DType>, 6> kTypes = {{{"<f4", DType::Float},
                                                                    {"<f8", DType::Double},
                                                                    {"<i8", DType::Int64},
                                                                    {"<i4", DType::Int32},
                                                                    {"|b1", DType::Bool},
                                                                    {"|u1", DType::Uint8}}};
  for (const auto& [name, dtype] : kTypes) {
    if (descr == name) return dtype;
  }
  throw Error(ErrorCode::Internal, ".npy element type " + descr);
}

Shape parse_shape(const std::string& numbers) {
  Shape shape;
  size_t at = 0;
  while ((at = numbers.find_first_of("0123456789", at)) != std::string::npos) {
    size_t length = 0;
    shape.push_back(std::stoll(numbers.substr(at), &length));
    at += length;
  }
  return shape;
}

}  // namespace

Tensor read_npy(const std::filesystem::path& path) {
  constexpr size_t kPreamble = 10;
  const std::string bytes = read_file(path);
  if (bytes.size() < kPreamble)
    throw Error(ErrorCode::Internal, "not an .npy file: " + path.string());
  uint16_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data() + 8, sizeof header_bytes);
  const std::string header = bytes.substr(kPreamble, header_bytes);
  Tensor tensor = Tensor::allocate(dtype_of_descr(field(header, "'descr': '", '\'')),
                                   parse_shape(field(header, "'shape': (", ')')));
  if (bytes.size() - kPreamble - header_bytes < tensor.bytes()) {
    throw Error(ErrorCode::Internal, "truncated .npy file: " + path.string());
  }
  if (tensor.bytes() > 0) {
    std::memcpy(tensor.mutable_data(), bytes.data() + kPreamble + header_bytes, tensor.bytes());
  }
  return tensor;
}

}  // namespace fovea::test
