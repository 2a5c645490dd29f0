#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/dtype.h"
#include "base/shape.h"

namespace fovea {

// Bytes in memory that is not the engine's.
class Kept {
 public:
  virtual ~Kept() = default;
  virtual void copy_to(std::byte* memory) const = 0;
};

struct Depot {
  // Copies bytes to such memory. Null: there is none.
  std::unique_ptr<Kept> (*keep)(std::span<const std::byte> bytes) = nullptr;
  size_t least = 16 * 1024;  // of a tensor for which it is worth it, in bytes
};

// A dense row-major array. Copies share the elements; whoever holds a copy keeps them alive.
// The memory is either the tensor's own (64-byte aligned) or a view into memory of `owner`.
//
// ONNX's other values are tensors, too. A sequence has one axis, and its elements are Tensors. An
// optional is the value that it holds; one that holds none is a tensor of type Absent. A map is a
// tensor of two Tensors: its keys and, in the same order, their values.
//
// Elements that nobody needs for now can be put away in a depot, those of all copies at once; they
// are there again as soon as anybody asks for them.
class Tensor {
 public:
  Tensor() = default;

  // Uninitialised elements, or objects as they are by default. Throws Error(OutOfMemory) with the
  // field "bytes" when they cannot be had.
  static Tensor allocate(DType dtype, Shape shape);

  // Elements that live elsewhere; `owner` keeps them alive and may be null when the caller does.
  // Throws Error(OutOfMemory) for a shape that no memory can hold.
  static Tensor view(DType dtype, Shape shape, const void* data, std::shared_ptr<const void> owner);

  // A copy of elements, which is put away from the outset where put_away() does that.
  static Tensor copy(DType dtype, Shape shape, std::span<const std::byte> elements,
                     const Depot& depot = {});

  template <class T>
  static Tensor of(Shape shape, std::span<const T> values);
  template <class T>
  static Tensor of(Shape shape, std::initializer_list<T> values) {
    return of(std::move(shape), std::span<const T>(values.begin(), values.size()));
  }

  static Tensor of_strings(Shape shape, std::vector<std::string> values);
  static Tensor sequence_of(std::vector<Tensor> items);
  // Throws Error(InvalidInput) unless both have as many elements and one axis.
  static Tensor map_of(Tensor keys, Tensor values);
  // An optional without a value.
  static Tensor absent();

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t elements() const { return elements_; }
  // Known to fit since the tensor was made.
  size_t bytes() const {
    return static_cast<size_t>(bytes_of(dtype_, static_cast<uint64_t>(elements_)));
  }

  // Throws Error(OutOfMemory) where elements that were put away do not fit any more.
  const std::byte* data() const;
  std::byte* mutable_data() { return const_cast<std::byte*>(data()); }
  template <class T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(data()), static_cast<size_t>(elements_)};
  }
  template <class T>
  std::span<T> mutable_as() {
    return {reinterpret_cast<T*>(mutable_data()), static_cast<size_t>(elements_)};
  }
  std::span<const std::string> strings() const { return as<std::string>(); }
  // Of a sequence or a map.
  std::span<const Tensor> items() const { return as<Tensor>(); }

  // Gives the elements' memory back, unless they are few or pinned. Nobody may hold a pointer to
  // them, nor write to them any more.
  void put_away(const Depot& depot) const;
  // From now on the elements stay where they are: somebody holds a pointer to them.
  void pin() const;
  // The elements where they are not put away, else null.
  const std::byte* data_if_here() const;
  // The same for tensors that share elements, and for no others.
  const void* identity() const { return storage_.get(); }

  // The same elements under another shape of as many elements; Error(Internal) for any other.
  Tensor reshaped(Shape shape) const;

 private:
  struct Storage;

  Tensor(DType dtype, Shape shape, std::shared_ptr<const std::byte> memory);

  DType dtype_ = DType::Undefined;
  Shape shape_;
  int64_t elements_ = 0;
  std::shared_ptr<Storage> storage_;  // null where there is no element
};

// 64-byte aligned memory that is returned when the pointer goes; null for 0 bytes. Throws
// Error(OutOfMemory) with the field "bytes".
std::shared_ptr<std::byte> allocate_bytes(uint64_t bytes);

template <>
struct DTypeOf<Tensor> {
  static constexpr DType value = DType::Sequence;
};

// Calls copy(from, to) with the elements of an object type, as pointers to the objects.
template <class Copy>
void for_objects(DType dtype, const void* from, void* to, const Copy& copy) {
  if (dtype == DType::String) {
    copy(static_cast<const std::string*>(from), static_cast<std::string*>(to));
  } else {
    copy(static_cast<const Tensor*>(from), static_cast<Tensor*>(to));
  }
}

// True for the same type, shape and elements, bit by bit.
bool identical(const Tensor& a, const Tensor& b);

// A tensor of the same elements in memory of its own, as are those of the tensors in it.
Tensor copy_of(const Tensor& tensor);

// Elements of any numeric type as int64: rounded towards zero, saturated, NaN as 0. Throws
// Error(UnsupportedAttribute) for other types.
std::vector<int64_t> to_int64s(const Tensor& tensor);

// Elements of any numeric type as float. Throws Error(UnsupportedAttribute) for strings.
std::vector<float> to_floats(const Tensor& tensor);

template <class T>
Tensor Tensor::of(Shape shape, std::span<const T> values) {
  Tensor tensor = allocate(dtype_of<T>, std::move(shape));
  std::copy(values.begin(), values.end(), tensor.mutable_as<T>().begin());
  return tensor;
}

}  // namespace fovea
