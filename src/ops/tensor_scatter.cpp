// TensorScatter: writes new steps into a cache.

#include "base/integers.h"
#include "ops/core/axes.h"
#include "ops/core/evaluate.h"

namespace fovea {
namespace {

int sequence_axis(const NodeContext& context) {
  const int axis = axis_of(context, context.shape(0).rank(), -2);
  if (axis == 0) {
    fail(ErrorCode::MalformedModel, "TensorScatter along axis 0, which is that of batches");
  }
  return axis;
}

bool is_circular(const NodeContext& context) {
  const std::string mode = context.attributes().get_string("mode", "linear");
  if (mode == "linear") return false;
  if (mode == "circular") return true;
  fail(ErrorCode::MalformedModel, "TensorScatter's mode is '", mode, "', not linear or circular");
}

void infer_tensor_scatter(InferContext& context) {
  is_circular(context);
  const Shape &cache = context.shape(0), &update = context.shape(1);
  const int axis = sequence_axis(context);
  Shape all_steps = update;
  bool fits = update.rank() == cache.rank() && update[axis] <= cache[axis];
  if (fits) all_steps[axis] = cache[axis];
  fits = fits && all_steps == cache;
  if (!fits) {
    fail(ErrorCode::InvalidInput, "TensorScatter of ", update, " into ", cache, " along axis ",
         axis);
  }
  if (context.has_input(2) && context.shape(2) != Shape{cache[0]}) {
    fail(ErrorCode::InvalidInput, "TensorScatter into ", cache,
         " cannot have write indices of shape ", context.shape(2));
  }
  infer_like_input(context);
}

// Where the batch's first step is written.
int64_t first_place(const ComputeContext& context, int64_t batch, int64_t steps, int64_t places) {
  if (!context.has_input(2)) return 0;
  const int64_t written = context.tensor(2).as<int64_t>()[static_cast<size_t>(batch)];
  if (is_circular(context)) return places > 0 ? written - floor_div(written, places) * places : 0;
  if (written < 0 || written > places - steps) {
    fail(ErrorCode::InvalidInput, "TensorScatter of ", steps, " steps at ", written,
         " in a cache of ", places);
  }
  return written;
}

// Cache and update are rows of a matrix each.
void tensor_scatter(ComputeContext& context) {
  const Shape& cache = context.shape(0);
  const int axis = sequence_axis(context);
  const int64_t places = cache[axis], steps = context.shape(1)[axis];
  const int64_t lines = cache.elements(0, axis), row = cache.elements(axis + 1, cache.rank());
  const int64_t lines_of_batch = cache.elements(1, axis);
  Tensor targets = Tensor::allocate(DType::Int64, {lines * steps, 1});
  int64_t* target = targets.mutable_as<int64_t>().data();
  for (int64_t line = 0; line < lines; ++line) {
    const int64_t first = first_place(context, line / lines_of_batch, steps, places);
    for (int64_t step = 0; step < steps; ++step) {
      *target++ = line * places + (first + step) % places;
    }
  }
  const Tensor inputs[] = {context.tensor(0).reshaped({lines * places, row}), std::move(targets),
                           context.tensor(1).reshaped({lines * steps, row})};
  context.set(0, evaluate_op("ScatterND", {}, inputs, context.pool()).reshaped(cache));
}

constexpr OpDef kOps[] = {
    {.op_type = "TensorScatter",
     .since = 24,
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_inputs(0, 1, kAnyType), type_of_input(2, {DType::Int64})},
                 .infer = infer_tensor_scatter},
     .cpu = {.compute = tensor_scatter}},
};

}  // namespace

extern constinit const OpFamily tensor_scatter_ops = kOps;

}  // namespace fovea
