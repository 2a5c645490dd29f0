#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace fovea {

// The dimensions of a tensor, outermost first; every one is >= 0. Rank 0 is a scalar.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}
  explicit Shape(std::span<const int64_t> dims) : dims_(dims.begin(), dims.end()) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t operator[](int axis) const { return dims_[static_cast<size_t>(axis)]; }
  int64_t& operator[](int axis) { return dims_[static_cast<size_t>(axis)]; }
  const std::vector<int64_t>& dims() const { return dims_; }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }
  void push_back(int64_t dim) { dims_.push_back(dim); }
  bool operator==(const Shape&) const = default;

  // Product of all dimensions; 1 for a scalar. Throws Error(InvalidInput) when it exceeds 2^53,
  // beyond which no buffer could hold it and JavaScript could not count it.
  int64_t elements() const { return elements(0, rank()); }

  // Product of the dimensions in [first, last).
  int64_t elements(int first, int last) const;

  // "[1,3,224,224]"
  std::string to_string() const;

 private:
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
