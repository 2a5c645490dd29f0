// The same elements under another shape: Reshape, Squeeze, Unsqueeze, Flatten, Identity.

#include <algorithm>

#include "ops/core/axes.h"

namespace fovea {
namespace {

// The written dimensions with each 0 replaced by the input's.
std::vector<int64_t> with_copied_zeros(std::vector<int64_t> dims, const Shape& in) {
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] != 0) continue;
    if (static_cast<int>(i) >= in.rank()) {
      fail(ErrorCode::InvalidInput, "dimension ", i, " is to be copied from ", in,
           ", which has no such dimension");
    }
    dims[i] = in[static_cast<int>(i)];
  }
  return dims;
}

// Replaces a -1 by what makes the element counts equal.
Shape with_inferred_dimension(std::vector<int64_t> dims, const Shape& in) {
  const Shape written(dims);
  const auto reject = [&] {
    fail(ErrorCode::InvalidInput, "shape ", in, " cannot be reshaped to ", written);
  };
  const auto unknown = std::ranges::find(dims, -1);
  if (std::ranges::any_of(dims, [](int64_t dim) { return dim < -1; })) reject();
  if (unknown != dims.end()) {
    *unknown = 1;
    if (std::ranges::find(dims, -1) != dims.end()) reject();
    const int64_t others = Shape(dims).elements();
    if (others == 0 || in.elements() % others != 0) reject();
    *unknown = in.elements() / others;
  }
  Shape shape(std::move(dims));
  if (shape.elements() != in.elements()) reject();
  return shape;
}

void infer_reshape(InferContext& context) {
  const Shape& in = context.shape(0);
  const bool keep_zeros = context.attributes().get_int("allowzero", 0) != 0;
  std::vector<int64_t> dims =
      context.has_input(1) ? context.int64s(1) : context.attributes().get_ints("shape");
  if (!keep_zeros) dims = with_copied_zeros(std::move(dims), in);
  context.set_output(0, context.dtype(0), with_inferred_dimension(std::move(dims), in));
}

void infer_squeeze(InferContext& context) {
  const Shape& in = context.shape(0);
  const auto written = written_axes(context, 1);
  const std::vector<int> axes = written ? normalize_axes(*written, in.rank()) : std::vector<int>();
  Shape out;
  for (int axis = 0; axis < in.rank(); ++axis) {
    const bool named = std::ranges::binary_search(axes, axis);
    if (named && in[axis] != 1) {
      fail(ErrorCode::InvalidInput, "axis ", axis, " of ", in, " is not 1 and cannot be squeezed");
    }
    if (!named && (written || in[axis] != 1)) out.push_back(in[axis]);
  }
  context.set_output(0, context.dtype(0), std::move(out));
}

void infer_unsqueeze(InferContext& context) {
  const Shape& in = context.shape(0);
  const auto written = written_axes(context, 1);
  if (!written) fail(ErrorCode::MalformedModel, "Unsqueeze needs axes");
  const int rank = in.rank() + static_cast<int>(written->size());
  const std::vector<int> axes = normalize_axes(*written, rank);
  Shape out;
  int next = 0;
  for (int axis = 0; axis < rank; ++axis) {
    out.push_back(std::ranges::binary_search(axes, axis) ? 1 : in[next++]);
  }
  context.set_output(0, context.dtype(0), std::move(out));
}

void infer_flatten(InferContext& context) {
  const Shape& in = context.shape(0);
  const int64_t axis = context.attributes().get_int("axis", 1);
  const int split = axis == in.rank() ? in.rank() : normalize_axis(axis, in.rank());
  context.set_output(0, context.dtype(0), {in.elements(0, split), in.elements(split, in.rank())});
}

constexpr OpDef view(std::string_view op_type, int inputs, InferRule infer,
                     DTypeSet types = kAnyType) {
  return {.op_type = op_type,
          .meaning = {.inputs = {1, inputs},
                      .types = {type_of_input(0, types), type_of_input(1, kIndices)},
                      .infer = infer,
                      .content_inputs = inputs > 1 ? InputList{1} : InputList{}},
          .cpu = {.reuse = Reuse::View}};
}

constexpr OpDef kOps[] = {
    view("Reshape", 2, infer_reshape),
    view("Squeeze", 2, infer_squeeze),
    view("Unsqueeze", 2, infer_unsqueeze),
    view("Flatten", 1, infer_flatten),
    view("Identity", 1, infer_like_input, kAnything),
};

}  // namespace

extern constinit const OpFamily reshape_ops = kOps;

}  // namespace fovea
