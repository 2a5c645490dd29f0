// Products of matrices of bytes: MatMulInteger, QLinearMatMul.

#include "kernels/matmul/gemm.h"
#include "ops/core/function_steps.h"
#include "ops/core/matmul_shape.h"
#include "ops/core/whole_products.h"

namespace fovea {
namespace {

// The operator that both are made of where B's zero points are one or one for each column: of
// floats that are whole numbers and of bytes and their zero points.
constexpr std::string_view kExact = "MatMulInteger";
constexpr int kA = 0, kB = 1, kPoints = 2;

void infer_exact(InferContext& context) {
  context.set_output(0, DType::Int32, MatMul(context).output());
}

class ExactProduct {
 public:
  explicit ExactProduct(PlanContext& context);
  void operator()(RunContext& run) const;

 private:
  static constexpr int64_t kBlock = 32;  // rows at once

  int64_t chunks() const { return (gemm_.shape.k + kExactDepth - 1) / kExactDepth; }
  int64_t depth(int64_t chunk) const {
    return std::min(kExactDepth, gemm_.shape.k - chunk * kExactDepth);
  }
  // Where a chunk of a matrix B is packed, in floats; of the one after the last, the size of all.
  int64_t packed_at(int64_t matrix, int64_t chunk) const {
    const int64_t whole = kernels::gemm_packed_size({0, gemm_.shape.n, kExactDepth});
    const int64_t last = kernels::gemm_packed_size({0, gemm_.shape.n, depth(chunks() - 1)});
    return matrix * ((chunks() - 1) * whole + last) + chunk * whole;
  }
  void pack(const std::byte* b, const std::byte* zeros, float* shifted, float* packed) const;
  void multiply(const RunContext& run, const float* packed, int64_t block, float* sums) const;

