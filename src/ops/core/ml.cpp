#include "ops/core/ml.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

#include "base/order.h"
#include "ops/core/wider.h"

namespace fovea::ml {

void reject_attribute(std::string_view name, std::string_view given, std::string_view taken) {
  throw Error(ErrorCode::MalformedModel,
              text("attribute '", name, "' is ", taken, ", not '", given, "'"))
      .with("attribute", std::string(name));
}

int one_of(const Attributes& attributes, std::string_view name, std::string_view fallback,
           std::span<const std::string_view> names) {
  const std::string given = attributes.get_string(name, fallback);
  const auto found = std::ranges::find(names, given);
  if (found != names.end()) return static_cast<int>(found - names.begin());
  std::string taken = "one of";
  for (const std::string_view each : names) taken += text(" '", each, "'");
  reject_attribute(name, given, taken);
}

PostTransform post_transform_of(const Attributes& attributes) {
  static constexpr std::string_view kNames[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO",
                                                "PROBIT"};
  return static_cast<PostTransform>(one_of(attributes, "post_transform", "NONE", kNames));
}

namespace {

double logistic(double score) {
  const double positive = 1 / (1 + std::exp(-std::abs(score)));
  return score < 0 ? 1 - positive : positive;
}

// By the approximation of the inverse error function that all runtimes have (Winitzki).
double probit(double probability) {
  constexpr double kA = 0.147;
  const double x = 2 * probability - 1;
  const double log = std::log((1 - x) * (1 + x));
  const double half = 2 / (std::numbers::pi * kA) + log / 2;
  const double root = std::sqrt(std::sqrt(half * half - log / kA) - half);
  return std::numbers::sqrt2 * (x < 0 ? -root : root);
}

// Of zeros, only next to nothing is left where `skips_zeros`.
void softmax(std::span<double> scores, bool skips_zeros) {
  if (scores.empty()) return;
  constexpr double kZero = 1e-7;
  const double largest = *std::ranges::max_element(scores);
  double sum = 0;
  for (double& score : scores) {
    const bool zero = skips_zeros && std::abs(score) <= kZero;
    score = zero ? score * std::exp(-largest) : std::exp(score - largest);
    sum += score;
  }
  for (double& score : scores) score = sum == 0 ? 0.5 : score / sum;
}

}  // namespace

void apply(PostTransform transform, std::span<double> scores) {
  switch (transform) {
    case PostTransform::None:
      return;
    case PostTransform::Softmax:
    case PostTransform::SoftmaxZero:
      return softmax(scores, transform == PostTransform::SoftmaxZero);
    case PostTransform::Logistic:
      std::ranges::transform(scores, scores.begin(), logistic);
      return;
    case PostTransform::Probit:
      std::ranges::transform(scores, scores.begin(), probit);
      return;
  }
}

int64_t index_of_largest(std::span<const double> scores) {
  return std::ranges::max_element(scores) - scores.begin();
}

Rows rows_of(const NodeContext& context) {
  const Shape& shape = context.shape(0);
  if (shape.rank() == 1) return {1, shape[0]};
  if (shape.rank() == 2) return {shape[0], shape[1]};
  fail(ErrorCode::InvalidInput, context.node().op_type,
       " takes rows of features, [N,F] or [F], not an input of shape ", shape);
}

std::vector<double> to_doubles(const Tensor& tensor) {
  const bool is_double = tensor.dtype() == DType::Double;
  const Tensor wide =
      is_double ? tensor : ElementConversion(tensor.dtype(), DType::Double).of(tensor);
  const auto values = wide.as<double>();
  return {values.begin(), values.end()};
}

Tensor to_float_tensor(std::span<const double> values, Shape shape) {
  Tensor tensor = Tensor::allocate(DType::Float, std::move(shape));
  std::ranges::transform(values, tensor.mutable_as<float>().begin(),
                         [](double value) { return static_cast<float>(value); });
  return tensor;
}

Tensor ints_of(const Attributes& attributes, std::string_view name) {
  const std::vector<int64_t> values = attributes.get_ints(name);
  return Tensor::of<int64_t>({std::ssize(values)}, std::span<const int64_t>(values));
}

Tensor floats_of(const Attributes& attributes, std::string_view name) {
  const std::vector<float> values = attributes.get_floats(name);
  return Tensor::of<float>({std::ssize(values)}, std::span<const float>(values));
}

Tensor strings_of(const Attributes& attributes, std::string_view name) {
  std::vector<std::string> values = attributes.get_strings(name);
  const Shape shape = {std::ssize(values)};
  return Tensor::of_strings(shape, std::move(values));
}

NumberList numbers_of(const Attributes& attributes, std::string_view name) {
  const std::vector<float> floats = attributes.get_floats(name);
  const Tensor* tensor = attributes.get_tensor(text(name, "_as_tensor"));
  if (!tensor || tensor->elements() == 0) return {{floats.begin(), floats.end()}, true};
  if (!floats.empty()) {
    fail(ErrorCode::MalformedModel, "attributes '", name, "' and '", name,
         "_as_tensor' say the same");
  }
  return {to_doubles(*tensor), tensor->dtype() != DType::Double};
}

Tensor class_labels(const Attributes& attributes) {
  const Tensor lists[] = {strings_of(attributes, "classlabels_strings"),
                          ints_of(attributes, "classlabels_ints"),
                          ints_of(attributes, "classlabels_int64s")};
  Tensor labels;
  for (const Tensor& list : lists) {
    if (list.elements() == 0) continue;
    if (labels.elements() > 0) {
      fail(ErrorCode::MalformedModel, "the labels of classes are strings or integers, not both");
    }
    labels = list;
  }
  return labels;
}

DType type_of_labels(const Node& node, std::span<const DType>, int output) {
  if (output > 0) return DType::Float;
  const bool strings = !node.attributes.get_strings("classlabels_strings").empty();
  return strings ? DType::String : DType::Int64;
}

namespace {

// Of elements of so many bytes.
template <class Bytes>
void pick_elements(const Tensor& values, std::span<const int64_t> indices, const Tensor& fallback,
                   Tensor& picked) {
  const auto* from = reinterpret_cast<const Bytes*>(values.data());
  const auto* otherwise = reinterpret_cast<const Bytes*>(fallback.data());
  auto* to = reinterpret_cast<Bytes*>(picked.mutable_data());
  for (const int64_t index : indices) *to++ = index >= 0 ? from[index] : *otherwise;
}

}  // namespace

Tensor pick(const Tensor& values, std::span<const int64_t> indices, const Tensor& fallback,
            Shape shape) {
  Tensor picked = Tensor::allocate(values.dtype(), std::move(shape));
  if (values.dtype() == DType::String) {
    for (size_t i = 0; i < indices.size(); ++i) {
      picked.mutable_as<std::string>()[i] = indices[i] >= 0
                                                ? values.strings()[static_cast<size_t>(indices[i])]
                                                : fallback.strings()[0];
    }
    return picked;
  }
  const size_t bytes = element_bytes(values.dtype());
  const auto elements = bytes == 8   ? pick_elements<uint64_t>
                        : bytes == 4 ? pick_elements<uint32_t>
                                     : pick_elements<uint16_t>;
  elements(values, indices, fallback, picked);
  return picked;
}

namespace {

// Equal for equal numbers, and for NaNs.
int64_t code_of(double number) {
  if (std::isnan(number)) number = std::numeric_limits<double>::quiet_NaN();
  return std::bit_cast<int64_t>(number == 0 ? 0.0 : number);
}

std::vector<int64_t> codes_of(const Tensor& numbers) {
  if (kind_of(numbers.dtype()) != DTypeKind::Float) return to_int64s(numbers);
  std::vector<int64_t> codes;
  for (const double number : to_doubles(numbers)) codes.push_back(code_of(number));
  return codes;
}

template <class Key>
std::vector<std::pair<Key, int64_t>> sorted(std::span<const Key> keys) {
  const auto at = [&](int64_t place) -> const Key& { return keys[static_cast<size_t>(place)]; };
  std::vector<std::pair<Key, int64_t>> table;
  for (const int64_t place :
       order_of(keys.size(), [&](int64_t a, int64_t b) { return at(a) < at(b); })) {
    table.emplace_back(at(place), place);
  }
  return table;
}

// From one key to another, wrapping around.
uint64_t distance(int64_t from, int64_t to) {
  return static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
}

template <class Key>
int64_t index_of(const std::vector<std::pair<Key, int64_t>>& table, const Key& key) {
  const auto after = std::ranges::upper_bound(table, key, {}, &std::pair<Key, int64_t>::first);
  const bool found = after != table.begin() && (after - 1)->first == key;
  return found ? (after - 1)->second : -1;
}

}  // namespace

KeyTable::KeyTable(const Tensor& keys) {
  if (keys.dtype() == DType::String) {
    strings_ = sorted<std::string>(keys.strings());
  } else {
    numbers_ = sorted<int64_t>(codes_of(keys));
    index_neighbours();
  }
}

void KeyTable::index_neighbours() {
  if (numbers_.empty()) return;
  const auto from_first = [&](int64_t key) { return distance(numbers_.front().first, key); };
  const uint64_t last = from_first(numbers_.back().first);
  constexpr uint64_t kSpread = 8;
  if (last / kSpread >= numbers_.size()) return;
  neighbours_.assign(static_cast<size_t>(last) + 1, -1);
  for (const auto& [key, index] : numbers_) {
    neighbours_[static_cast<size_t>(from_first(key))] = index;
  }
}

std::vector<int64_t> KeyTable::find(const Tensor& elements) const {
  if (elements.dtype() == DType::String) {
    std::vector<int64_t> indices;
    for (const std::string& key : elements.strings()) indices.push_back(index_of(strings_, key));
    return indices;
  }
  std::vector<int64_t> places = codes_of(elements);
  for (int64_t& place : places) {
    if (neighbours_.empty()) {
      place = index_of(numbers_, place);
    } else {
      const uint64_t at = distance(numbers_.front().first, place);
      place = at < neighbours_.size() ? neighbours_[static_cast<size_t>(at)] : -1;
    }
  }
  return places;
}

}  // namespace fovea::ml
