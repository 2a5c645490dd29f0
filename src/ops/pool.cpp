// MaxPool, AveragePool, GlobalMaxPool, GlobalAveragePool.

#include "kernels/reduction/pool.h"

#include <algorithm>

#include "ops/core/spatial.h"

namespace fovea {
namespace {

using kernels::AverageOver;
using kernels::PoolShape;

// Elements read that are worth a chunk of their own.
constexpr int64_t kGrain = 32768;

// A count of elements may be larger than int64 holds.
int64_t grain_for(double elements_each) {
  return static_cast<int64_t>(kGrain / (elements_each + 1)) + 1;
}

void infer_pool(InferContext& context) {
  const Shape shape = output_shape(context.shape(0)[0], context.shape(0)[1], pooling_axes(context));
  context.set_output(0, context.dtype(0), shape);
  context.set_output(1, DType::Int64, shape);
}

// The indices of MaxPool are those of the plain tensor.
void layout_pool(LayoutContext& context) {
  if (context.input_can_be_channels_last(0) && context.output_count() == 1) {
    follow_input_layout(context);
  }
}

PoolShape pool_shape(const NodeContext& context) {
  PoolShape pool = {context.shape(0)[0], context.shape(0)[1], {}};
  const auto axes = as_three(context, pooling_axes(context));
  for (size_t i = 0; i < axes.size(); ++i) {
    const SpatialAxis& axis = axes[i];
    pool.axes[i] = {axis.in,       axis.out,       axis.kernel, axis.stride,
                    axis.dilation, axis.pad_begin, axis.pad_end};
  }
  return pool;
}

// Elements of the largest window that can be inside the image.
double window_size(const PoolShape& pool) {
  double size = 1;
  for (const kernels::PoolAxis& axis : pool.axes) {
    size *= static_cast<double>(std::min(axis.kernel, axis.in));
  }
  return size;
}

// Runs plane by plane, or row by row in channels-last, whose function takes the range last.
template <class RunPlanes>
Kernel over_planes(const PoolShape& pool, RunPlanes run_planes) {
  return [=](RunContext& run) {
    const double plane = window_size(pool) * static_cast<double>(pool.out_size());
    run.pool().parallel_for(pool.planes(), grain_for(plane),
                            [&](int64_t begin, int64_t end) { run_planes(run, begin, end); });
  };
}

template <class RunRows>
Kernel over_rows(const PoolShape& pool, RunRows run_rows) {
  return [=](RunContext& run) {
    const double row = window_size(pool) * static_cast<double>(pool.axes[2].out * pool.channels);
    run.pool().parallel_for(pool.batch * pool.axes[1].out, grain_for(row),
                            [&](int64_t begin, int64_t end) { run_rows(run, begin, end); });
  };
}

Kernel plan_max_pool(PlanContext& context) {
  const PoolShape pool = pool_shape(context);
  if (context.layout(0) == Layout::ChannelsLast) {
    return over_rows(pool, [=](RunContext& run, int64_t begin, int64_t end) {
      kernels::max_pool_rows(pool, run.in<float>(0), run.out<float>(0), begin, end);
    });
  }
  const bool column_major = context.attributes_as<PoolAttributes>().column_major;
  return dispatch<float, double, int8_t, uint8_t>(context.dtype(0), [&](auto tag) {
    using T = typename decltype(tag)::type;
    return over_planes(pool, [=](RunContext& run, int64_t begin, int64_t end) {
      if (auto* indices = run.out<int64_t>(1)) {
        kernels::max_pool_with_indices(pool, run.in<T>(0), run.out<T>(0), indices, column_major,
                                       begin, end);
      } else {
        kernels::max_pool(pool, run.in<T>(0), run.out<T>(0), begin, end);
      }
    });
  });
}

Kernel plan_average_pool(PlanContext& context) {
  const PoolShape pool = pool_shape(context);
  const auto over = context.attributes_as<PoolAttributes>().counts_padding
                        ? AverageOver::InsideAndPadding
                        : AverageOver::Inside;
  if (context.layout(0) == Layout::ChannelsLast) {
    return over_rows(pool, [=](RunContext& run, int64_t begin, int64_t end) {
      kernels::average_pool_rows(pool, run.in<float>(0), run.out<float>(0), over, begin, end);
    });
  }
  return dispatch<float, double>(context.dtype(0), [&](auto tag) {
    using T = typename decltype(tag)::type;
    return over_planes(pool, [=](RunContext& run, int64_t begin, int64_t end) {
      kernels::average_pool(pool, run.in<T>(0), run.out<T>(0), over, begin, end);
    });
  });
}

void infer_global_pool(InferContext& context) {
  Shape shape = context.shape(0);
  if (shape.rank() < 2) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " needs [N, C, ...], not ", shape);
  }
  for (int axis = 2; axis < shape.rank(); ++axis) shape[axis] = 1;
  context.set_output(0, context.dtype(0), std::move(shape));
}

