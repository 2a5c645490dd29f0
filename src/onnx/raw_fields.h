#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace fovea::onnx {

// One field of a message as it lies in the file.
struct RawField {
  uint32_t number = 0;
  std::string_view bytes;    // all of it, the tag included
  std::string_view content;  // of a string or a message
  bool has_content = false;  // whether it is one of these

  // Whether it is the message, the string or the packed field of that number.
  bool is(uint32_t of) const { return has_content && number == of; }
};

using RawFields = std::vector<RawField>;

// The fields of a message that has been decoded before, in their order. Throws
// Error(MalformedModel) for bytes that are no fields.
RawFields raw_fields(std::string_view message);

// Those of all the fields of one number together, as protobuf merges a singular message that is
// given several times.
RawFields merged_fields(const RawFields& fields, uint32_t number);

// The last string of that number, or "".
std::string_view string_in(const RawFields& fields, uint32_t number);

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace fovea::onnx
