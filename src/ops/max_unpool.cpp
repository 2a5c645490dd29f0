// MaxUnpool.

#include <algorithm>
#include <cstring>

#include "ops/core/spatial.h"

namespace fovea {
namespace {

constexpr int kFirstSpatial = 2;

// What MaxPool with these attributes may have been given, whose elements the indices count.
Shape pooled_from(const NodeContext& context) {
  const WindowAttributes& window = context.attributes_as<PoolAttributes>().window;
  const Shape& in = context.shape(0);
  const auto axes = static_cast<size_t>(std::max(in.rank() - kFirstSpatial, 0));
  const auto count_is = [](const std::vector<int64_t>& values, size_t count) {
    return values.empty() || values.size() == count;
  };
  const bool fit = axes > 0 && window.kernel_shape.size() == axes &&
                   count_is(window.strides, axes) && count_is(window.pads, 2 * axes);
  if (!fit) {
    fail(ErrorCode::InvalidInput, "MaxUnpool with a kernel of ", window.kernel_shape.size(),
         " axes cannot take an input of shape ", in);
  }
  Shape out = in;
  for (size_t i = 0; i < axes; ++i) {
    const int axis = static_cast<int>(i) + kFirstSpatial;
    const int64_t stride = window.strides.empty() ? 1 : window.strides[i];
    const int64_t pads = window.pads.empty() ? 0 : window.pads[i] + window.pads[axes + i];
    if (in[axis] >= int64_t{1} << 31) {
      fail(ErrorCode::InvalidInput, "MaxUnpool cannot take an input of shape ", in,
           ": its spatial sizes must be less than 2^31");
    }
    out[axis] = (in[axis] - 1) * stride + window.kernel_shape[i] - pads;
    if (out[axis] < 0) {
      fail(ErrorCode::InvalidInput, "MaxUnpool of ", in, " would have the size ", out[axis]);
    }
  }
  return out;
}

void infer_max_unpool(InferContext& context) {
  const Shape pooled = pooled_from(context);
  if (context.shape(1) != context.shape(0)) {
    fail(ErrorCode::InvalidInput, "MaxUnpool of ", context.shape(0), " needs as many indices, not ",
         context.shape(1));
  }
  if (!context.has_input(2)) return context.set_output(0, context.dtype(0), pooled);
  const Shape out(context.int64s(2));
  bool fit = out.rank() == pooled.rank() && out[0] == pooled[0] && out[1] == pooled[1];
  for (int axis = kFirstSpatial; fit && axis < out.rank(); ++axis) fit = out[axis] >= pooled[axis];
  if (!fit) {
    fail(ErrorCode::InvalidInput, "MaxUnpool of ", context.shape(0), " makes ", pooled,
         ", which an output_shape of ", out, " does not hold");
  }
  context.set_output(0, context.dtype(0), out);
}

// Where an element of `shape` lies in a larger one.
int64_t place_in(const Shape& shape, const Shape& larger, int64_t index) {
  int64_t place = 0, stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    place += index % shape[axis] * stride;
    index /= shape[axis];
    stride *= larger[axis];
  }
  return place;
}

void max_unpool(ComputeContext& context) {
  const Tensor& in = context.tensor(0);
  const Shape pooled = pooled_from(context);
  const Shape out = context.has_input(2) ? Shape(context.int64s(2)) : pooled;
  const size_t bytes = element_bytes(in.dtype());
  Tensor& result = context.set(0, Tensor::allocate(in.dtype(), out));
  if (result.bytes() > 0) std::memset(result.mutable_data(), 0, result.bytes());
  const bool same = out == pooled;
  const int64_t end = pooled.elements();
  const std::byte* from = in.data();
  for (const int64_t index : context.tensor(1).as<int64_t>()) {
    if (index < 0 || index >= end) {
      fail(ErrorCode::InvalidInput, "MaxUnpool has the index ", index, ", but makes ", pooled);
    }
    const auto place = static_cast<size_t>(same ? index : place_in(pooled, out, index));
    std::memcpy(result.mutable_data() + place * bytes, from, bytes);
    from += bytes;
  }
}

constexpr OpDef kOps[] = {
    {.op_type = "MaxUnpool",
     .since = 9,
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_input(0, kFloat32And64), type_of_inputs(1, 2, {DType::Int64})},
                 .infer = infer_max_unpool,
                 .content_inputs = {2}},
     .cpu = {.compute = max_unpool}},
};

}  // namespace

extern constinit const OpFamily max_unpool_ops = kOps;

}  // namespace fovea
