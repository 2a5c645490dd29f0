#include "import/constants.h"

#include <cstring>
#include <ranges>

#include "base/error.h"

namespace fovea {
namespace {

// Where the values of a sparse tensor are among all its elements: their indices count elements, or
// are a row of one for each axis.
std::vector<int64_t> places_of(const Tensor& indices, int64_t count, const Shape& shape,
                               std::string_view name) {
  const Shape rows = {count, shape.rank()};
  const bool linear = indices.shape() == Shape{count};
  if (indices.dtype() != DType::Int64 || (!linear && indices.shape() != rows)) {
    fail(ErrorCode::MalformedModel, "sparse tensor '", name, "' of shape ", shape, " has ", count,
         " values, and indices of type ", name_of(indices.dtype()), " and shape ", indices.shape(),
         "; int64 of shape ", Shape{count}, " or ", rows, " are taken");
  }
  std::vector<int64_t> places;
  const int64_t* index = indices.as<int64_t>().data();
  const auto next = [&](int64_t size) {
    const int64_t written = *index++;
    if (written >= 0 && written < size) return written;
    fail(ErrorCode::MalformedModel, "sparse tensor '", name, "' of shape ", shape,
         " has a value at ", written, ", which is outside");
  };
  for (int64_t i = 0; i < count; ++i) {
    int64_t place = 0;
    if (linear) place = next(shape.elements());
    for (int axis = 0; !linear && axis < shape.rank(); ++axis) {
      place = place * shape[axis] + next(shape[axis]);
    }
    places.push_back(place);
  }
  return places;
}

}  // namespace

std::string normalized_location(std::string_view location) {
  if (location.find("://") != std::string_view::npos) return std::string(location);
  // A drive would come before a colon.
  const std::string_view first = location.substr(0, location.find('/'));
  bool inside = !location.starts_with('/') && location.find('\\') == std::string_view::npos &&
                first.find(':') == std::string_view::npos;
  int depth = 0;
  std::string normalized;
  for (const auto part : std::views::split(location, '/')) {
    const std::string_view name(part.begin(), part.end());
    if (name.empty() || name == ".") continue;
    depth += name == ".." ? -1 : 1;
    inside = inside && depth >= 0;
    normalized += text(normalized.empty() ? "" : "/", name);
  }
  if (inside && depth > 0) return normalized;
  throw Error(ErrorCode::MalformedModel,
              text("the model keeps weights in '", location,
                   "', which is no file in the model's folder or below it"))
      .with("location", std::string(location));
}

Tensor ConstantReader::read_shared(const onnx::Tensor& proto) {
  const auto known = shared_.find(&proto);
  return known != shared_.end() ? known->second
                                : shared_.emplace(&proto, read(proto)).first->second;
}

Tensor ConstantReader::read(const onnx::Tensor& proto) {
  if (proto.data_type != static_cast<int32_t>(DType::String)) {
    check_tensor_bytes(limits_, onnx::byte_size(proto));
  }
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
    return Tensor::copy(dtype, std::move(shape), *dense, sources_.depot);
  }
  Tensor tensor = Tensor::allocate(dtype, std::move(shape));
  onnx::copy_elements(proto, {tensor.mutable_data(), tensor.bytes()});
  return tensor;
}

Tensor ConstantReader::read_sparse(const onnx::SparseTensor& proto) {
  const Tensor values = read(proto.values);
  const DType dtype = values.dtype();
  onnx::Tensor whole;
  whole.name = proto.values.name;
  whole.dims = proto.dims;
  whole.data_type = proto.values.data_type;
  check_tensor_bytes(limits_, onnx::byte_size(whole));
  if (bits_of(dtype) < 8 || values.shape().rank() != 1) {
    throw Error(ErrorCode::UnsupportedAttribute,
                text("sparse tensor '", whole.name, "' has values of type ", name_of(dtype),
                     " and shape ", values.shape(), "; a vector of whole bytes is taken"))
        .with("tensor", std::string(whole.name));
  }
  Tensor dense = Tensor::allocate(dtype, Shape{std::vector<int64_t>(proto.dims)});
  const size_t bytes = element_bytes(dtype);
  if (dense.bytes() > 0) std::memset(dense.mutable_data(), 0, dense.bytes());
  const std::byte* from = values.data();
  for (const int64_t place :
       places_of(read(proto.indices), values.elements(), dense.shape(), whole.name)) {
    std::memcpy(dense.mutable_data() + static_cast<size_t>(place) * bytes, from, bytes);
    from += bytes;
  }
  return dense;
}

Tensor ConstantReader::read_external(const onnx::Tensor& proto, const onnx::ExternalData& where) {
  const std::string location = normalized_location(where.location);
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
  const DType dtype = onnx::element_type(proto);
  Shape shape{std::vector<int64_t>(proto.dims)};
  const std::span<const std::byte> bytes = source.bytes.subspan(where.offset, needed);
  if (dtype == DType::Bool) {
    Tensor bools = Tensor::copy(dtype, std::move(shape), bytes);
    normalize_bools({bools.mutable_data(), bools.bytes()});
    return bools;
  }
  const bool aligned = reinterpret_cast<uintptr_t>(bytes.data()) % element_bytes(dtype) == 0;
  if (aligned && !sources_.depot.keep) {
    return Tensor::view(dtype, std::move(shape), bytes.data(), source.owner);
  }
  return Tensor::copy(dtype, std::move(shape), bytes, sources_.depot);
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
