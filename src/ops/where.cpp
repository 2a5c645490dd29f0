// Where.

#include <cstring>

#include "ops/core/broadcast.h"

namespace fovea {
namespace {

using kernels::LoopNest;
using kernels::RowCursor;

constexpr int64_t kGrain = 8192;

void infer_where(InferContext& context) {
  if (context.dtype(0) != DType::Bool || context.dtype(1) != context.dtype(2)) {
    throw Error(
        ErrorCode::MalformedModel,
        text("Where takes bool and two inputs of one element type, not ", name_of(context.dtype(0)),
             ", ", name_of(context.dtype(1)), " and ", name_of(context.dtype(2))));
  }
  context.set_output(0, context.dtype(1),
                     broadcast(context.shape(0), broadcast(context.shape(1), context.shape(2))));
}

// T stands for any element type of its size.
template <class T>
Kernel where_kernel(const LoopNest<4>& nest) {
  return [nest](RunContext& run) {
    const bool* condition = run.in<bool>(0);
    const T* yes = run.in<T>(1);
    const T* no = run.in<T>(2);
    T* out = run.out<T>(0);
    kernels::parallel_rows(nest, kGrain, run.pool(), [&](const RowCursor<4>& row) {
      const bool* c = condition + row.offset(0);
      const T* y = yes + row.offset(1);
      const T* n = no + row.offset(2);
      T* to = out + row.offset(3);
      const int64_t c_step = row.stride(0), y_step = row.stride(1), n_step = row.stride(2);
      for (int64_t i = 0; i < row.count(); ++i) {
        to[i] = c[i * c_step] ? y[i * y_step] : n[i * n_step];
      }
    });
  };
}

Kernel plan_where(PlanContext& context) {
  const Shape& out = context.output_shape(0);
  const auto strides = [&](int i) {
    return broadcast_strides(context.shape(i), Layout::Plain, out);
  };
  const LoopNest<4> nest =
      nest_over<4>(out, Layout::Plain, {strides(0), strides(1), strides(2), strides_of(out)});
  switch (size_of(context.dtype(1))) {
    case 1:
      return where_kernel<uint8_t>(nest);
    case 2:
      return where_kernel<uint16_t>(nest);
    case 4:
      return where_kernel<uint32_t>(nest);
    case 8:
      return where_kernel<uint64_t>(nest);
    default:
      throw Error(ErrorCode::UnsupportedAttribute,
                  text("Where of ", name_of(context.dtype(1)), " is not supported"));
  }
}

}  // namespace

void register_where(OpTable& table) {
  table.add({.op_type = "Where",
             .since = 9,
             .inputs = {3, 3},
             .infer = infer_where,
             .plan = plan_where,
             .reuse = Reuse::InPlace});
}

}  // namespace fovea
