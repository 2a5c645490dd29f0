#pragma once

#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/decimal.h"

namespace fovea {

enum class ErrorCode {
  MalformedModel,        // the bytes are not a valid ONNX model
  UnsupportedOperator,   // valid, but an operator or opset is not implemented
  UnsupportedAttribute,  // the operator is implemented, this attribute or type of it is not
  InvalidInput,          // what the caller passed does not fit the model
  OutOfMemory,           // the figure asked for is in the field "bytes"
  LimitExceeded,         // the model asks for more than Limits, the field "limit" says which
  Aborted,
  Internal,
};

// The code's name as JavaScript sees it in FoveaError.code.
std::string_view name_of(ErrorCode code);

// The engine's only exception. `message` is a sentence for a person; `fields` say where it happened
// for a program: "node", "op", "value", "input", "shape", "opset", "bytes", "offset", ...
class Error : public std::exception {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  // Adds a field unless an inner frame, which knew better, has already set it.
  Error& with(std::string_view key, std::string value);

  // Says where it happened at the front of the message.
  Error& at(std::string_view where);

  const char* what() const noexcept override { return message_.c_str(); }
  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const Fields& fields() const { return fields_; }

  // The field's value, or "" when it is not set.
  std::string_view field(std::string_view key) const;

 private:
  ErrorCode code_;
  std::string message_;
  Fields fields_;
};

namespace detail {
inline void append(std::string& out, std::string_view part) { out.append(part); }
inline void append(std::string& out, char part) { out.push_back(part); }
template <class T>
requires std::is_integral_v<T>
void append(std::string& out, T part) {
  using Widest = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
  out.append(integer_text(Widest{part}));
}
inline void append(std::string& out, double part) { out.append(decimal_text(part, false)); }
inline void append(std::string& out, float part) { out.append(decimal_text(part, true)); }

// A part of a message, as what appends it.
struct Part {
  void (*append_to)(std::string& out, const void* part);
  const void* part;
};

template <class T>
void append_part(std::string& out, const void* part) {
  append(out, *static_cast<const T*>(part));
}

std::string joined(std::span<const Part> parts);
[[noreturn]] void fail(ErrorCode code, std::span<const Part> parts);
}  // namespace detail

// Concatenates strings, numbers and what else has an append(std::string&, const Part&) into one
// message.
template <class... Parts>
std::string text(const Parts&... parts) {
  const detail::Part list[] = {{detail::append_part<Parts>, &parts}...};
  return detail::joined(list);
}

// Throws an Error whose message is text(parts...). Functions that call it stay small.
template <class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void fail(ErrorCode code, const Parts&... parts) {
  const detail::Part list[] = {{detail::append_part<Parts>, &parts}...};
  detail::fail(code, list);
}

}  // namespace fovea
