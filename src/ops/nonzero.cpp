// NonZero: its output's shape depends on data.

#include <algorithm>

#include "ops/op.h"

namespace fovea {
namespace {

void infer_nonzero(InferContext& context) { context.set_dynamic_output(0, DType::Int64); }

// Column j holds the index of the j-th non-zero element in row-major order.
template <class T>
Tensor nonzero_indices(const T* data, const Shape& shape) {
  const int64_t elements = shape.elements();
  const auto count = static_cast<int64_t>(
      std::count_if(data, data + elements, [](T value) { return value != T{0}; }));
  Tensor out = Tensor::allocate(DType::Int64, {shape.rank(), count});
  int64_t* to = out.mutable_as<int64_t>().data();
  for (int64_t i = 0; i < elements; ++i) {
    if (data[i] == T{0}) continue;
    int64_t rest = i;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      to[axis * count] = rest % shape[axis];
      rest /= shape[axis];
    }
    ++to;
  }
  return out;
}

Kernel plan_nonzero(PlanContext& context) {
  const Shape shape = context.shape(0);
  return dispatch_with_integers<bool, float, double>(context.dtype(0), [&](auto tag) -> Kernel {
    using T = typename decltype(tag)::type;
    return [shape](RunContext& run) { run.set_output(0, nonzero_indices(run.in<T>(0), shape)); };
  });
}

constexpr OpDef kOps[] = {
    {.op_type = "NonZero",
     .since = 9,
     .meaning = {.infer = infer_nonzero},
     .cpu = {.plan = plan_nonzero}},
};

}  // namespace

extern constinit const OpFamily nonzero_ops = kOps;

}  // namespace fovea
