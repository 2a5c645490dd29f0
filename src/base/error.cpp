#include "base/error.h"

#include <algorithm>

namespace fovea {

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::MalformedModel:
      return "MalformedModel";
    case ErrorCode::UnsupportedOperator:
      return "UnsupportedOperator";
    case ErrorCode::UnsupportedAttribute:
      return "UnsupportedAttribute";
    case ErrorCode::InvalidInput:
      return "InvalidInput";
    case ErrorCode::OutOfMemory:
      return "OutOfMemory";
    case ErrorCode::LimitExceeded:
      return "LimitExceeded";
    case ErrorCode::Aborted:
      return "Aborted";
    case ErrorCode::Internal:
      return "Internal";
  }
  return "Internal";
}

std::string detail::joined(std::span<const Part> parts) {
  std::string out;
  for (const Part& part : parts) part.append_to(out, part.part);
  return out;
}

void detail::fail(ErrorCode code, std::span<const Part> parts) { throw Error(code, joined(parts)); }

Error& Error::with(std::string_view key, std::string value) {
  if (field(key).empty()) fields_.emplace_back(key, std::move(value));
  return *this;
}

Error& Error::at(std::string_view where) {
  message_ = text(where, ": ", message_);
  return *this;
}

std::string_view Error::field(std::string_view key) const {
  const auto found = std::ranges::find(fields_, key, &Fields::value_type::first);
  return found == fields_.end() ? std::string_view{} : std::string_view{found->second};
}

}  // namespace fovea
