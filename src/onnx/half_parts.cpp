#include "onnx/half_parts.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/dtype.h"
#include "base/error.h"
#include "onnx/element_types.h"
#include "onnx/encode_messages.h"
#include "onnx/messages.h"
#include "onnx/raw_fields.h"
#include "onnx/reading.h"
#include "onnx/tensor_data.h"

namespace fovea::onnx {
namespace {

constexpr float kLargestHalf = 65504;
constexpr int32_t kHalf = static_cast<int32_t>(DType::Float16);
constexpr int32_t kFloat = static_cast<int32_t>(DType::Float);

// Infinities stay: they are meant.
std::vector<Half> halves(std::string_view name, const std::vector<float>& values,
                         HalfLosses& losses) {
  std::vector<Half> out;
  out.reserve(values.size());
  const size_t clamped_before = losses.clamped;
  for (float value : values) {
    if (std::isfinite(value) && std::abs(value) > kLargestHalf) {
      // What rounds to the largest is not told: it is as near as others.
      if (!(std::abs(value) < 65520)) ++losses.clamped;
      value = std::copysign(kLargestHalf, value);
    }
    const Half half = to_half(value);
    if (value != 0 && to_float(half) == 0) ++losses.vanished;
    out.push_back(half);
  }
  if (losses.clamped > clamped_before) losses.clamped_tensors.emplace_back(name);
  return out;
}

void to_half(Type& type) {
  if (type.elem_type == kFloat) type.elem_type = kHalf;
  if (type.element) to_half(*type.element);
}

struct Blocked {
  std::string_view op_type;
  int64_t until;  // the first opset in which it takes float16
};

constexpr int64_t kNever = INT64_MAX;

constexpr auto kBlocked = std::to_array<Blocked>({
    {"BitCast", kNever},
    {"Celu", kNever},
    {"CumSum", 14},
    {"DequantizeLinear", kNever},
    {"DynamicQuantizeLinear", kNever},
    {"IsInf", 20},
    {"NonMaxSuppression", kNever},
    {"QLinearConv", kNever},
    {"QLinearMatMul", kNever},
    {"QuantizeLinear", kNever},
    {"Range", kNever},
    {"TfIdfVectorizer", kNever},
});

}  // namespace

std::string half_tensor(const Tensor& tensor, std::string_view bytes, HalfLosses& losses) {
  if (external_data(tensor)) {
    throw Error(ErrorCode::UnsupportedAttribute,
                text("The weights of '", tensor.name,
                     "' lie in an external file, and are not converted to float16: put them into "
                     "the model's file first."))
        .with("tensor", std::string(tensor.name));
  }
  check_elements(tensor);
  std::vector<float> values(static_cast<size_t>(element_count(tensor)));
  copy_elements(tensor, std::as_writable_bytes(std::span(values)));
  const std::vector<Half> converted = halves(tensor.name, values, losses);
  return write([&](Writer& out) {
    for (const RawField& field : raw_fields(bytes)) {
      const bool goes = field.number == 2 || field.number == 4 || field.number == 9;
      if (!goes) out.copy(field.bytes);
    }
    out.varint(2, kHalf);
    out.bytes(9, std::as_bytes(std::span(converted)));
  });
}

std::string half_tensor(std::string_view name, const std::vector<float>& values, bool is_scalar,
                        HalfLosses& losses) {
  const std::vector<Half> converted = halves(name, values, losses);
  Tensor tensor;
  if (!is_scalar) tensor.dims = {static_cast<int64_t>(values.size())};
  tensor.data_type = kHalf;
  tensor.raw_data = std::as_bytes(std::span(converted));
  return write([&](Writer& out) { encode(out, tensor); });
}

std::string half_value_info(const ValueInfo& value, std::string_view bytes) {
  if (!value.type) return std::string(bytes);
  // Types are small and have no fields that are not read: they are written anew.
  const RawFields fields = raw_fields(bytes);
  Path path(bytes.data());
  Type type;
  for (const RawField& field : fields) {
    if (!field.is(2)) continue;
    Fields in({field.content.data(), field.content.size()}, path);
    decode(in, type);
  }
  to_half(type);
  return write([&](Writer& out) {
    for (const RawField& field : fields) {
      if (!field.is(2)) out.copy(field.bytes);
    }
    out.message(2, [&] { encode(out, type); });
  });
}

bool takes_half(const Node& node, int64_t opset) {
  if (!is_default_domain(node.domain)) return false;
  const auto found = std::ranges::find(kBlocked, node.op_type, &Blocked::op_type);
  if (found != kBlocked.end()) return opset >= found->until;
  const Attribute* sparse = find_attribute(node, "sparse_value");
  return !(sparse && node.op_type == "Constant");
}

bool is_float_input(const Node& node, size_t index) {
  if (node.op_type == "Resize") return index == 1 || index == 2;
  return node.op_type == "Upsample" && index == 1;
}

bool is_float_output(const Node& node, size_t index) {
  return node.op_type == "LayerNormalization" && index > 0;
}

std::string_view type_attribute(const Node& node) {
  const std::string_view op = node.op_type;
  if (op == "Cast") return "to";
  if (op == "RandomNormal" || op == "RandomUniform" || op == "SequenceEmpty") return "dtype";
  if (op.ends_with("Window") || op == "MelWeightMatrix") return "output_datatype";
  const bool follows =
      op == "RandomNormalLike" || op == "RandomUniformLike" || op == "EyeLike" || op == "Bernoulli";
  return follows && find_attribute(node, "dtype") ? "dtype" : "";
}

}  // namespace fovea::onnx
