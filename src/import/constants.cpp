#include "import/constants.h"

#include <cstring>

#include "base/error.h"

namespace fovea {
namespace {

Tensor copy_of(DType dtype, Shape shape, std::span<const std::byte> bytes) {
  Tensor copy = Tensor::allocate(dtype, std::move(shape));
  if (!bytes.empty()) std::memcpy(copy.mutable_data(), bytes.data(), bytes.size());
  return copy;
}

Tensor view_or_copy(DType dtype, Shape shape, std::span<const std::byte> bytes,
                    const std::shared_ptr<const void>& owner) {
  if (reinterpret_cast<uintptr_t>(bytes.data()) % element_bytes(dtype) == 0) {
    return Tensor::view(dtype, std::move(shape), bytes.data(), owner);
  }
  return copy_of(dtype, std::move(shape), bytes);
}

}  // namespace

Tensor ConstantReader::read(const onnx::Tensor& proto) {
  if (const auto where = onnx::external_data(proto)) return read_external(proto, *where);
  onnx::check_elements(proto);
  const DType dtype = onnx::element_type(proto);
  Shape shape{std::vector<int64_t>(proto.dims)};
  if (dtype == DType::String) {
    return Tensor::of_strings(std::move(shape),
                              {proto.string_data.begin(), proto.string_data.end()});
  }
  if (const auto dense = onnx::dense_view(proto)) {
    // Three tensors of four lie misaligned in a model's file and must be copied. With the fourth
    // copied too, nothing keeps the file in memory.
    return copy_of(dtype, std::move(shape), *dense);
  }
  Tensor tensor = Tensor::allocate(dtype, std::move(shape));
  onnx::copy_elements(proto, {tensor.mutable_data(), tensor.bytes()});
  return tensor;
}

Tensor ConstantReader::read_external(const onnx::Tensor& proto, const onnx::ExternalData& where) {
  const std::string location(where.location);
  const ImportSources::File& source = file(location);
  const size_t needed = onnx::byte_size(proto);
  const uint64_t available = source.bytes.size();
  if (where.offset > available || needed > available - where.offset) {
    throw Error(ErrorCode::InvalidInput,
                text("external data file '", location, "' has ", available, " bytes, but tensor '",
                     proto.name, "' needs ", needed, " bytes at offset ", where.offset))
        .with("location", location)
        .with("tensor", std::string(proto.name));
  }
  if (where.length && *where.length != needed) {
    throw Error(ErrorCode::MalformedModel,
                text("tensor '", proto.name, "' needs ", needed,
                     " bytes, but its external length is ", *where.length))
        .with("tensor", std::string(proto.name));
  }
  return view_or_copy(onnx::element_type(proto), Shape(std::vector<int64_t>(proto.dims)),
                      source.bytes.subspan(where.offset, needed), source.owner);
}

const ImportSources::File& ConstantReader::file(const std::string& location) {
  const auto known = files_.find(location);
  if (known != files_.end()) return known->second;
  auto found = sources_.external_file ? sources_.external_file(location) : std::nullopt;
  if (!found) {
    throw Error(ErrorCode::InvalidInput,
                text("the model keeps weights in the external file '", location,
                     "', which was not given: pass it in the option externalData"))
        .with("location", location);
  }
  return files_.emplace(location, std::move(*found)).first->second;
}

}  // namespace fovea
