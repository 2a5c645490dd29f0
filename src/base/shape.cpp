#include "base/shape.h"

#include <algorithm>

#include "base/error.h"

namespace fovea {

int64_t Shape::elements() const {
  if (dims_.size() > size_t{kMaxRank}) {
    fail(ErrorCode::InvalidInput, "a shape has ", dims_.size(), " dimensions; at most ", kMaxRank,
         " are taken");
  }
  return elements(0, rank());
}

int64_t Shape::elements(int first, int last) const {
  constexpr int64_t kLimit = int64_t{1} << 53;
  int64_t product = 1;
  bool empty = false;
  for (int axis = first; axis < last; ++axis) {
    const int64_t dim = (*this)[axis];
    if (dim == 0) {
      empty = true;
    } else if (product > kLimit / dim) {
      fail(ErrorCode::InvalidInput, "shape ", to_string(), " has too many elements");
    } else {
      product *= dim;
    }
  }
  return empty ? 0 : product;
}

void Shape::fail_without(int axis) const {
  fail(ErrorCode::Internal, "axis ", axis, " of shape ", to_string(), " was read");
}

std::string Shape::to_string() const {
  std::string out = "[";
  for (int axis = 0; axis < rank(); ++axis) {
    if (axis > 0) out += ',';
    out += text((*this)[axis]);
  }
  return out + "]";
}

int normalize_axis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    fail(ErrorCode::InvalidInput, "axis ", axis, " is outside rank ", rank);
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::vector<int64_t> strides_of(const Shape& shape) {
  std::vector<int64_t> strides(static_cast<size_t>(shape.rank()), 1);
  for (int axis = shape.rank() - 2; axis >= 0; --axis) {
    strides[static_cast<size_t>(axis)] = strides[static_cast<size_t>(axis + 1)] * shape[axis + 1];
  }
  return strides;
}

Shape broadcast(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<int64_t> dims(static_cast<size_t>(rank), 1);
  for (int back = 1; back <= rank; ++back) {
    const int64_t from_a = back <= a.rank() ? a[a.rank() - back] : 1;
    const int64_t from_b = back <= b.rank() ? b[b.rank() - back] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1) {
      fail(ErrorCode::InvalidInput, "shapes ", a, " and ", b, " do not broadcast");
    }
    dims[static_cast<size_t>(rank - back)] = from_a == 1 ? from_b : from_a;
  }
  return Shape(std::move(dims));
}

}  // namespace fovea
