#include "onnx/packed.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <protozero/types.hpp>
#include <protozero/varint.hpp>

#include "base/error.h"

namespace fovea::onnx {
namespace {

static_assert(std::endian::native == std::endian::little,
              "fixed-width elements are read as stored");

size_t count_fixed(std::span<const std::byte> run, size_t width) {
  if (run.size() % width != 0) {
    fail(ErrorCode::MalformedModel, "a packed field of ", run.size(),
         " bytes does not hold whole elements of ", width, " bytes");
  }
  return run.size() / width;
}

// Every byte but the last of a varint has its high bit set.
size_t count_varints(std::span<const std::byte> run) {
  size_t count = 0;
  int length = 0;
  for (const std::byte byte : run) {
    ++length;
    if (length > protozero::max_varint_length) {
      fail(ErrorCode::MalformedModel, "a packed integer is longer than 10 bytes");
    }
    if ((byte & std::byte{0x80}) == std::byte{0}) {
      ++count;
      length = 0;
    }
  }
  if (length != 0) fail(ErrorCode::MalformedModel, "a packed field ends inside an integer");
  return count;
}

}  // namespace

template <class T>
void Packed<T>::append(std::span<const std::byte> run) {
  if (run.empty()) return;
  if constexpr (std::is_floating_point_v<T>) {
    size_ += count_fixed(run, sizeof(T));
  } else {
    size_ += count_varints(run);
  }
  runs_.push_back(run);
}

template <class T>
T Packed<T>::take(std::span<const std::byte>& run) {
  if constexpr (std::is_floating_point_v<T>) {
    T value;
    std::memcpy(&value, run.data(), sizeof(T));
    run = run.subspan(sizeof(T));
    return value;
  } else {
    const char* const first = reinterpret_cast<const char*>(run.data());
    const char* at = first;
    const uint64_t value = protozero::decode_varint(&at, first + run.size());
    run = run.subspan(static_cast<size_t>(at - first));
    return static_cast<T>(value);
  }
}

template class Packed<float>;
template class Packed<double>;
template class Packed<int32_t>;
template class Packed<int64_t>;
template class Packed<uint64_t>;

}  // namespace fovea::onnx
