// Det.

#include <algorithm>

#include "kernels/matmul/elimination.h"
#include "ops/op.h"

namespace fovea {
namespace {

void infer_det(InferContext& context) {
  const Shape& shape = context.shape(0);
  const int rank = shape.rank();
  if (rank < 2 || shape[rank - 1] != shape[rank - 2]) {
    fail(ErrorCode::InvalidInput, "Det takes square matrices, not ", shape);
  }
  Shape batch;
  for (int i = 0; i < rank - 2; ++i) batch.push_back(shape[i]);
  context.set_output(0, context.dtype(0), std::move(batch));
}

void det(ComputeContext& context) {
  const Shape& shape = context.shape(0);
  const int64_t size = shape[shape.rank() - 1], elements = size * size;
  Shape batch;
  for (int i = 0; i < shape.rank() - 2; ++i) batch.push_back(shape[i]);
  dispatch<float, double>(context.dtype(0), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* in = context.tensor(0).as<T>().data();
    const auto determinants = context.make<T>(0, batch);
    std::vector<double> matrix(determinants.empty() ? 0 : static_cast<size_t>(elements));
    for (T& out : determinants) {
      std::copy_n(in, elements, matrix.begin());
      out = static_cast<T>(kernels::determinant(matrix.data(), size));
      in += elements;
    }
  });
}

constexpr OpDef kOps[] = {
    {.op_type = "Det",
     .since = 11,
     .meaning = {.types = {type_of_input(0, kFloat32And64)}, .infer = infer_det},
     .cpu = {.compute = det}},
};

}  // namespace

extern constinit const OpFamily det_ops = kOps;

}  // namespace fovea
