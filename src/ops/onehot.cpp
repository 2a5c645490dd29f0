// OneHot.

#include <cstring>

#include "kernels/movement/strided_copy.h"
#include "ops/core/axes.h"
#include "ops/core/memory.h"

namespace fovea {
namespace {

int64_t depth_of(const NodeContext& context) {
  const std::vector<int64_t> depth = context.int64s(1);
  if (depth.size() != 1 || depth[0] < 0) {
    fail(ErrorCode::InvalidInput, "OneHot takes one depth of at least 0");
  }
  return depth[0];
}

int onehot_axis(const NodeContext& context) {
  return axis_of(context, context.shape(0).rank() + 1, -1);
}

void infer_onehot(InferContext& context) {
  if (context.shape(2).elements() != 2) {
    fail(ErrorCode::InvalidInput, "OneHot's values are [off, on], not of shape ", context.shape(2));
  }
  std::vector<int64_t> dims = context.shape(0).dims();
  dims.insert(dims.begin() + onehot_axis(context), depth_of(context));
  context.set_output(0, context.dtype(2), Shape(std::move(dims)));
}

template <class T>
double element_at(const std::byte* data, int64_t at) {
  return static_cast<double>(reinterpret_cast<const T*>(data)[at]);
}

using ElementAt = decltype(&element_at<float>);

Window window_onehot(const WindowContext& context) {
  if (context.input() != 0) return {};
  return same_place(context.axis() + (context.axis() < onehot_axis(context) ? 0 : 1));
}

Kernel plan_onehot(PlanContext& context) {
  const Shape& indices = context.shape(0);
  const int64_t depth = depth_of(context);
  const int64_t count = indices.elements();
  const int64_t inner = indices.elements(onehot_axis(context), indices.rank());
  const size_t bytes = element_bytes(context.dtype(2));
  const auto written_at = dispatch_with_integers<float, double>(
      context.dtype(0),
      [](auto tag) -> ElementAt { return element_at<typename decltype(tag)::type>; });
  return [=](RunContext& run) {
    const std::byte* off = run.in<std::byte>(2);
    const std::byte* on = off + bytes;
    std::byte* out = run.out<std::byte>(0);
    kernels::fill(out, off, bytes, count * depth);
    int64_t first = 0, column = 0;  // of the element's line
    for (int64_t i = 0; i < count; ++i) {
      const double written = written_at(run.in<std::byte>(0), i);
      const double position = written < 0 ? written + static_cast<double>(depth) : written;
      if (position >= 0 && position < static_cast<double>(depth)) {
        const int64_t hot = first + static_cast<int64_t>(position) * inner + column;
        std::memcpy(out + hot * static_cast<int64_t>(bytes), on, bytes);
      }
      if (++column == inner) {
        column = 0;
        first += inner * depth;
      }
    }
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "OneHot",
     .since = 9,
     .meaning = {.inputs = {3, 3},
                 .types = {type_of_input(0, kFloat32And64 | kIntegers), type_of_input(1, kNumbers),
                           type_of_input(2, kAnyType)},
                 .infer = infer_onehot,
                 .element_type = like_input<2>,
                 .content_inputs = {1},
                 .window = window_onehot},
     .cpu = {.plan = plan_onehot, .moves = true}},
};

}  // namespace

extern constinit const OpFamily onehot_ops = kOps;

}  // namespace fovea
