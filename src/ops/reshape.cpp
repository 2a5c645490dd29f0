// The same elements under another shape: Reshape, Squeeze, Unsqueeze, Flatten, Identity; Dropout,
// which does nothing outside of training.

#include <algorithm>
#include <cstring>

#include "base/integers.h"
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

constexpr int kFirstBoolMaskOpset = 10;

void infer_dropout(InferContext& context) {
  const Tensor* training = context.content(2);
  if (training && (training->elements() != 1 || to_floats(*training)[0] != 0.0f)) {
    fail(ErrorCode::UnsupportedAttribute, "Dropout in training mode is not supported");
  }
  infer_like_input(context);
  const DType mask = context.opset() < kFirstBoolMaskOpset ? context.dtype(0) : DType::Bool;
  context.set_output(1, mask, context.shape(0));
}

// The mask says "kept" everywhere.
template <class T>
void fill_mask(RunContext& run, int64_t count) {
  T one;
  if constexpr (std::is_same_v<T, Half>) {
    one = to_half(1.0f);
  } else {
    one = T{1};
  }
  std::fill_n(run.out<T>(1), count, one);
}

Kernel plan_dropout(PlanContext& context) {
  const size_t bytes =
      checked_size(bytes_of(context.dtype(0), context.shape(0), context.layout(0)));
  const int64_t count = context.wants_output(1) ? context.shape(0).elements() : 0;
  void (*mask)(RunContext&, int64_t) = nullptr;
  if (count > 0) {
    mask = dispatch<bool, float, double, Half>(
        context.output_dtype(1), [](auto tag) { return &fill_mask<typename decltype(tag)::type>; });
  }
  return [=](RunContext& run) {
    if (bytes > 0) std::memmove(run.out<std::byte>(0), run.in<std::byte>(0), bytes);
    if (mask) mask(run, count);
  };
}

DType type_of_dropout(const Node& node, std::span<const DType> inputs, int output) {
  constexpr int kFirstBoolMaskOpset = 10;
  const bool alike = output == 0 || node.opset < kFirstBoolMaskOpset;
  return alike ? inputs[0] : DType::Bool;
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
    {.op_type = "Dropout",
     .meaning = {.inputs = {1, 3},
                 .outputs = {1, 2},
                 .types = {type_of_input(0, kFloats), type_of_input(1, kFloats),
                           type_of_input(2, kBool)},
                 .infer = infer_dropout,
                 .element_type = type_of_dropout,
                 .content_inputs = {2}},
     .cpu = {.plan = plan_dropout, .reuse = Reuse::InPlace}},
};

}  // namespace

extern constinit const OpFamily reshape_ops = kOps;

}  // namespace fovea
