// Operators that look at shapes alone: Shape, Size.

#include <algorithm>

#include "ops/op.h"

namespace fovea {
namespace {

int64_t clamp_axis(int64_t axis, int64_t rank) {
  return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
}

void infer_shape(InferContext& context) {
  const Shape& shape = context.shape(0);
  const int64_t start = clamp_axis(context.attributes().get_int("start", 0), shape.rank());
  const int64_t end = clamp_axis(context.attributes().get_int("end", shape.rank()), shape.rank());
  const std::span<const int64_t> dims(shape.dims());
  const auto slice = dims.subspan(static_cast<size_t>(start),
                                  static_cast<size_t>(std::max<int64_t>(end - start, 0)));
  context.set_content(0, Tensor::of<int64_t>({static_cast<int64_t>(slice.size())}, slice));
}

void infer_size(InferContext& context) {
  context.set_content(0, Tensor::of<int64_t>({}, {context.shape(0).elements()}));
}

constexpr OpDef shape(std::string_view op_type, InferRule infer) {
  return {.op_type = op_type,
          .meaning = {.types = {type_of_input(0, kAnyType)},
                      .infer = infer,
                      .element_type = always<DType::Int64>}};
}

constexpr OpDef kOps[] = {
    shape("Shape", infer_shape),
    shape("Size", infer_size),
};

}  // namespace

extern constinit const OpFamily shape_ops = kOps;

}  // namespace fovea
