#include "support/conformance.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "onnx/tensor_data.h"
#include "tensor/dispatch.h"

namespace fovea::test {
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

std::vector<Tensor> read_tensors(const fs::path& data, const std::string& prefix) {
  std::vector<Tensor> tensors;
  for (int index = 0;; ++index) {
    const fs::path path = data / text(prefix, "_", index, ".pb");
    if (!fs::exists(path)) return tensors;
    const std::string bytes = read_file(path);
    const onnx::Tensor proto = onnx::decode_tensor(std::as_bytes(std::span(bytes)));
    const DType dtype = onnx::element_type(proto);
    Shape shape{std::vector<int64_t>(proto.dims)};
    if (dtype == DType::String) {
      tensors.push_back(Tensor::of_strings(std::move(shape),
                                           {proto.string_data.begin(), proto.string_data.end()}));
      continue;
    }
    Tensor tensor = Tensor::allocate(dtype, std::move(shape));
    onnx::copy_elements(proto, {tensor.mutable_data(), tensor.bytes()});
    tensors.push_back(std::move(tensor));
  }
}

std::string difference(const Tensor& actual, const Tensor& expected) {
  if (actual.dtype() != expected.dtype()) {
    return text("type ", name_of(actual.dtype()), " instead of ", name_of(expected.dtype()));
  }
  if (actual.shape() != expected.shape()) {
    return text("shape ", actual.shape().to_string(), " instead of ", expected.shape().to_string());
  }
  if (actual.dtype() == DType::String) {
    return actual.strings() == expected.strings() ? "" : "other strings";
  }
  const bool exact = actual.dtype() != DType::Float && actual.dtype() != DType::Double &&
                     actual.dtype() != DType::Float16 && actual.dtype() != DType::BFloat16;
  if (exact) {
    if (actual.bytes() == 0 || std::memcmp(actual.data(), expected.data(), actual.bytes()) == 0) {
      return "";
    }
    return "other numbers";
  }
  const std::vector<float> a = to_floats(actual);
  const std::vector<float> b = to_floats(expected);
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    if (std::abs(a[i] - b[i]) <= 1e-6f + 1e-3f * std::abs(b[i])) continue;
    return text("element ", i, " is ", a[i], " instead of ", b[i]);
  }
  return "";
}

}  // namespace fovea::test
