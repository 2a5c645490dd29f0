#include "ops/core/matmul_shape.h"

#include "base/integers.h"
#include "ops/core/broadcast.h"

namespace fovea {

MatMul::MatMul(const NodeContext& context) : a(context.shape(0)), b(context.shape(1)) {
  const auto reject = [&] {
    fail(ErrorCode::InvalidInput, "MatMul cannot multiply ", context.shape(0), " by ",
         context.shape(1));
  };
  if (a.rank() == 0 || b.rank() == 0) reject();
  row = a.rank() == 1;
  column = b.rank() == 1;
  if (row) a = Shape{1, a[0]};
  if (column) b = Shape{b[0], 1};
  if (a[a.rank() - 1] != b[b.rank() - 2]) reject();
  batch = broadcast(batch_of(a), batch_of(b));
}

Shape MatMul::output() const {
  Shape out = batch;
  if (!row) out.push_back(a[a.rank() - 2]);
  if (!column) out.push_back(b[b.rank() - 1]);
  return out;
}

namespace {

// Where the matrices of an operand begin, for each batch of the result.
std::vector<int64_t> batch_offsets(const Shape& operand, const Shape& batch) {
  return broadcast_offsets(batch_of(operand), strides_of(operand), batch);
}

}  // namespace

BatchedGemm batched(const MatMul& matmul) {
  const Shape &a = matmul.a, &b = matmul.b;
  BatchedGemm gemm;
  gemm.shape = {a[a.rank() - 2], b[b.rank() - 1], a[a.rank() - 1]};
  if (b.elements(0, b.rank() - 2) == 1) {
    // One B for all: their rows are those of one tall A.
    gemm.shape.m = a.elements(0, a.rank() - 1);
  } else {
    gemm.a_offsets = batch_offsets(a, matmul.batch);
    gemm.b_offsets = batch_offsets(b, matmul.batch);
  }
  return gemm;
}

Window window_matmul(const WindowContext& context) {
  if (context.input() > 1) return {};
  const Shape& in = context.shape(context.input());
  const Shape& out = context.output_shape();
  const bool left = context.input() == 0;
  const int back = in.rank() - 1 - context.axis();
  // The axis that is summed over; a vector has no other.
  if (in.rank() == 1 || back == (left ? 0 : 1)) return {};
  // The other's axis behind this one vanishes where that is a vector.
  const bool vanishes = back > 0 && context.shape(left ? 1 : 0).rank() == 1;
  const int axis = out.rank() - 1 - back + (vanishes ? 1 : 0);
  return in[context.axis()] == out[axis] ? same_place(axis) : Window{};
}

int64_t macs_matmul(const NodeContext& context, const Shape& output) {
  const Shape& a = context.shape(0);
  return saturating_product(output.elements(), a[a.rank() - 1]);
}

}  // namespace fovea
