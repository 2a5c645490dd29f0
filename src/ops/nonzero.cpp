// NonZero: its output's shape depends on data.

#include <algorithm>

#include "kernels/elementwise/convert.h"
#include "ops/op.h"

namespace fovea {
namespace {

void infer_nonzero(InferContext& context) { context.set_dynamic_output(0, DType::Int64); }

// Column j holds the index of the j-th non-zero element in row-major order.
Tensor true_indices(const bool* data, const Shape& shape) {
  const int64_t elements = shape.elements();
  const auto count = static_cast<int64_t>(std::count(data, data + elements, true));
  Tensor out = Tensor::allocate(DType::Int64, {shape.rank(), count});
  int64_t* to = out.mutable_as<int64_t>().data();
  for (int64_t i = 0; i < elements; ++i) {
    if (!data[i]) continue;
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
  context.reserve_scratch(static_cast<uint64_t>(shape.elements()));
  const auto to_bool = dispatch_with_integers<bool, float, double>(
      context.dtype(0), [](auto tag) -> kernels::ConvertRow {
        return kernels::convert_bytes<bool, typename decltype(tag)::type>;
      });
  return [shape, to_bool](RunContext& run) {
    bool* is_true = reinterpret_cast<bool*>(run.scratch());
    to_bool(run.in<std::byte>(0), is_true, shape.elements());
    run.set_output(0, true_indices(is_true, shape));
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "NonZero",
     .since = 9,
     .meaning = {.types = {type_of_input(0, kFloat32And64 | kIntegers | kBool)},
                 .infer = infer_nonzero,
                 .element_type = always<DType::Int64>},
     .cpu = {.plan = plan_nonzero}},
};

}  // namespace

extern constinit const OpFamily nonzero_ops = kOps;

}  // namespace fovea
