#include "tensor/tensor.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>

#include "base/error.h"
#include "tensor/dispatch.h"

namespace fovea {
namespace {

constexpr std::align_val_t kAlignment{64};

std::atomic<uint64_t> allocation_limit{0};

[[noreturn]] void throw_out_of_memory(uint64_t bytes) {
  throw Error(ErrorCode::OutOfMemory, text("out of memory: ", bytes, " bytes were asked for"))
      .with("bytes", std::to_string(bytes));
}

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Half> || std::is_same_v<From, BFloat>) {
    return static_cast<To>(to_float(value));
  } else {
    return static_cast<To>(value);
  }
}

template <class To>
std::vector<To> converted(const Tensor& tensor) {
  return dispatch<float, double, Half, BFloat, int8_t, uint8_t, int16_t, uint16_t, int32_t,
                  uint32_t, int64_t, uint64_t, bool>(tensor.dtype(), [&](auto tag) {
    using From = typename decltype(tag)::type;
    std::vector<To> out;
    out.reserve(static_cast<size_t>(tensor.elements()));
    for (const From value : tensor.as<From>()) out.push_back(convert<To>(value));
    return out;
  });
}

}  // namespace

void set_allocation_limit(uint64_t bytes) { allocation_limit = bytes; }

void check_allocation(uint64_t bytes) {
  const uint64_t limit = allocation_limit.load(std::memory_order_relaxed);
  if (bytes > (limit != 0 ? limit : uint64_t{PTRDIFF_MAX})) throw_out_of_memory(bytes);
}

std::shared_ptr<std::byte> allocate_bytes(uint64_t bytes) {
  if (bytes == 0) return nullptr;
  check_allocation(bytes);
  void* memory = ::operator new(static_cast<size_t>(bytes), kAlignment, std::nothrow);
  if (!memory) throw_out_of_memory(bytes);
  return {static_cast<std::byte*>(memory), [](std::byte* p) { ::operator delete(p, kAlignment); }};
}

Tensor Tensor::allocate(DType dtype, Shape shape) {
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  tensor.elements_ = tensor.shape_.elements();
  if (dtype == DType::String) {
    tensor.strings_ =
        std::make_shared<std::vector<std::string>>(static_cast<size_t>(tensor.elements_));
  } else {
    tensor.data_ = allocate_bytes(bytes_of(dtype, static_cast<uint64_t>(tensor.elements_)));
  }
  return tensor;
}

Tensor Tensor::view(DType dtype, Shape shape, const void* data, std::shared_ptr<const void> owner) {
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  tensor.elements_ = tensor.shape_.elements();
  tensor.data_ =
      std::shared_ptr<const std::byte>(std::move(owner), static_cast<const std::byte*>(data));
  return tensor;
}

Tensor Tensor::of_strings(Shape shape, std::vector<std::string> values) {
  Tensor tensor = allocate(DType::String, std::move(shape));
  if (static_cast<size_t>(tensor.elements_) != values.size()) {
    fail(ErrorCode::InvalidInput, "a string tensor of shape ", tensor.shape_, " cannot hold ",
         values.size(), " strings");
  }
  *tensor.strings_ = std::move(values);
  return tensor;
}

Tensor Tensor::reshaped(Shape shape) const {
  Tensor tensor = *this;
  tensor.shape_ = std::move(shape);
  tensor.elements_ = tensor.shape_.elements();
  return tensor;
}

std::vector<int64_t> to_int64s(const Tensor& tensor) { return converted<int64_t>(tensor); }

std::vector<float> to_floats(const Tensor& tensor) { return converted<float>(tensor); }

}  // namespace fovea
