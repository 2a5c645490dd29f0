#include "ops/core/broadcast_step.h"

namespace fovea {
namespace {

constexpr int64_t kGrain = 8192;

// Input 1's shape with the axes it broadcasts along written out as 1, as opsets 1 to 6 aligned it.
Shape legacy_operand(const NodeContext& context) {
  const Shape& a = context.shape(0);
  const Shape& b = context.shape(1);
  if (a == b) return b;
  if (context.attributes().get_int("broadcast", 0) == 0) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " of shapes ", a, " and ", b,
         " needs the attribute broadcast before opset 7");
  }
  const int first = context.attributes().has("axis")
                        ? normalize_axis(context.attributes().get_int("axis", 0), a.rank())
                        : a.rank() - b.rank();
  if (first < 0 || first + b.rank() > a.rank()) {
    fail(ErrorCode::InvalidInput, "shape ", b, " does not fit into ", a, " from axis ", first);
  }
  Shape aligned(std::vector<int64_t>(static_cast<size_t>(a.rank()), 1));
  for (int i = 0; i < b.rank(); ++i) aligned[first + i] = b[i];
  return aligned;
}

Shape right_operand(const NodeContext& context) {
  return context.opset() < kFirstNumpyOpset ? legacy_operand(context) : context.shape(1);
}

// The operands with padding lanes counted as channels, if no operand would be read beyond its end.
bool widen_to_padding(Operand& a, Operand& b, Shape& out) {
  const auto can_widen = [&](const Operand& operand) {
    return operand.shape.elements() == 1 ||
           (operand.shape == out && operand.layout == Layout::ChannelsLast);
  };
  if (!can_widen(a) || !can_widen(b)) return false;
  const auto widen = [&](Shape& shape) { shape[1] = padded_channels(shape[1]); };
  if (a.shape == out) widen(a.shape);
  if (b.shape == out) widen(b.shape);
  widen(out);
  return true;
}

}  // namespace

BroadcastStep::BroadcastStep(const Operand& a, const Operand& b, const Operand& out,
                             kernels::BinaryRow row, bool keeps_zero)
    : row_(row) {
  for (size_t i = 0; i < 3; ++i) {
    element_bytes_[i] = static_cast<int64_t>(element_bytes((i == 0 ? a : i == 1 ? b : out).dtype));
  }
  Operand left = a, right = b;
  Shape shape = out.shape;
  if (out.layout == Layout::ChannelsLast) {
    const bool both_full = a.shape == out.shape && b.shape == out.shape;
    const bool widened = widen_to_padding(left, right, shape);
    if (!(widened && both_full && keeps_zero)) to_clear_ = out;
  }
  nest_ = nest_over<3>(
      shape, out.layout,
      {broadcast_strides(left.shape, left.layout, shape),
       broadcast_strides(right.shape, right.layout, shape), memory_strides(shape, out.layout)});
}

void BroadcastStep::run(const std::byte* a, const std::byte* b, std::byte* out,
                        ThreadPool& pool) const {
  kernels::parallel_rows(nest_, kGrain, pool, [&](const kernels::RowCursor<3>& row) {
    row_(a + row.offset(0) * element_bytes_[0], b + row.offset(1) * element_bytes_[1],
         out + row.offset(2) * element_bytes_[2], {row.stride(0), row.stride(1), row.stride(2)},
         row.count());
  });
  clear_padding(to_clear_, out, pool);
}

Kernel plan_broadcast_step(PlanContext& context, kernels::BinaryRow row, bool keeps_zero) {
  const Operand right = {context.dtype(1), right_operand(context), context.layout(1)};
  const BroadcastStep step(input_operand(context, 0), right, output_operand(context), row,
                           keeps_zero);
  return [step](RunContext& run) {
    step.run(run.in<std::byte>(0), run.in<std::byte>(1), run.out<std::byte>(0), run.pool());
  };
}

void infer_broadcast(InferContext& context) { infer_broadcast(context, context.dtype(0)); }

void infer_broadcast(InferContext& context, DType output) {
  const Shape shape = broadcast(context.shape(0), right_operand(context));
  if (context.opset() < kFirstNumpyOpset && shape != context.shape(0)) {
    fail(ErrorCode::InvalidInput, "shape ", context.shape(1), " does not broadcast to ",
         context.shape(0));
  }
  context.set_output(0, output, shape);
}

}  // namespace fovea