// All spatial axes as one, pooled by one window.
PoolShape global_shape(const NodeContext& context) {
  const Shape& shape = context.shape(0);
  const int64_t size = shape.elements(2, shape.rank());
  PoolShape pool = {shape[0], shape[1], {}};
  pool.axes[2] = {size, 1, size, 1, 1, 0, 0};
  return pool;
}

using GlobalPlanes = void (*)(const float*, float*, int64_t size, int64_t begin, int64_t end);
using GlobalImages = void (*)(const float*, float*, int64_t channels, int64_t size, int64_t begin,
                              int64_t end);

Kernel plan_global_float(const PlanContext& context, GlobalPlanes planes, GlobalImages images) {
  const PoolShape pool = global_shape(context);
  if (context.layout(0) == Layout::ChannelsLast) {
    return [=](RunContext& run) {
      run.pool().parallel_for(pool.batch, 1, [&](int64_t begin, int64_t end) {
        images(run.in<float>(0), run.out<float>(0), pool.channels, pool.in_size(), begin, end);
      });
    };
  }
  return over_planes(pool, [=](RunContext& run, int64_t begin, int64_t end) {
    planes(run.in<float>(0), run.out<float>(0), pool.in_size(), begin, end);
  });
}

Kernel plan_global_max(PlanContext& context) {
  if (context.dtype(0) == DType::Float) {
    return plan_global_float(context, kernels::global_max, kernels::global_max_images);
  }
  const PoolShape pool = global_shape(context);
  return over_planes(pool, [=](RunContext& run, int64_t begin, int64_t end) {
    kernels::max_pool(pool, run.in<double>(0), run.out<double>(0), begin, end);
  });
}

Kernel plan_global_average(PlanContext& context) {
  if (context.dtype(0) == DType::Float) {
    return plan_global_float(context, kernels::global_average, kernels::global_average_images);
  }
  const PoolShape pool = global_shape(context);
  return over_planes(pool, [=](RunContext& run, int64_t begin, int64_t end) {
    kernels::average_pool(pool, run.in<double>(0), run.out<double>(0), AverageOver::Inside, begin,
                          end);
  });
}

constexpr OpDef pool(std::string_view op_type, DTypeSet types, InferRule infer, PlanRule plan,
                     Arity outputs = {1, 1}) {
  return {.op_type = op_type,
          .meaning = {.outputs = outputs,
                      .types = {type_of_input(0, types)},
                      .infer = infer,
                      .element_type = first_like_input<DType::Int64>},
          .cpu = {.plan = plan, .layout = layout_pool}};
}

constexpr OpDef kOps[] = {
    pool("MaxPool", kFloat32And64 | kBytes, infer_pool, plan_max_pool, {1, 2}),
    pool("AveragePool", kFloat32And64, infer_pool, plan_average_pool),
    pool("GlobalMaxPool", kFloat32And64, infer_global_pool, plan_global_max),
    pool("GlobalAveragePool", kFloat32And64, infer_global_pool, plan_global_average),
};

}  // namespace

extern constinit const OpFamily pool_ops = kOps;

}  // namespace fovea
