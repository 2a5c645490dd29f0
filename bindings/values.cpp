#include "values.h"

#include <optional>
#include <utility>

#include "base/integers.h"
#include "buffer.h"
#include "handle.h"

namespace fovea::bindings {

using emscripten::val;

val dictionary() { return val::global("Object").call<val>("create", val::null()); }

val to_val(const Error& error) {
  val fields = dictionary();
  for (const auto& [key, value] : error.fields()) fields.set(key, value);
  val object = val::object();
  object.set("code", std::string(name_of(error.code())));
  object.set("message", error.message());
  object.set("fields", fields);
  return object;
}

val to_val(const Shape& shape) {
  return to_array(shape, [](int64_t dim) { return val(static_cast<double>(dim)); });
}

val to_val(const Tensor& tensor) {
  val object = val::object();
  const DTypeKind kind = kind_of(tensor.dtype());
  const bool is_absent = tensor.dtype() == DType::Absent;
  object.set("type", is_absent ? "absent" : std::string(name_of(tensor.dtype())));
  object.set("dims", to_val(tensor.shape()));
  if (kind == DTypeKind::Sequence || is_absent) {
    object.set("data", to_array(is_absent ? std::span<const Tensor>() : tensor.items(),
                                [](const Tensor& item) { return to_val(item); }));
  } else if (kind == DTypeKind::String) {
    object.set("data", to_array(tensor.strings(), [](const std::string& s) { return val(s); }));
  } else {
    const auto* bytes = reinterpret_cast<const unsigned char*>(tensor.data());
    object.set("data", val(emscripten::typed_memory_view(tensor.bytes(), bytes)));
  }
  return object;
}

DType dtype_named(const std::string& name) {
  for (const DTypeInfo& type : all_dtypes()) {
    if (type.supported && type.name == name) return type.dtype;
  }
  fail(ErrorCode::InvalidInput, "there is no tensor type '", name, "'");
}

Shape to_shape(const val& dims) {
  Shape shape;
  for (const double size : emscripten::convertJSArrayToNumberVector<double>(dims)) {
    shape.push_back(saturating_cast<int64_t>(size));
  }
  return shape;
}

namespace {

// A sequence, or an optional that holds nothing; nullopt for a tensor.
std::optional<Tensor> to_nested(const val& object, const std::string& type) {
  if (type == "absent") return Tensor::absent();
  if (type != name_of(DType::Sequence)) return std::nullopt;
  std::vector<Tensor> items;
  for (const val& item : emscripten::vecFromJSArray<val>(object["data"])) {
    items.push_back(to_tensor(item));
  }
  return Tensor::sequence_of(std::move(items));
}

}  // namespace

Tensor to_tensor(const val& object) {
  const auto type = object["type"].as<std::string>();
  if (auto nested = to_nested(object, type)) return std::move(*nested);
  const DType dtype = dtype_named(type);
  Shape shape = to_shape(object["dims"]);
  if (dtype == DType::String) {
    return Tensor::of_strings(std::move(shape), to_strings(object["data"]));
  }
  auto& buffer = at<Buffer>(object["data"].as<Handle>());
  const uint64_t needed = bytes_of(dtype, static_cast<uint64_t>(shape.elements()));
  if (buffer.size() != needed) {
    fail(ErrorCode::InvalidInput, "a tensor of shape ", shape, " needs ", needed, " bytes, not ",
         buffer.size());
  }
  return Tensor::view(dtype, std::move(shape), buffer.data(), buffer.memory());
}

std::vector<Tensor> to_tensors(const val& values) {
  std::vector<Tensor> result;
  for (const val& value : values) result.push_back(value.isNull() ? Tensor() : to_tensor(value));
  return result;
}

std::vector<std::string> to_strings(const val& array) {
  return emscripten::vecFromJSArray<std::string>(array);
}

}  // namespace fovea::bindings
