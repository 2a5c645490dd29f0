// FusedQLinearMatMul, which a pass makes of a MatMul or Gemm of dequantised values and weights and
// of what follows it. See passes/quantised_convolution.cpp.

#include <algorithm>

#include "base/integers.h"
#include "kernels/quantised/matmul.h"
#include "ops/core/quantised_product.h"

namespace fovea {
namespace {

class QuantisedMatMulStep {
 public:
  QuantisedMatMulStep(PlanContext& context, const QuantisedProduct& product);
  void operator()(RunContext& run) const;

 private:
  static constexpr int64_t kRows = 32, kPanels = 32;  // that are multiplied at once

  int64_t panels() const {
    return (columns_ + kernels::kQuantisedPanel - 1) / kernels::kQuantisedPanel;
  }
  void multiply(RunContext& run, const kernels::Requantisation& to, int64_t block,
                int64_t first_panel, int16_t* rows) const;

  int data_;
  ByteRows a_;
  uint8_t point_;
  int64_t rows_, columns_;
  Tensor packed_;
  Tensor channels_;
  kernels::Requantisation requantisation_;
};

// Of weights [columns][depth], or [depth][columns].
Tensor packed_panels(const std::vector<int16_t>& weights, int64_t depth, int64_t columns,
                     bool transposed) {
  const int64_t paired = kernels::paired(depth), panel = kernels::kQuantisedPanel;
  Tensor packed = Tensor::allocate(DType::Int16, {kernels::round_up(columns, panel) * paired});
  int16_t* to = packed.mutable_as<int16_t>().data();
  std::fill_n(to, packed.elements(), int16_t{0});
  for (int64_t c = 0; c < columns; ++c) {
    int16_t* column = to + c / panel * panel * paired + c % panel * 2;
    for (int64_t k = 0; k < depth; ++k) {
      const int64_t from = transposed ? c * depth + k : k * columns + c;
      column[k / 2 * 2 * panel + k % 2] = weights[static_cast<size_t>(from)];
    }
  }
  return packed;
}

QuantisedMatMulStep::QuantisedMatMulStep(PlanContext& context, const QuantisedProduct& product)
    : data_(product.data()),
      a_(context, data_, kNoInput, context.shape(data_)[context.shape(data_).rank() - 1]),
      point_(product.image().point()),
      rows_(context.shape(data_).elements(0, context.shape(data_).rank() - 1)),
      columns_(product.channels()),
      requantisation_(product.requantisation()) {
  const Quantised& weights = product.weights();
  const int axis = product.channel_axis();
  packed_ = context.prepacked({weights.bytes}, "panels", [&] {
    const auto numbers = numbers_of(*context.constant(weights.bytes), weights, axis);
    return packed_panels(numbers, a_.depth, columns_, axis == 0);
  });
  channels_ = context.prepacked({}, "channels", [&] { return product.channel_values(); });
  context.describe("products of bytes");
  context.reserve_scratch(static_cast<uint64_t>(context.threads() * kRows * a_.step()) *
                          sizeof(int16_t));
}

void QuantisedMatMulStep::multiply(RunContext& run, const kernels::Requantisation& to,
                                   int64_t block, int64_t first_panel, int16_t* rows) const {
  const int64_t first = block * kRows;
  kernels::QuantisedRows product;
  product.a = rows;
  product.rows = std::min(kRows, rows_ - first);
  product.depth = a_.step();
  product.panels = reinterpret_cast<const int16_t*>(packed_.data());
  product.columns = columns_;
  a_.widen(run.in<uint8_t>(data_) + first * a_.depth, &point_, 0, product.rows, rows);
  const int64_t size = to.to_bytes ? 1 : sizeof(float);
  kernels::multiply_quantised(product, to, run.out<std::byte>(0) + first * columns_ * size,
                              first_panel, std::min(first_panel + kPanels, panels()));
}

void QuantisedMatMulStep::operator()(RunContext& run) const {
  kernels::Requantisation to = requantisation_;
  set_channels(channels_, to);
  auto* scratch = reinterpret_cast<int16_t*>(run.scratch());
  const int64_t across = (panels() + kPanels - 1) / kPanels;
  const int64_t blocks = (rows_ + kRows - 1) / kRows * across;
  constexpr int64_t kMacsPerChunk = 200'000;
  const int64_t macs = std::max<int64_t>(
      1, saturating_product(a_.depth, std::min(kRows, rows_) * std::min(columns_, kPanels * 8)));
  run.pool().parallel_for(
      blocks, kMacsPerChunk / macs + 1, [&](int64_t begin, int64_t end, int worker) {
        for (int64_t i = begin; i < end; ++i) {
          multiply(run, to, i / across, i % across * kPanels, scratch + worker * kRows * a_.step());
        }
      });
}

Kernel plan_fused(PlanContext& context) {
  const QuantisedProduct product(context);
  // Products of vectors are left to the body.
  if (!product.fits(false) || context.shape(product.data()).rank() < 2) return {};
  return QuantisedMatMulStep(context, product);
}

constexpr OpDef kOps[] = {
    {.op_type = "FusedQLinearMatMul",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .meaning = {.inputs = {4, kUnbounded}, .infer = infer_body, .macs = body_macs},
     .cpu = {.plan = plan_fused}},
};

}  // namespace

extern constinit const OpFamily fused_qlinear_matmul_ops = kOps;

}  // namespace fovea
