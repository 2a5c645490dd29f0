// ReverseSequence.

#include <numeric>

#include "ops/core/evaluate.h"
#include "ops/op.h"

namespace fovea {
namespace {

// Axes are 0 and 1, in either order.
bool time_comes_first(const NodeContext& context) {
  const int64_t time = context.attributes().get_int("time_axis", 0);
  const int64_t batch = context.attributes().get_int("batch_axis", 1);
  if (time + batch != 1 || time * batch != 0) {
    fail(ErrorCode::MalformedModel, "ReverseSequence's axes are 0 and 1, not ", time, " and ",
         batch);
  }
  return time == 0;
}

void infer_reverse_sequence(InferContext& context) {
  const int batch = time_comes_first(context) ? 1 : 0;
  const Shape &shape = context.shape(0), &lengths = context.shape(1);
  if (shape.rank() < 2 || lengths != Shape{shape[batch]}) {
    fail(ErrorCode::InvalidInput, "ReverseSequence of ", shape, " cannot have lengths of shape ",
         lengths);
  }
  infer_like_input(context);
}

// Steps are moved as rows of a matrix.
void reverse_sequence(ComputeContext& context) {
  const Tensor& in = context.tensor(0);
  const Shape& shape = in.shape();
  const bool time_first = time_comes_first(context);
  const int64_t steps = shape[time_first ? 0 : 1], batches = shape[time_first ? 1 : 0];
  const auto lengths = context.tensor(1).as<int64_t>();
  Tensor rows = Tensor::allocate(DType::Int64, {steps * batches});
  const auto row_of = [&](int64_t step, int64_t batch) {
    return time_first ? step * batches + batch : batch * steps + step;
  };
  for (int64_t batch = 0; batch < batches; ++batch) {
    const int64_t length = lengths[static_cast<size_t>(batch)];
    if (length < 0 || length > steps) {
      fail(ErrorCode::InvalidInput, "ReverseSequence of ", length, " steps, where there are ",
           steps);
    }
    for (int64_t step = 0; step < steps; ++step) {
      const int64_t from = step < length ? length - 1 - step : step;
      rows.mutable_as<int64_t>()[static_cast<size_t>(row_of(step, batch))] = row_of(from, batch);
    }
  }
  const Tensor inputs[] = {in.reshaped({steps * batches, shape.elements(2, shape.rank())}),
                           std::move(rows)};
  context.set(0, evaluate_op("Gather", {}, inputs, context.pool()).reshaped(shape));
}

constexpr OpDef kOps[] = {
    {.op_type = "ReverseSequence",
     .since = 10,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_input(0, kAnyType), type_of_input(1, {DType::Int64})},
                 .infer = infer_reverse_sequence},
     .cpu = {.compute = reverse_sequence}},
};

}  // namespace

extern constinit const OpFamily reverse_sequence_ops = kOps;

}  // namespace fovea
