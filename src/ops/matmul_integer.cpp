// Products of matrices of bytes: MatMulInteger, QLinearMatMul.

#include <algorithm>

#include "base/integers.h"
#include "ops/core/byte_rows.h"
#include "ops/core/function_steps.h"
#include "ops/core/matmul_shape.h"

namespace fovea {
namespace {

// The operator that both are made of where A's zero points are one or one for each row, and B's one
// or one for each column.
constexpr std::string_view kOfBytes = "MatMulInteger";
constexpr int kA = 0, kB = 1, kPointsA = 2, kPointsB = 3;

void infer_product(InferContext& context) {
  context.set_output(0, DType::Int32, MatMul(context).output());
}

class ByteProductStep {
 public:
  explicit ByteProductStep(PlanContext& context);
  void operator()(RunContext& run) const;

 private:
  static constexpr int64_t kBlock = 32;  // rows at once

  int64_t panels() const {
    return (gemm_.shape.n + kernels::kPanelColumns - 1) / kernels::kPanelColumns;
  }
  int64_t panel_size() const { return a_.step() * kernels::kPanelColumns; }
  int64_t packed_size() const { return matrices_ * panels() * panel_size(); }
  void pack(const uint8_t* b, const uint8_t* points, int16_t* packed) const;
  void multiply(const RunContext& run, const int16_t* packed, int64_t block, int16_t* rows) const;

