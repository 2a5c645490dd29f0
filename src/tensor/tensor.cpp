#include "tensor/tensor.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include "base/error.h"
#include "base/integers.h"
#include "tensor/dispatch.h"

namespace fovea {
namespace {

constexpr std::align_val_t kAlignment{64};

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Half> || std::is_same_v<From, BFloat>) {
    return convert<To>(to_float(value));
  } else if constexpr (std::integral<To> && std::floating_point<From>) {
    return saturating_cast<To>(value);
  } else if constexpr (std::is_same_v<To, int64_t> && std::is_same_v<From, uint64_t>) {
    return static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX));
  } else {
    return static_cast<To>(value);
  }
}

template <class To>
std::vector<To> converted(const Tensor& tensor) {
  std::vector<To> out(static_cast<size_t>(tensor.elements()));
  dispatch<float, double, Half, BFloat, int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t,
           int64_t, uint64_t, bool>(tensor.dtype(), [&](auto tag) {
    using From = typename decltype(tag)::type;
    std::ranges::transform(tensor.as<From>(), out.begin(), convert<To, From>);
  });
  return out;
}

}  // namespace

std::shared_ptr<std::byte> allocate_bytes(uint64_t bytes) {
  if (bytes == 0) return nullptr;
  void* memory = ::operator new(checked_size(bytes), kAlignment, std::nothrow);
  if (!memory) fail_out_of_memory(bytes);
  return {static_cast<std::byte*>(memory), [](std::byte* p) { ::operator delete(p, kAlignment); }};
}

struct Tensor::Storage {
  std::shared_ptr<const std::byte> memory;  // null while put away
  std::unique_ptr<Kept> kept;               // in a depot, where it has been put away before
  bool pinned = false;
};

namespace {

template <class Object>
std::shared_ptr<const std::byte> allocate_objects(int64_t count) {
  checked_size(static_cast<uint64_t>(count) * sizeof(Object));
  const auto objects = std::make_shared<Object[]>(static_cast<size_t>(count));
  return {objects, reinterpret_cast<const std::byte*>(objects.get())};
}

}  // namespace

Tensor::Tensor(DType dtype, Shape shape, std::shared_ptr<const std::byte> memory)
    : dtype_(dtype), shape_(std::move(shape)), elements_(shape_.elements()) {
  if (!memory) return;
  storage_ = std::make_shared<Storage>();
  storage_->memory = std::move(memory);
}

Tensor Tensor::allocate(DType dtype, Shape shape) {
  const int64_t elements = shape.elements();
  std::shared_ptr<const std::byte> memory;
  if (dtype == DType::String) {
    memory = allocate_objects<std::string>(elements);
  } else if (kind_of(dtype) == DTypeKind::Sequence) {
    memory = allocate_objects<Tensor>(elements);
  } else {
    memory = allocate_bytes(bytes_of(dtype, static_cast<uint64_t>(elements)));
  }
  return {dtype, std::move(shape), std::move(memory)};
}

Tensor Tensor::view(DType dtype, Shape shape, const void* data, std::shared_ptr<const void> owner) {
  checked_size(bytes_of(dtype, static_cast<uint64_t>(shape.elements())));
  return {dtype, std::move(shape),
          std::shared_ptr<const std::byte>(std::move(owner), static_cast<const std::byte*>(data))};
}

Tensor Tensor::copy(DType dtype, Shape shape, std::span<const std::byte> elements,
                    const Depot& depot) {
  const Tensor view = Tensor::view(dtype, std::move(shape), elements.data(), nullptr);
  view.put_away(depot);
  return view.data_if_here() ? copy_of(view) : view;
}

Tensor Tensor::of_strings(Shape shape, std::vector<std::string> values) {
  Tensor tensor = allocate(DType::String, std::move(shape));
  if (static_cast<size_t>(tensor.elements_) != values.size()) {
    fail(ErrorCode::InvalidInput, "a string tensor of shape ", tensor.shape_, " cannot hold ",
         values.size(), " strings");
  }
  std::ranges::move(values, tensor.mutable_as<std::string>().begin());
  return tensor;
}

Tensor Tensor::sequence_of(std::vector<Tensor> items) {
  Tensor tensor = allocate(DType::Sequence, {static_cast<int64_t>(items.size())});
  std::ranges::move(items, tensor.mutable_as<Tensor>().begin());
  return tensor;
}

Tensor Tensor::map_of(Tensor keys, Tensor values) {
  if (keys.shape().rank() != 1 || keys.shape() != values.shape()) {
    fail(ErrorCode::InvalidInput, "a map cannot have keys of shape ", keys.shape(),
         " and values of shape ", values.shape());
  }
  Tensor tensor = allocate(DType::Map, {2});
  tensor.mutable_as<Tensor>()[0] = std::move(keys);
  tensor.mutable_as<Tensor>()[1] = std::move(values);
  return tensor;
}

const std::byte* Tensor::data() const {
  if (!storage_) return nullptr;
  if (!storage_->memory && storage_->kept) {
    const auto memory = allocate_bytes(bytes());
    storage_->kept->copy_to(memory.get());
    storage_->memory = memory;
  }
  return storage_->memory.get();
}

const std::byte* Tensor::data_if_here() const {
  return storage_ ? storage_->memory.get() : nullptr;
}

// The depot's copy is kept: elements that are put away again need not be copied.
void Tensor::put_away(const Depot& depot) const {
  if (!depot.keep || is_object(dtype_) || bytes() < depot.least) return;
  if (!storage_->memory || storage_->pinned) return;
  if (!storage_->kept) storage_->kept = depot.keep({storage_->memory.get(), bytes()});
  storage_->memory = nullptr;
}

void Tensor::pin() const {
  if (!data()) return;
  storage_->pinned = true;
  storage_->kept = nullptr;
}

Tensor Tensor::absent() { return allocate(DType::Absent, {}); }

Tensor Tensor::reshaped(Shape shape) const {
  Tensor tensor = *this;
  tensor.shape_ = std::move(shape);
  if (tensor.shape_.elements() != elements_) {
    fail(ErrorCode::Internal, "a tensor of shape ", shape_, " was read as ", tensor.shape_);
  }
  return tensor;
}

bool identical(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DType::String) return std::ranges::equal(a.strings(), b.strings());
  if (kind_of(a.dtype()) == DTypeKind::Sequence) {
    return std::ranges::equal(a.items(), b.items(), identical);
  }
  return a.bytes() == 0 || std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

Tensor copy_of(const Tensor& tensor) {
  Tensor copy = Tensor::allocate(tensor.dtype(), tensor.shape());
  if (tensor.dtype() == DType::String) {
    std::ranges::copy(tensor.strings(), copy.mutable_as<std::string>().begin());
  } else if (kind_of(tensor.dtype()) == DTypeKind::Sequence) {
    std::ranges::transform(tensor.items(), copy.mutable_as<Tensor>().begin(), copy_of);
  } else if (tensor.bytes() > 0) {
    std::memcpy(copy.mutable_data(), tensor.data(), tensor.bytes());
  }
  return copy;
}

std::vector<int64_t> to_int64s(const Tensor& tensor) { return converted<int64_t>(tensor); }

std::vector<float> to_floats(const Tensor& tensor) { return converted<float>(tensor); }

}  // namespace fovea
