// Updates by index: ScatterElements (and Scatter, its first name), ScatterND.

#include <algorithm>
#include <cstring>

#include "base/integers.h"
#include "kernels/elementwise/binary.h"
#include "ops/core/axes.h"
#include "ops/core/indices.h"
#include "ops/core/memory.h"

namespace fovea {
namespace {

// Blocks of elements: to[targets[i]][0..block) = op(that, updates[i][0..block)), one after the
// other, since several updates may meet in one block. Elements have `bytes`.
using Combine = void (*)(std::byte* to, const int64_t* targets, const std::byte* updates,
                         int64_t count, int64_t block, size_t bytes);

void overwrite(std::byte* to, const int64_t* targets, const std::byte* updates, int64_t count,
               int64_t block, size_t bytes) {
  const size_t size = static_cast<size_t>(block) * bytes;
  for (int64_t i = 0; i < count; ++i, updates += size) {
    std::byte* target = to + static_cast<size_t>(targets[i]) * size;
    if (size == sizeof(float)) {  // no call for each element
      std::memcpy(target, updates, sizeof(float));
    } else {
      std::memcpy(target, updates, size);
    }
  }
}

template <class Op, class T>
void combine_elements(std::byte* to, const int64_t* targets, const std::byte* updates,
                      int64_t count, int64_t block, size_t) {
  const T* update = reinterpret_cast<const T*>(updates);
  for (int64_t i = 0; i < count; ++i) {
    T* out = reinterpret_cast<T*>(to) + targets[i] * block;
    for (int64_t j = 0; j < block; ++j, ++update) out[j] = Op()(out[j], *update);
  }
}

// Targets that are found before any is written to.
constexpr int64_t kTargets = 256;

template <class Op>
Combine combine_of(DType dtype) {
  return dispatch_with_integers<float, double>(dtype, [](auto tag) -> Combine {
    return combine_elements<Op, typename decltype(tag)::type>;
  });
}

Combine combine_of(const NodeContext& context) {
  const std::string reduction = context.attributes().get_string("reduction", "none");
  const DType dtype = context.dtype(0);
  if (reduction == "none") return overwrite;
  if (reduction == "add") return combine_of<kernels::Add>(dtype);
  if (reduction == "mul") return combine_of<kernels::Mul>(dtype);
  if (reduction == "min") return combine_of<kernels::Min>(dtype);
  if (reduction == "max") return combine_of<kernels::Max>(dtype);
  fail(ErrorCode::UnsupportedAttribute, context.node().op_type, " reduction '", reduction,
       "' is not supported");
}

void copy_data(const RunContext& run, size_t bytes) {
  if (bytes > 0) std::memmove(run.out<std::byte>(0), run.in<std::byte>(0), bytes);
}

[[noreturn]] void reject_shapes(const NodeContext& context) {
  fail(ErrorCode::InvalidInput, context.node().op_type, " of ", context.shape(0), " with indices ",
       context.shape(1), " and updates ", context.shape(2));
}

void infer_scatter_elements(InferContext& context) {
  combine_of(context);  // says what cannot be combined
  infer_like_input(context);
  const Shape& data = context.shape(0);
  const Shape& indices = context.shape(1);
  const int axis = axis_of(context, data.rank(), 0);
  bool fits = indices == context.shape(2) && indices.rank() == data.rank();
  for (int i = 0; fits && i < data.rank(); ++i) fits = i == axis || indices[i] <= data[i];
  if (!fits) reject_shapes(context);
  require_indices(context, 1, data[axis]);
}

Kernel plan_scatter_elements(PlanContext& context) {
  const Shape& data = context.shape(0);
  const int axis = axis_of(context, data.rank(), 0);
  std::vector<int64_t> strides = strides_of(data);
  const int64_t axis_stride = std::exchange(strides[static_cast<size_t>(axis)], 0);
  kernels::LoopNest<1> nest;
  for (int i = 0; i < data.rank(); ++i) {
    nest.add_axis(context.shape(1)[i], {strides[static_cast<size_t>(i)]});
  }
  const Combine combine = combine_of(context);
  const size_t bytes = element_bytes(context.dtype(0));
  const size_t data_bytes = checked_size(bytes_of(context.dtype(0), data, Layout::Plain));
  const int64_t size = data[axis], updates = context.shape(1).elements();
  const DType index_type = context.dtype(1);
  return [=](RunContext& run) {
    const Indices indices(run, 1, index_type);
    indices.require("ScatterElements", updates, size);
    copy_data(run, data_bytes);
    const std::byte* update = run.in<std::byte>(2);
    int64_t targets[kTargets];
    int64_t next = 0;
    for (kernels::RowCursor<1> row(nest, 0, nest.iterations()); row; row.next()) {
      for (int64_t done = 0; done < row.count(); done += kTargets) {
        const int64_t count = std::min(kTargets, row.count() - done);
        int64_t target = row.offset(0) + done * row.stride(0);
        for (int64_t i = 0; i < count; ++i, ++next, target += row.stride(0)) {
          targets[i] = target + indices.position(next, size) * axis_stride;
        }
        combine(run.out<std::byte>(0), targets, update, count, 1, bytes);
        update += static_cast<size_t>(count) * bytes;
      }
    }
  };
}

int scatter_depth(const NodeContext& context) {
  const Shape& data = context.shape(0);
  const Shape& indices = context.shape(1);
  if (indices.rank() == 0 || indices[indices.rank() - 1] > data.rank()) reject_shapes(context);
  return static_cast<int>(indices[indices.rank() - 1]);
}

void infer_scatter_nd(InferContext& context) {
  combine_of(context);
  infer_like_input(context);
  const Shape& data = context.shape(0);
  const Shape& indices = context.shape(1);
  Shape updates;
  for (int i = 0; i < indices.rank() - 1; ++i) updates.push_back(indices[i]);
  for (int i = scatter_depth(context); i < data.rank(); ++i) updates.push_back(data[i]);
  if (updates != context.shape(2)) reject_shapes(context);
}

Kernel plan_scatter_nd(PlanContext& context) {
  const Shape& data = context.shape(0);
  const Shape& indices_shape = context.shape(1);
  const int depth = scatter_depth(context);
  const IndexTuples tuples(data, 0, depth);
  const int64_t count = indices_shape.elements(0, indices_shape.rank() - 1);
  const int64_t block = data.elements(depth, data.rank());
  const Combine combine = combine_of(context);
  const size_t bytes = element_bytes(context.dtype(0));
  const size_t data_bytes = checked_size(bytes_of(context.dtype(0), data, Layout::Plain));
  const DType index_type = context.dtype(1);
  return [=](RunContext& run) {
    const Indices indices(run, 1, index_type);
    tuples.require("ScatterND", indices, count);
    copy_data(run, data_bytes);
    if (block == 0) return;
    const std::byte* update = run.in<std::byte>(2);
    int64_t targets[kTargets];
    for (int64_t done = 0; done < count; done += kTargets) {
      const int64_t some = std::min(kTargets, count - done);
      for (int64_t i = 0; i < some; ++i) targets[i] = tuples.block(indices, done + i, 0);
      combine(run.out<std::byte>(0), targets, update, some, block, bytes);
      update += static_cast<size_t>(some * block) * bytes;
    }
  };
}

constexpr OpDef scatter(std::string_view op_type, int since, int until, InferRule infer,
                        PlanRule plan) {
  return {.op_type = op_type,
          .since = since,
          .until = until,
          .meaning = {.inputs = {3, 3},
                      .types = {type_of_both_inputs(0, 2, kAnyType), type_of_input(1, kIndices)},
                      .infer = infer},
          .cpu = {.plan = plan, .moves = true}};
}

constexpr OpDef kOps[] = {
    scatter("Scatter", 9, 10, infer_scatter_elements, plan_scatter_elements),
    scatter("ScatterElements", 11, kLatestOpset, infer_scatter_elements, plan_scatter_elements),
    scatter("ScatterND", 11, kLatestOpset, infer_scatter_nd, plan_scatter_nd),
};

}  // namespace

extern constinit const OpFamily scatter_ops = kOps;

}  // namespace fovea
