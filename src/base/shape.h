#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace fovea {

// More dimensions than NumPy and PyTorch give a tensor.
inline constexpr int kMaxRank = 64;

// The dimensions of a tensor, outermost first; every one is >= 0. Rank 0 is a scalar.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}
  explicit Shape(std::span<const int64_t> dims) : dims_(dims.begin(), dims.end()) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  // Throws Error(Internal) for an axis outside [0, rank): whoever asks must have looked at the
  // rank.
  int64_t operator[](int axis) const { return dims_[index_of(axis)]; }
  int64_t& operator[](int axis) { return dims_[index_of(axis)]; }
  const std::vector<int64_t>& dims() const { return dims_; }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }
  void push_back(int64_t dim) { dims_.push_back(dim); }
  bool operator==(const Shape&) const = default;

  // Product of all dimensions; 1 for a scalar. Throws Error(InvalidInput) when it exceeds 2^53,
  // beyond which no buffer could hold it and JavaScript could not count it, and for more than
  // kMaxRank dimensions.
  int64_t elements() const;

  // Product of the dimensions in [first, last).
  int64_t elements(int first, int last) const;

  // "[1,3,224,224]"
  std::string to_string() const;

 private:
  size_t index_of(int axis) const {
    const auto index = static_cast<size_t>(axis);
    if (index >= dims_.size()) fail_without(axis);
    return index;
  }
  [[noreturn]] void fail_without(int axis) const;

  std::vector<int64_t> dims_;
};

// Makes shapes parts of messages, see text().
inline void append(std::string& out, const Shape& shape) { out.append(shape.to_string()); }

// Maps an ONNX axis in [-rank, rank) to [0, rank). Throws Error(InvalidInput) outside.
int normalize_axis(int64_t axis, int rank);

// Row-major strides in elements.
std::vector<int64_t> strides_of(const Shape& shape);

// The common shape of multidirectional broadcasting (onnx/docs/Broadcasting.md). Throws
// Error(InvalidInput) naming both shapes when they do not fit.
Shape broadcast(const Shape& a, const Shape& b);

}  // namespace fovea
