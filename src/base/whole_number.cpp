#include "base/whole_number.h"

namespace fovea {

bool read_whole(std::string_view word, uint64_t& value) {
  value = 0;
  for (const char c : word) {
    if (c < '0' || c > '9') return false;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return false;
    value = 10 * value + digit;
  }
  return !word.empty();
}

bool read_whole(std::string_view word, int64_t& value) {
  const bool negative = word.starts_with('-');
  uint64_t size = 0;
  if (!read_whole(word.substr(negative ? 1 : 0), size)) return false;
  if (size > uint64_t{INT64_MAX} + (negative ? 1 : 0)) return false;
  value = static_cast<int64_t>(negative ? 0 - size : size);
  return true;
}

}  // namespace fovea
