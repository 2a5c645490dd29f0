#include "onnx/writer.h"

#include <cstring>

namespace fovea::onnx {
namespace {

// protobuf's wire types.
constexpr uint32_t kVarint = 0;
constexpr uint32_t kLengthDelimited = 2;
constexpr uint32_t kFixed32 = 5;

size_t varint_size(uint64_t value) {
  size_t size = 1;
  while (value >>= 7) ++size;
  return size;
}

}  // namespace

void Writer::put(const char* data, size_t size) {
  if (counting_) {
    size_ += size;
  } else {
    out_.append(data, size);
  }
}

void Writer::number(uint64_t value) {
  char bytes[10];
  size_t size = 0;
  for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<char>(value | 0x80);
  bytes[size++] = static_cast<char>(value);
  put(bytes, size);
}

void Writer::tag(uint32_t number, uint32_t wire_type) { this->number(number << 3 | wire_type); }

void Writer::varint(uint32_t number, int64_t value) {
  tag(number, kVarint);
  this->number(static_cast<uint64_t>(value));
}

void Writer::fixed(uint32_t number, float value) {
  tag(number, kFixed32);
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  put(bytes, sizeof(value));
}

void Writer::bytes(uint32_t number, std::string_view value) {
  tag(number, kLengthDelimited);
  this->number(value.size());
  put(value.data(), value.size());
}

void Writer::bytes(uint32_t number, std::span<const std::byte> value) {
  bytes(number, std::string_view(reinterpret_cast<const char*>(value.data()), value.size()));
}

void Writer::packed(uint32_t number, const std::vector<std::span<const std::byte>>& runs) {
  if (runs.empty()) return;
  message(number, [&] {
    for (const auto& run : runs) put(reinterpret_cast<const char*>(run.data()), run.size());
  });
}

// While counting, `size_` is that of the fields before the message, until it ends.
size_t Writer::begin(uint32_t number) {
  tag(number, kLengthDelimited);
  const size_t index = next_++;
  if (counting_) {
    lengths_.push_back(size_);
  } else {
    this->number(lengths_[index]);
  }
  return index;
}

void Writer::end(size_t index) {
  if (!counting_) return;
  lengths_[index] = size_ - lengths_[index];
  size_ += varint_size(lengths_[index]);
}

void Writer::begin_writing() {
  counting_ = false;
  next_ = 0;
  out_.reserve(size_);
}

std::string written(void (*write_to)(Writer& out, const void* what), const void* what) {
  Writer out;
  write_to(out, what);
  out.begin_writing();
  write_to(out, what);
  return out.take();
}

}  // namespace fovea::onnx