  BatchedGemm gemm_;
  std::vector<int64_t> matrix_of_;  // by batch
  int64_t matrices_;
  DType dtype_;  // of B
  int64_t points_;
  Tensor packed_;  // empty: packed in every run
  int64_t packed_size_ = 0;
};

ExactProduct::ExactProduct(PlanContext& context)
    : gemm_(batched(MatMul(context))),
      dtype_(context.dtype(kB)),
      points_(context.has_input(kPoints) ? context.shape(kPoints).elements() : 1) {
  const int64_t size = gemm_.shape.n * gemm_.shape.k;
  matrices_ = size > 0 ? context.shape(kB).elements() / size : 0;
  for (const int64_t offset : gemm_.b_offsets) matrix_of_.push_back(size > 0 ? offset / size : 0);
  const int64_t packed_size = chunks() > 0 ? packed_at(matrices_, 0) : 0;
  uint64_t floats = static_cast<uint64_t>(context.threads() * kBlock * gemm_.shape.n);
  const Tensor* b = context.constant(kB);
  const Tensor* points = context.constant(kPoints);
  if (b && (points || !context.has_input(kPoints))) {
    packed_ = context.prepacked("whole", [&] {
      Tensor packed = Tensor::allocate(DType::Float, {packed_size});
      std::vector<float> shifted(static_cast<size_t>(size));
      pack(b->data(), points ? points->data() : nullptr, shifted.data(),
           packed.mutable_as<float>().data());
      return packed;
    });
  } else {
    packed_size_ = packed_size;
    floats += static_cast<uint64_t>(packed_size + size);
  }
  context.reserve_scratch(floats * sizeof(float));
}

void ExactProduct::pack(const std::byte* b, const std::byte* zeros, float* shifted,
                        float* packed) const {
  const auto [m, n, k] = gemm_.shape;
  const ShiftedBytes bytes = {k, n, points_, true};
  for (int64_t matrix = 0; matrix < matrices_; ++matrix) {
    bytes.read(dtype_, b + matrix * k * n, zeros, shifted);
    for (int64_t chunk = 0; chunk < chunks(); ++chunk) {
      kernels::pack_gemm({0, n, depth(chunk)}, {shifted + chunk * kExactDepth * n, n, 1}, 1.0f,
                         nullptr, packed + packed_at(matrix, chunk), 0, n);
    }
  }
}

// Of the blocks of all batches, one after the other.
void ExactProduct::multiply(const RunContext& run, const float* packed, int64_t block,
                            float* sums) const {
  const auto [m, n, k] = gemm_.shape;
  const int64_t blocks = (m + kBlock - 1) / kBlock, batch = block / blocks;
  const int64_t first = block % blocks * kBlock, rows = std::min(kBlock, m - first);
  const kernels::MatrixView<float> a = gemm_.a(run.in<float>(kA), batch);
  uint32_t* out = run.out<uint32_t>(0) + (batch * m + first) * n;
  for (int64_t chunk = 0; chunk < chunks(); ++chunk) {
    const float* from = a.data + first * k + chunk * kExactDepth;
    kernels::run_gemm({rows, n, depth(chunk)}, {from, k, 1},
                      packed + packed_at(matrix_of_[static_cast<size_t>(batch)], chunk), {sums, n},
                      {}, {0, rows, 0, n});
    kernels::add_whole(sums, out, rows * n, chunk == 0);
  }
  if (chunks() == 0) std::fill_n(out, rows * n, 0u);
}

void ExactProduct::operator()(RunContext& run) const {
  const auto [m, n, k] = gemm_.shape;
  auto* memory = reinterpret_cast<float*>(run.scratch());
  const auto* packed = reinterpret_cast<const float*>(packed_.data());
  if (!packed && packed_size_ > 0) {
    pack(run.in<std::byte>(kB), run.in<std::byte>(kPoints), memory + packed_size_, memory);
    packed = memory;
    memory += packed_size_ + n * k;
  }
  const int64_t blocks = gemm_.batches() * ((m + kBlock - 1) / kBlock);
  const int64_t macs = saturating_product(kBlock, saturating_product(n, k));
  constexpr int64_t kMacsPerChunk = 200'000;
  run.pool().parallel_for(blocks, kMacsPerChunk / std::max<int64_t>(macs, 1) + 1,
                          [&](int64_t begin, int64_t end, int worker) {
                            for (int64_t block = begin; block < end; ++block) {
                              multiply(run, packed, block, memory + worker * kBlock * n);
                            }
                          });
}

Kernel plan_exact(PlanContext& context) { return ExactProduct(context); }

// An operand with its zero points taken off. One of a row each stands for all of that.
ValueId shifted(Function& f, const NodeContext& context, int input, int point, DType dtype,
                bool rows) {
  const bool one = !context.has_input(point) || context.shape(point).elements() == 1;
  if (dtype == DType::Float && one) {
    return f.op("DequantizeLinear",
                {f.in(input), f.scalar(DType::Float, 1), one_of(f, context, point)});
  }
  const ValueId value = cast(f, f.in(input), dtype);
  if (!context.has_input(point)) return value;
  ValueId shift = cast(f, f.in(point), dtype);
  const bool per_row = rows && context.shape(point).rank() == 1 && context.shape(input).rank() > 1;
  if (per_row) shift = f.op("Unsqueeze", {shift, f.ints({1})});
  return f.op("Sub", {value, shift});
}

struct Factor {
  int value;
  int point;
};

// The sums of products as int32.
ValueId product(Function& f, const NodeContext& context, Factor a, Factor b) {
  const auto has_bytes = [&](Factor factor) {
    return context.dtype(factor.value) == DType::Int8 ||
           context.dtype(factor.value) == DType::Uint8;
  };
  const Shape& matrix = context.shape(b.value);
  const bool has_one_each = context.has_input(b.point) && matrix.rank() > 1 &&
                            context.shape(b.point) == Shape{matrix[matrix.rank() - 1]};
  const bool simple = !context.has_input(b.point) || context.shape(b.point).elements() == 1;
  if ((simple || has_one_each) && has_bytes(a) && has_bytes(b)) {
    return f.ops_of(
        kInternalDomain, kExact,
        {shifted(f, context, a.value, a.point, DType::Float, true), f.in(b.value), f.in(b.point)},
        1)[0];
  }
  return f.op("MatMul", {shifted(f, context, a.value, a.point, DType::Int32, true),
                         shifted(f, context, b.value, b.point, DType::Int32, false)});
}

Graph matmul_integer(const NodeContext& context) {
  Function f(context);
  return f.giving({product(f, context, {0, 2}, {1, 3})});
}

// (a - a_zero) * a_scale times the same of b, quantised.
Graph qlinear_matmul(const NodeContext& context) {
  Function f(context);
  const ValueId sums = product(f, context, {0, 2}, {3, 5});
  ValueId a_scale = cast(f, f.in(1), DType::Float);
  if (context.shape(1).rank() == 1 && context.shape(0).rank() > 1) {
    a_scale = f.op("Unsqueeze", {a_scale, f.ints({1})});
  }
  const ValueId scale = f.op("Mul", {a_scale, cast(f, f.in(4), DType::Float)});
  const ValueId scaled_sums = f.op("Mul", {cast(f, sums, DType::Float), scale});
  return f.giving({f.op("QuantizeLinear", {scaled_sums, cast(f, f.in(6), DType::Float), f.in(7)})});
}

constexpr DTypeSet kBytes = {DType::Int8, DType::Uint8};
constexpr DTypeSet kProductTypes = kBytes | kMinifloats;

constexpr OpDef kOps[] = {
    {.op_type = kExact,
     .domain = kInternalDomain,
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_input(kA, kFloat32), type_of_inputs(kB, kPoints, kBytes)},
                 .infer = infer_exact,
                 .element_type = always<DType::Int32>,
                 .macs = macs_matmul,
                 .window = window_matmul},
     .cpu = {.plan = plan_exact}},
    {.op_type = "MatMulInteger",
     .since = 10,
     .meaning = {.inputs = {2, 4},
                 .types = {type_of_both_inputs(0, 2, kBytes), type_of_both_inputs(1, 3, kBytes)},
                 .element_type = always<DType::Int32>,
                 .function = matmul_integer}},
    {.op_type = "QLinearMatMul",
     .since = 10,
     .meaning = {.inputs = {8, 8},
                 .types = {type_of_both_inputs(0, 2, kProductTypes),
                           type_of_both_inputs(3, 5, kProductTypes),
                           type_of_input(7, kProductTypes)},
                 .element_type = like_input<7>,
                 .function = qlinear_matmul}},
};

}  // namespace

extern constinit const OpFamily matmul_integer_ops = kOps;

}  // namespace fovea
