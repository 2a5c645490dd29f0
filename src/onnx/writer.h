#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fovea::onnx {

// Writes protobuf's wire format in two passes: the first counts, so that every message's length is
// known before its contents and the second puts each byte where it stays. Both write the same:
//
//   std::string bytes = write([&](Writer& out) { encode(out, message); });
class Writer {
 public:
  void varint(uint32_t number, int64_t value);
  void fixed(uint32_t number, float value);
  void bytes(uint32_t number, std::string_view value);
  void bytes(uint32_t number, std::span<const std::byte> value);

  // Repeated numbers of any type, given in their wire form, as one packed field.
  void packed(uint32_t number, const std::vector<std::span<const std::byte>>& runs);

  // Whole fields as they are in another message.
  void copy(std::string_view fields) { put(fields.data(), fields.size()); }

  // A number without a field around it: elements of a packed one.
  void number(uint64_t value);

  // A message whose contents write(*this) makes; written when empty, too.
  template <class Write>
  void message(uint32_t number, Write write) {
    const size_t index = begin(number);
    write();
    end(index);
  }

  // Ends the first pass.
  void begin_writing();

  std::string take() { return std::move(out_); }

 private:
  void put(const char* data, size_t size);
  void tag(uint32_t number, uint32_t wire_type);
  size_t begin(uint32_t number);
  void end(size_t index);

  bool counting_ = true;
  size_t size_ = 0;              // bytes so far, while counting
  std::vector<size_t> lengths_;  // of the messages, in the order in which they begin
  size_t next_ = 0;              // the message that begins next
  std::string out_;
};

// What write_to(Writer&) writes, which is called twice.
std::string written(void (*write_to)(Writer& out, const void* what), const void* what);

template <class Write>
std::string write(const Write& write_to) {
  return written([](Writer& out, const void* what) { (*static_cast<const Write*>(what))(out); },
                 &write_to);
}

}  // namespace fovea::onnx
