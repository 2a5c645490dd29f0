#include "support/conformance.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <protozero/pbf_reader.hpp>
#include <sstream>

#include "base/error.h"
#include "onnx/tensor_data.h"
#include "ops/core/wider.h"
#include "tensor/dispatch.h"

namespace fovea::test {

// The official runner's tolerances (onnx.backend.test).
constexpr double kRelative = 1e-3;
constexpr double kRelativeOfBFloat16 = 0x1p-6;
constexpr double kAbsolute = 1e-7;

namespace fs = std::filesystem;

std::vector<ConformanceCase> find_cases(const fs::path& root) {
  std::vector<ConformanceCase> cases;
  if (!fs::exists(root)) return cases;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().filename() != "model.onnx") continue;
    const fs::path folder = entry.path().parent_path();
    for (const auto& data : fs::directory_iterator(folder)) {
      if (!data.path().filename().string().starts_with("test_data_set_")) continue;
      cases.push_back({folder.filename().string(), entry.path(), data.path()});
    }
  }
  std::ranges::sort(cases, {}, &ConformanceCase::data);
  return cases;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

namespace {

Tensor read_tensor(std::span<const std::byte> bytes) {
  const onnx::Tensor proto = onnx::decode_tensor(bytes);
  const DType dtype = onnx::element_type(proto);
  Shape shape{std::vector<int64_t>(proto.dims)};
  if (dtype == DType::String) {
    return Tensor::of_strings(std::move(shape),
                              {proto.string_data.begin(), proto.string_data.end()});
  }
  Tensor tensor = Tensor::allocate(dtype, std::move(shape));
  onnx::copy_elements(proto, {tensor.mutable_data(), tensor.bytes()});
  return tensor;
}

std::span<const std::byte> view_of(protozero::pbf_reader& reader) {
  const protozero::data_view view = reader.get_view();
  return std::as_bytes(std::span(view.data(), view.size()));
}

protozero::pbf_reader reader_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<Tensor> read_items(std::span<const std::byte> bytes);

// All of a list as one tensor.
template <class T>
Tensor joined(const std::vector<Tensor>& items) {
  std::vector<T> values;
  for (const Tensor& item : items) values.push_back(item.as<T>()[0]);
  return Tensor::of<T>({std::ssize(values)}, std::span<const T>(values));
}

// MapProto from integers or strings to float32 or int64 (onnx-data.proto).
Tensor read_map(std::span<const std::byte> bytes) {
  std::vector<int64_t> numbers;
  std::vector<std::string> words;
  std::vector<Tensor> values;
  protozero::pbf_reader reader = reader_of(bytes);
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case protozero::tag_and_type(3, protozero::pbf_wire_type::varint):
        numbers.push_back(reader.get_int64());
        break;
      case protozero::tag_and_type(3, protozero::pbf_wire_type::length_delimited):
        for (const int64_t number : reader.get_packed_int64()) numbers.push_back(number);
        break;
      case protozero::tag_and_type(4, protozero::pbf_wire_type::length_delimited):
        words.push_back(reader.get_string());
        break;
      case protozero::tag_and_type(5, protozero::pbf_wire_type::length_delimited):
        values = read_items(view_of(reader));
        break;
      default:
        reader.skip();
    }
  }
  const auto count = std::ssize(values);
  Tensor keys = words.empty() ? Tensor::of<int64_t>({count}, std::span<const int64_t>(numbers))
                              : Tensor::of_strings({count}, std::move(words));
  const bool floats = values.at(0).dtype() == DType::Float;
  return Tensor::map_of(std::move(keys), floats ? joined<float>(values) : joined<int64_t>(values));
}

// Of a SequenceProto: tensors or maps.
std::vector<Tensor> read_items(std::span<const std::byte> bytes) {
  std::vector<Tensor> items;
  protozero::pbf_reader reader = reader_of(bytes);
  while (reader.next()) {
    if (reader.tag() == 3) {
      items.push_back(read_tensor(view_of(reader)));
    } else if (reader.tag() == 6) {
      items.push_back(read_map(view_of(reader)));
    } else {
      reader.skip();
    }
  }
  return items;
}

Tensor read_sequence(std::span<const std::byte> bytes) {
  return Tensor::sequence_of(read_items(bytes));
}

// OptionalProto of a tensor or a sequence.
Tensor read_optional(std::span<const std::byte> bytes) {
  protozero::pbf_reader reader = reader_of(bytes);
  while (reader.next()) {
    if (reader.tag() == 3) return read_tensor(view_of(reader));
    if (reader.tag() == 5) return read_sequence(view_of(reader));
    reader.skip();
  }
  return Tensor::absent();
}

Tensor read_value(std::span<const std::byte> bytes, onnx::Type::Kind kind) {
  if (kind == onnx::Type::Kind::Sequence) return read_sequence(bytes);
  return kind == onnx::Type::Kind::Optional ? read_optional(bytes) : read_tensor(bytes);
}

}  // namespace

std::vector<Tensor> read_values(const fs::path& data, const std::string& prefix,
                                std::span<const onnx::ValueInfo> declared) {
  std::vector<Tensor> values;
  for (const onnx::ValueInfo& info : declared) {
    const fs::path path = data / text(prefix, "_", values.size(), ".pb");
    if (!fs::exists(path)) break;
    const std::string bytes = read_file(path);
    values.push_back(read_value(std::as_bytes(std::span(bytes)), info.type->kind));
  }
  return values;
}

std::string difference(const Tensor& actual, const Tensor& expected) {
  if (actual.dtype() != expected.dtype()) {
    return text("type ", name_of(actual.dtype()), " instead of ", name_of(expected.dtype()));
  }
  if (actual.shape() != expected.shape()) {
    return text("shape ", actual.shape().to_string(), " instead of ", expected.shape().to_string());
  }
  if (actual.dtype() == DType::Absent) return "";
  if (actual.dtype() == DType::Sequence || actual.dtype() == DType::Map) {
    for (size_t i = 0; i < actual.items().size(); ++i) {
      const std::string differs = difference(actual.items()[i], expected.items()[i]);
      if (!differs.empty()) return text("tensor ", i, ": ", differs);
    }
    return "";
  }
  if (actual.dtype() == DType::String) {
    return std::ranges::equal(actual.strings(), expected.strings()) ? "" : "other strings";
  }
  if (kind_of(actual.dtype()) != DTypeKind::Float) {
    return identical(actual, expected) ? "" : "other numbers";
  }
  const auto as_doubles = [](const Tensor& tensor) {
    return tensor.dtype() == DType::Double
               ? tensor
               : ElementConversion(tensor.dtype(), DType::Double).of(tensor);
  };
  const double relative = actual.dtype() == DType::BFloat16 ? kRelativeOfBFloat16 : kRelative;
  const Tensor given = as_doubles(actual), wanted = as_doubles(expected);
  for (int64_t i = 0; i < given.elements(); ++i) {
    const double a = given.as<double>()[static_cast<size_t>(i)];
    const double b = wanted.as<double>()[static_cast<size_t>(i)];
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    if (std::abs(a - b) <= kAbsolute + relative * std::abs(b)) continue;
    return text("element ", i, " is ", std::to_string(a), " instead of ", std::to_string(b));
  }
  return "";
}

}  // namespace fovea::test
