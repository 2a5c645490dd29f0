#include "ops/core/text.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/decimal.h"
#include "base/error.h"
#include "base/whole_number.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

bool equals_ignoring_case(std::string_view word, std::string_view upper) {
  return std::ranges::equal(word, upper, {}, [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
}

[[noreturn]] void fail_to_parse(const std::string& word, DType to) {
  fail(ErrorCode::InvalidInput, "the string '", word, "' is no number, as a Cast to ", name_of(to),
       " needs");
}

double parse_double(const std::string& word, DType to) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (equals_ignoring_case(word, "INF") || equals_ignoring_case(word, "+INF")) return kInfinity;
  if (equals_ignoring_case(word, "-INF")) return -kInfinity;
  const double value = decimal_number(word);
  if (std::isnan(value) && !equals_ignoring_case(word, "NAN")) fail_to_parse(word, to);
  return value;
}

// Digits alone are read as they are, since a double has not every 64-bit integer.
template <class T>
T parse_integer(const std::string& word, DType to) {
  T value = 0;
  if (read_whole(word, value)) return value;
  return saturating_cast<T>(parse_double(word, to));
}

template <class T>
Tensor parsed_as(const Tensor& strings, DType to, T (*parse)(const std::string&, DType)) {
  Tensor numbers = Tensor::allocate(dtype_of<T>, strings.shape());
  std::ranges::transform(strings.strings(), numbers.mutable_as<T>().begin(),
                         [&](const std::string& word) { return parse(word, to); });
  return to == dtype_of<T> ? numbers : ElementConversion(dtype_of<T>, to).of(numbers);
}

}  // namespace

Tensor to_strings(const Tensor& numbers) {
  Tensor strings = Tensor::allocate(DType::String, numbers.shape());
  const auto out = strings.mutable_as<std::string>();
  const DTypeKind kind = kind_of(numbers.dtype());
  const auto as = [&](DType wide) {
    return numbers.dtype() == wide ? numbers : ElementConversion(numbers.dtype(), wide).of(numbers);
  };
  if (kind == DTypeKind::Float) {
    const bool single = numbers.dtype() != DType::Double;
    std::ranges::transform(as(DType::Double).as<double>(), out.begin(),
                           [&](double value) { return decimal_text(value, single); });
  } else if (kind == DTypeKind::Bool) {
    std::ranges::transform(numbers.as<bool>(), out.begin(),
                           [](bool value) { return value ? "True" : "False"; });
  } else if (numbers.dtype() == DType::Uint64) {
    std::ranges::transform(numbers.as<uint64_t>(), out.begin(),
                           [](uint64_t value) { return integer_text(value); });
  } else {
    std::ranges::transform(as(DType::Int64).as<int64_t>(), out.begin(),
                           [](int64_t value) { return integer_text(value); });
  }
  return strings;
}

Tensor parse_numbers(const Tensor& strings, DType to) {
  const DTypeKind kind = kind_of(to);
  if (kind == DTypeKind::Signed) return parsed_as<int64_t>(strings, to, parse_integer);
  if (kind == DTypeKind::Unsigned) return parsed_as<uint64_t>(strings, to, parse_integer);
  return parsed_as<double>(strings, to, parse_double);
}

}  // namespace fovea
