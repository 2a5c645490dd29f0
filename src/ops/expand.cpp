// Repetition: Expand, Tile.

#include "ops/core/broadcast.h"

namespace fovea {
namespace {

void infer_expand(InferContext& context) {
  const Shape shape(context.int64s(1));
  for (const int64_t dim : shape) {
    if (dim < 0) {
      fail(ErrorCode::InvalidInput, "Expand to ", shape, " has a negative dimension");
    }
  }
  context.set_output(0, context.dtype(0), broadcast(context.shape(0), shape));
}

Kernel copy_kernel(const CopyStep& copy) {
  return [copy](RunContext& run) {
    copy.run(run.in<std::byte>(0), run.out<std::byte>(0), run.pool());
  };
}

Kernel plan_expand(PlanContext& context) {
  const Shape& out = context.output_shape(0);
  return copy_kernel(CopyStep(context.dtype(0), out, Layout::Plain,
                              broadcast_strides(context.shape(0), Layout::Plain, out),
                              strides_of(out)));
}

void infer_tile(InferContext& context) {
  Shape out = context.shape(0);
  const Shape repeats(context.int64s(1));
  if (repeats.rank() != out.rank()) {
    fail(ErrorCode::InvalidInput, "Tile of ", out, " by ", repeats, " repeats");
  }
  for (int axis = 0; axis < out.rank(); ++axis) {
    const int64_t repeat = repeats[axis];
    if (repeat < 0 || repeat > (int64_t{1} << 53)) {
      fail(ErrorCode::InvalidInput, "Tile cannot repeat ", repeat, " times");
    }
    out[axis] = Shape({out[axis], repeat}).elements();
  }
  context.set_output(0, context.dtype(0), std::move(out));
}

Window window_tile(const WindowContext& context) {
  const int axis = context.axis();
  return context.shape(0)[axis] == context.output_shape()[axis] ? same_place(axis) : Window{};
}

Kernel plan_tile(PlanContext& context) {
  const Shape& in = context.shape(0);
  const std::vector<int64_t> repeats = context.int64s(1);
  const std::vector<int64_t> from = strides_of(in);
  const std::vector<int64_t> to = strides_of(context.output_shape(0));
  kernels::LoopNest<2> nest;
  for (int axis = 0; axis < in.rank(); ++axis) {
    const auto i = static_cast<size_t>(axis);
    nest.add_axis(repeats[i], {0, in[axis] * to[i]});
    nest.add_axis(in[axis], {from[i], to[i]});
  }
  return copy_kernel(CopyStep(context.dtype(0), nest));
}

constexpr std::array<TypeVariable, 4> kTypes = {type_of_input(0, kAnyType),
                                                type_of_input(1, kIndices)};

constexpr OpDef kOps[] = {
    {.op_type = "Expand",
     .since = 8,
     .meaning = {.inputs = {2, 2},
                 .types = kTypes,
                 .infer = infer_expand,
                 .content_inputs = {1},
                 .window = window_by_element},
     .cpu = {.plan = plan_expand, .moves = true}},
    {.op_type = "Tile",
     .since = 6,
     .meaning = {.inputs = {2, 2},
                 .types = kTypes,
                 .infer = infer_tile,
                 .content_inputs = {1},
                 .window = window_tile},
     .cpu = {.plan = plan_tile, .moves = true}},
};

}  // namespace

extern constinit const OpFamily expand_ops = kOps;

}  // namespace fovea
