// Where.

#include "kernels/elementwise/where.h"

#include "ops/core/broadcast.h"

namespace fovea {
namespace {

using kernels::LoopNest;
using kernels::RowCursor;

constexpr int64_t kGrain = 8192;

void infer_where(InferContext& context) {
  context.set_output(0, context.dtype(1),
                     broadcast(context.shape(0), broadcast(context.shape(1), context.shape(2))));
}

Kernel plan_where(PlanContext& context) {
  const Shape& out = context.output_shape(0);
  const auto strides = [&](int i) {
    return broadcast_strides(context.shape(i), Layout::Plain, out);
  };
  const LoopNest<4> nest =
      nest_over<4>(out, Layout::Plain, {strides(0), strides(1), strides(2), strides_of(out)});
  const DType dtype = context.dtype(1);
  const size_t bytes = element_bytes(dtype);
  const kernels::WhereRow where = kernels::where_row(bytes);
  const auto size = static_cast<int64_t>(bytes);
  return [=](RunContext& run) {
    kernels::parallel_rows(nest, kGrain, run.pool(), [&](const RowCursor<4>& row) {
      where(run.in<bool>(0) + row.offset(0), row.stride(0),
            run.in<std::byte>(1) + row.offset(1) * size, row.stride(1),
            run.in<std::byte>(2) + row.offset(2) * size, row.stride(2),
            run.out<std::byte>(0) + row.offset(3) * size, row.count());
    });
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "Where",
     .since = 9,
     .meaning = {.inputs = {3, 3},
                 .types = {type_of_input(0, kBool), type_of_inputs(1, 2, kAnyType)},
                 .infer = infer_where,
                 .element_type = like_input<1>,
                 .window = window_by_element},
     .cpu = {.plan = plan_where, .moves = true, .reuse = Reuse::InPlace}},
};

}  // namespace

extern constinit const OpFamily where_ops = kOps;

}  // namespace fovea