  BatchedGemm gemm_;
  std::vector<int64_t> matrix_of_;  // by batch
  int64_t matrices_;
  ByteRows a_;
  kernels::ByteCodes codes_;  // of B
  int64_t points_;
  Tensor packed_;  // empty: packed in every run
};

ByteProductStep::ByteProductStep(PlanContext& context)
    : gemm_(batched(MatMul(context))),
      a_(context, kA, kPointsA, gemm_.shape.k),
      codes_(byte_codes(context.dtype(kB))),
      points_(context.has_input(kPointsB) ? context.shape(kPointsB).elements() : 1) {
  const int64_t size = gemm_.shape.n * gemm_.shape.k;
  matrices_ = size > 0 ? context.shape(kB).elements() / size : 0;
  for (const int64_t offset : gemm_.b_offsets) matrix_of_.push_back(size > 0 ? offset / size : 0);
  int64_t shorts = context.threads() * kBlock * a_.step();
  if (are_constant(context, kB, kPointsB)) {
    packed_ = context.prepacked({kB, kPointsB}, "panels of shorts", [&] {
      Tensor packed = Tensor::allocate(DType::Int16, {packed_size()});
      pack(bytes_of(context.constant(kB)), bytes_of(context.constant(kPointsB)),
           packed.mutable_as<int16_t>().data());
      return packed;
    });
  } else {
    shorts += packed_size();
  }
  context.reserve_scratch(static_cast<uint64_t>(shorts) * sizeof(int16_t));
}

void ByteProductStep::pack(const uint8_t* b, const uint8_t* points, int16_t* packed) const {
  const auto [m, n, k] = gemm_.shape;
  for (int64_t matrix = 0; matrix < matrices_; ++matrix, b += k * n) {
    for (int64_t column = 0; column < n; column += kernels::kPanelColumns) {
      const int64_t columns = std::min(kernels::kPanelColumns, n - column);
      uint8_t of_panel[kernels::kPanelColumns] = {};
      for (int64_t i = 0; points && i < columns; ++i) of_panel[i] = points[(column + i) % points_];
      kernels::pack_byte_panel(codes_, b + column, n, k, columns, of_panel, packed);
      packed += panel_size();
    }
  }
}

// One of the blocks of all batches, one after the other.
void ByteProductStep::multiply(const RunContext& run, const int16_t* packed, int64_t block,
                               int16_t* rows) const {
  const auto [m, n, k] = gemm_.shape;
  const int64_t blocks = (m + kBlock - 1) / kBlock, batch = block / blocks;
  const int64_t first = block % blocks * kBlock;
  kernels::ByteProduct product;
  product.a = rows;
  product.a_step = product.depth = a_.step();
  product.rows = std::min(kBlock, m - first);
  product.c_step = n;
  a_.widen(gemm_.a(run.in<uint8_t>(kA), batch).data, run.in<uint8_t>(kPointsA), first,
           first + product.rows, rows);
  packed += matrix_of_[static_cast<size_t>(batch)] * panels() * panel_size();
  int32_t* out = run.out<int32_t>(0) + (batch * m + first) * n;
  for (int64_t column = 0; column < n; column += kernels::kPanelColumns) {
    product.columns = std::min(kernels::kPanelColumns, n - column);
    kernels::multiply_panel(product, packed, out + column);
    packed += panel_size();
  }
}

void ByteProductStep::operator()(RunContext& run) const {
  const auto [m, n, k] = gemm_.shape;
  auto* scratch = reinterpret_cast<int16_t*>(run.scratch());
  const auto* packed = reinterpret_cast<const int16_t*>(packed_.data());
  if (!packed) {
    pack(run.in<uint8_t>(kB), run.in<uint8_t>(kPointsB), scratch);
    packed = scratch;
    scratch += packed_size();
  }
  const int64_t blocks = gemm_.batches() * ((m + kBlock - 1) / kBlock);
  const int64_t macs = saturating_product(kBlock, saturating_product(n, k));
  constexpr int64_t kMacsPerChunk = 200'000;
  run.pool().parallel_for(blocks, kMacsPerChunk / std::max<int64_t>(macs, 1) + 1,
                          [&](int64_t begin, int64_t end, int worker) {
                            for (int64_t block = begin; block < end; ++block) {
                              multiply(run, packed, block, scratch + worker * kBlock * a_.step());
                            }
                          });
}

Kernel plan_product(PlanContext& context) { return ByteProductStep(context); }

struct Factor {
  int value;
  int point;
};

bool has_points_by_row(const NodeContext& context, Factor factor) {
  return context.has_input(factor.point) && context.shape(factor.point).rank() == 1 &&
         context.shape(factor.value).rank() > 1;
}

// Whether the factor is bytes with one zero point for all, or one for each element of the axis that
// is so many before the last.
bool is_simple(const NodeContext& context, Factor factor, int axis_from_last) {
  if (!kBytes.contains(context.dtype(factor.value))) return false;
  if (!context.has_input(factor.point)) return true;
  const Shape& shape = context.shape(factor.value);
  return context.shape(factor.point).elements() == 1 ||
         (shape.rank() > 1 &&
          context.shape(factor.point) == Shape{shape[shape.rank() - 1 - axis_from_last]});
}

// A factor as int32 with its zero points taken off.
ValueId shifted(Function& f, const NodeContext& context, Factor factor, bool rows) {
  const ValueId value = cast(f, f.in(factor.value), DType::Int32);
  if (!context.has_input(factor.point)) return value;
  ValueId shift = cast(f, f.in(factor.point), DType::Int32);
  if (rows && has_points_by_row(context, factor)) shift = f.op("Unsqueeze", {shift, f.ints({1})});
  return f.op("Sub", {value, shift});
}

// The sums of products as int32.
ValueId product(Function& f, const NodeContext& context, Factor a, Factor b) {
  if (is_simple(context, a, 1) && is_simple(context, b, 0)) {
    return f.ops_of(kInternalDomain, kOfBytes,
                    {f.in(a.value), f.in(b.value), f.in(a.point), f.in(b.point)}, 1)[0];
  }
  return f.op("MatMul", {shifted(f, context, a, true), shifted(f, context, b, false)});
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

constexpr DTypeSet kProductTypes = kBytes | kMinifloats;

constexpr OpDef kOps[] = {
    {.op_type = kOfBytes,
     .domain = kInternalDomain,
     .meaning = {.inputs = {2, 4},
                 .types = {type_of_both_inputs(kA, kPointsA, kBytes),
                           type_of_both_inputs(kB, kPointsB, kBytes)},
                 .infer = infer_product,
                 .element_type = always<DType::Int32>,
                 .macs = macs_matmul,
                 .window = window_matmul},
     .cpu = {.plan = plan_product}},
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
