// Elements by index: Gather, GatherElements, GatherND.

#include <cstring>

#include "ops/core/axes.h"
#include "ops/core/indices.h"
#include "ops/core/memory.h"

namespace fovea {
namespace {

constexpr int64_t kGrainBytes = 65536;

int64_t grain_of(size_t block_bytes) {
  return kGrainBytes / (static_cast<int64_t>(block_bytes) + 1) + 1;
}

// A block of the input.
void copy_block(const std::byte* from, int64_t block, size_t bytes, std::byte* to) {
  if (bytes == sizeof(float)) {  // no call for each element
    std::memcpy(to, from + block * int64_t{sizeof(float)}, sizeof(float));
  } else {
    std::memcpy(to, from + block * static_cast<int64_t>(bytes), bytes);
  }
}

void infer_gather(InferContext& context) {
  const Shape& in = context.shape(0);
  const int axis = axis_of(context, in.rank(), 0);
  require_indices(context, 1, in[axis]);
  Shape out;
  for (int i = 0; i < axis; ++i) out.push_back(in[i]);
  for (const int64_t dim : context.shape(1)) out.push_back(dim);
  for (int i = axis + 1; i < in.rank(); ++i) out.push_back(in[i]);
  context.set_output(0, context.dtype(0), std::move(out));
}

// What lies where along the axis itself, only the indices tell.
Window window_gather(const WindowContext& context) {
  const int axis = axis_of(context, context.shape(0).rank(), 0);
  if (context.input() == 1) return same_place(axis + context.axis());
  if (context.axis() == axis) return {.kind = Window::Kind::Unknown};
  const int added = context.shape(1).rank() - 1;
  return same_place(context.axis() < axis ? context.axis() : context.axis() + added);
}

Kernel plan_gather(PlanContext& context) {
  const Shape& in = context.shape(0);
  const int axis = axis_of(context, in.rank(), 0);
  const int64_t size = in[axis], outer = in.elements(0, axis);
  const int64_t count = context.shape(1).elements();
  const DType index_type = context.dtype(1);
  const size_t bytes =
      static_cast<size_t>(in.elements(axis + 1, in.rank())) * element_bytes(context.dtype(0));
  return [=](RunContext& run) {
    const Indices indices(run, 1, index_type);
    indices.require("Gather", count, size);
    const std::byte* from = run.in<std::byte>(0);
    std::byte* to = run.out<std::byte>(0);
    if (bytes == 0) return;
    run.pool().parallel_for(outer * count, grain_of(bytes), [&](int64_t begin, int64_t end) {
      int64_t row = begin / count, index = begin % count;
      for (int64_t i = begin; i < end; ++i) {
        copy_block(from, row * size + indices.position(index, size), bytes,
                   to + i * static_cast<int64_t>(bytes));
        if (++index == count) {
          index = 0;
          ++row;
        }
      }
    });
  };
}

void infer_gather_elements(InferContext& context) {
  const Shape& in = context.shape(0);
  const Shape& out = context.shape(1);
  const int axis = axis_of(context, in.rank(), 0);
  bool fits = out.rank() == in.rank();
  for (int i = 0; fits && i < in.rank(); ++i) fits = i == axis || out[i] <= in[i];
  if (!fits) {
    fail(ErrorCode::InvalidInput, "GatherElements along axis ", axis, " of ", in, " with indices ",
         out);
  }
  require_indices(context, 1, in[axis]);
  context.set_output(0, context.dtype(0), out);
}

Window window_gather_elements(const WindowContext& context) {
  const int axis = axis_of(context, context.shape(0).rank(), 0);
  const bool picked = context.input() == 0 && context.axis() == axis;
  return picked ? Window{.kind = Window::Kind::Unknown} : same_place(context.axis());
}

// A row of elements by indices, which lie as the results do: element i is that at i * step and,
// along the axis, its index times axis_step.
struct ElementRow {
  int64_t count;
  int64_t step;
  int64_t to_step;
  int64_t axis_step;
  int64_t size;  // of the axis
};

using GatherRow = void (*)(const std::byte* from, const std::byte* indices, std::byte* to,
                           const ElementRow& row);

// T stands for any element type of its size.
template <class T, class Index>
void gather_row(const std::byte* from, const std::byte* indices, std::byte* to,
                const ElementRow& row) {
  const T* elements = reinterpret_cast<const T*>(from);
  const Index* written = reinterpret_cast<const Index*>(indices);
  T* out = reinterpret_cast<T*>(to);
  for (int64_t i = 0; i < row.count; ++i, elements += row.step) {
    const int64_t index = written[i * row.to_step];
    const int64_t position = index < 0 ? index + row.size : index;
    const bool inside = position >= 0 && position < row.size;
    out[i * row.to_step] = inside ? elements[position * row.axis_step] : T{0};
  }
}

template <class T>
GatherRow gather_row_of(DType index_type) {
  return index_type == DType::Int64 ? gather_row<T, int64_t> : gather_row<T, int32_t>;
}

// Null for larger elements.
GatherRow gather_row_of(size_t bytes, DType index_type) {
  switch (bytes) {
    case 1:
      return gather_row_of<uint8_t>(index_type);
    case 2:
      return gather_row_of<uint16_t>(index_type);
    case 4:
      return gather_row_of<uint32_t>(index_type);
    case 8:
      return gather_row_of<uint64_t>(index_type);
    default:
      return nullptr;
  }
}

Kernel plan_gather_elements(PlanContext& context) {
  const Shape& in = context.shape(0);
  const Shape& out = context.shape(1);
  const int axis = axis_of(context, in.rank(), 0);
  std::vector<int64_t> strides = strides_of(in);
  const int64_t axis_stride = std::exchange(strides[static_cast<size_t>(axis)], 0);
  const std::vector<int64_t> to_strides = strides_of(out);
  kernels::LoopNest<2> nest;
  for (int i = 0; i < out.rank(); ++i) {
    nest.add_axis(out[i], {strides[static_cast<size_t>(i)], to_strides[static_cast<size_t>(i)]});
  }
  const size_t bytes = element_bytes(context.dtype(0));
  const int64_t size = in[axis];
  const DType index_type = context.dtype(1);
  const auto element = static_cast<int64_t>(bytes);
  const auto index_bytes = static_cast<int64_t>(element_bytes(index_type));
  const GatherRow gather_row = gather_row_of(bytes, index_type);
  return [=](RunContext& run) {
    const Indices indices(run, 1, index_type);
    indices.require("GatherElements", nest.iterations(), size);
    const std::byte* from = run.in<std::byte>(0);
    std::byte* to = run.out<std::byte>(0);
    kernels::parallel_rows(nest, grain_of(bytes), run.pool(), [&](const auto& row) {
      if (gather_row) {
        return gather_row(from + row.offset(0) * element,
                          run.in<std::byte>(1) + row.offset(1) * index_bytes,
                          to + row.offset(1) * element,
                          {row.count(), row.stride(0), row.stride(1), axis_stride, size});
      }
      for (int64_t i = 0; i < row.count(); ++i) {
        const int64_t target = row.offset(1) + i * row.stride(1);
        const int64_t position = indices.position(target, size);
        const int64_t source = row.offset(0) + i * row.stride(0) + position * axis_stride;
        copy_block(from, source, bytes, to + target * static_cast<int64_t>(bytes));
      }
    });
  };
}

struct GatherNd {
  int batch_dims;
  int depth;  // axes each index tuple addresses
};

GatherNd gather_nd_of(const NodeContext& context) {
  const Shape& in = context.shape(0);
  const Shape& indices = context.shape(1);
  const int64_t batch_dims = context.attributes().get_int("batch_dims", 0);
  bool fits = batch_dims >= 0 && batch_dims < indices.rank() && batch_dims <= in.rank();
  for (int i = 0; fits && i < batch_dims; ++i) fits = in[i] == indices[i];
  if (fits) fits = indices[indices.rank() - 1] <= in.rank() - batch_dims;
  if (!fits) {
    fail(ErrorCode::InvalidInput, "GatherND of ", in, " with indices ", indices, " and batch_dims ",
         batch_dims);
  }
  return {static_cast<int>(batch_dims), static_cast<int>(indices[indices.rank() - 1])};
}

void infer_gather_nd(InferContext& context) {
  const auto [batch_dims, depth] = gather_nd_of(context);
  const Shape& in = context.shape(0);
  const Shape& indices = context.shape(1);
  Shape out;
  for (int i = 0; i < indices.rank() - 1; ++i) out.push_back(indices[i]);
  for (int i = batch_dims + depth; i < in.rank(); ++i) out.push_back(in[i]);
  context.set_output(0, context.dtype(0), std::move(out));
}

Kernel plan_gather_nd(PlanContext& context) {
  const auto [batch_dims, depth] = gather_nd_of(context);
  const Shape& in = context.shape(0);
  const Shape& indices_shape = context.shape(1);
  const IndexTuples tuples(in, batch_dims, depth);
  const int64_t count = indices_shape.elements(0, indices_shape.rank() - 1);
  const int64_t per_batch = indices_shape.elements(batch_dims, indices_shape.rank() - 1);
  const size_t bytes = static_cast<size_t>(in.elements(batch_dims + depth, in.rank())) *
                       element_bytes(context.dtype(0));
  const DType index_type = context.dtype(1);
  return [=](RunContext& run) {
    const Indices indices(run, 1, index_type);
    tuples.require("GatherND", indices, count);
    const std::byte* from = run.in<std::byte>(0);
    std::byte* to = run.out<std::byte>(0);
    if (bytes == 0) return;
    run.pool().parallel_for(count, grain_of(bytes), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        copy_block(from, tuples.block(indices, i, i / per_batch), bytes,
                   to + i * static_cast<int64_t>(bytes));
      }
    });
  };
}

constexpr OpDef gather(std::string_view op_type, int since, InferRule infer, PlanRule plan,
                       Window (*window)(const WindowContext&) = nullptr) {
  return {.op_type = op_type,
          .since = since,
          .meaning = {.inputs = {2, 2},
                      .types = {type_of_input(0, kAnyType), type_of_input(1, kIndices)},
                      .infer = infer,
                      .window = window},
          .cpu = {.plan = plan, .moves = true}};
}

constexpr OpDef kOps[] = {
    gather("Gather", 1, infer_gather, plan_gather, window_gather),
    gather("GatherElements", 11, infer_gather_elements, plan_gather_elements,
           window_gather_elements),
    gather("GatherND", 11, infer_gather_nd, plan_gather_nd),
};

}  // namespace

extern constinit const OpFamily gather_ops = kOps;

}  // namespace fovea
