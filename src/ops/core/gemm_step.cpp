#include "ops/core/gemm_step.h"

#include <algorithm>
#include <map>

#include "base/integers.h"

namespace fovea {
namespace {

using kernels::kPanel;
using kernels::panel_begin;

constexpr int64_t kMacsPerChunk = 200'000;

int64_t grain_for(int64_t macs_each) { return kMacsPerChunk / std::max<int64_t>(macs_each, 1) + 1; }

class FloatGemm {
 public:
  FloatGemm(PlanContext& context, BatchedGemm gemm, const GemmExtras& extras);
  void operator()(RunContext& run) const;

 private:
  int64_t panels() const { return kernels::panel_count(gemm_.shape.n); }
  // Several batches may share one B.
  int64_t matrices() const { return static_cast<int64_t>(first_batch_.size()); }
  void scale_bias(const float* bias, float* scaled) const;
  void pack_panels(const float* b, const float* bias, float* packed, int64_t begin,
                   int64_t end) const;
  void multiply(const RunContext& run, const float* packed, int64_t row_begin, int64_t row_end,
                int64_t column_begin, int64_t column_end) const;

  BatchedGemm gemm_;
  GemmExtras extras_;
  int64_t packed_size_;               // floats of one packed B
  std::vector<int64_t> matrix_of_;    // by batch: which packed B
  std::vector<int64_t> first_batch_;  // by packed B: the first batch that uses it
  Tensor packed_;                     // empty: packed in every run
};

FloatGemm::FloatGemm(PlanContext& context, BatchedGemm gemm, const GemmExtras& extras)
    : gemm_(std::move(gemm)),
      extras_(extras),
      packed_size_(kernels::gemm_packed_size(gemm_.shape)) {
  std::map<int64_t, int64_t> matrix_at;
  for (int64_t batch = 0; batch < gemm_.batches(); ++batch) {
    const int64_t offset = gemm_.b_offsets[static_cast<size_t>(batch)];
    const auto [at, is_new] = matrix_at.emplace(offset, matrices());
    if (is_new) first_batch_.push_back(batch);
    matrix_of_.push_back(at->second);
  }
  const int64_t bias_size = extras_.row_bias >= 0 ? gemm_.shape.n : 0;
  const bool constant =
      context.constant(1) && (extras_.row_bias < 0 || context.constant(extras_.row_bias));
  if (!constant) {
    context.reserve_scratch(static_cast<uint64_t>(matrices() * packed_size_ + bias_size) *
                            sizeof(float));
    return;
  }
  packed_ = context.prepacked({1, extras_.row_bias}, "gemm", [&] {
    Tensor packed = Tensor::allocate(DType::Float, {matrices() * packed_size_});
    std::vector<float> bias(static_cast<size_t>(bias_size));
    if (bias_size > 0) {
      scale_bias(context.constant(extras_.row_bias)->as<float>().data(), bias.data());
    }
    pack_panels(context.constant(1)->as<float>().data(), bias_size > 0 ? bias.data() : nullptr,
                packed.mutable_as<float>().data(), 0, matrices() * panels());
    return packed;
  });
}

void FloatGemm::scale_bias(const float* bias, float* scaled) const {
  std::transform(bias, bias + gemm_.shape.n, scaled,
                 [&](float x) { return extras_.bias_scale * x; });
}

// Panels [begin, end) of those of all matrices.
void FloatGemm::pack_panels(const float* b, const float* bias, float* packed, int64_t begin,
                            int64_t end) const {
  for (int64_t i = begin; i < end; ++i) {
    const int64_t matrix = i / panels(), panel = i % panels(), n = gemm_.shape.n;
    const auto view = gemm_.b(b, first_batch_[static_cast<size_t>(matrix)]);
    kernels::pack_gemm(gemm_.shape, view, extras_.scale, bias, packed + matrix * packed_size_,
                       panel_begin(n, panel), panel_begin(n, panel + 1));
  }
}

// Rows are those of all batches.
void FloatGemm::multiply(const RunContext& run, const float* packed, int64_t row_begin,
                         int64_t row_end, int64_t column_begin, int64_t column_end) const {
  const int64_t m = gemm_.shape.m, n = gemm_.shape.n;
  for (int64_t row = row_begin; row < row_end;) {
    const int64_t batch = row / m, first = row % m;
    const int64_t last = std::min(m, first + row_end - row);
    float* c = run.out<float>(0) + batch * m * n;
    const float* addend = extras_.add_to_output ? c : nullptr;
    if (extras_.addend >= 0) addend = run.in<float>(extras_.addend) + batch * m * n;
    kernels::run_gemm(gemm_.shape, gemm_.a(run.in<float>(0), batch),
                      packed + matrix_of_[static_cast<size_t>(batch)] * packed_size_,
                      {c, n, addend}, extras_.epilogue, {first, last, column_begin, column_end});
    row += last - first;
  }
}

void FloatGemm::operator()(RunContext& run) const {
  const int64_t n = gemm_.shape.n, k = gemm_.shape.k;
  const auto* packed = reinterpret_cast<const float*>(packed_.data());
  if (packed == nullptr) {
    auto* memory = reinterpret_cast<float*>(run.scratch());
    float* bias = nullptr;
    if (extras_.row_bias >= 0) {
      bias = memory + matrices() * packed_size_;
      scale_bias(run.in<float>(extras_.row_bias), bias);
    }
    run.pool().parallel_for(matrices() * panels(), grain_for(saturating_product(k, kPanel)),
                            [&](int64_t begin, int64_t end) {
                              pack_panels(run.in<float>(1), bias, memory, begin, end);
                            });
    packed = memory;
  }
  // Few rows are split by columns instead.
  const int64_t rows = gemm_.batches() * gemm_.shape.m;
  if (rows >= kPanel * run.pool().size()) {
    run.pool().parallel_for(
        rows, grain_for(saturating_product(n, k)),
        [&](int64_t begin, int64_t end) { multiply(run, packed, begin, end, 0, n); });
  } else {
    const int64_t panel_macs = saturating_product(saturating_product(rows, k), kPanel);
    run.pool().parallel_for(panels(), grain_for(panel_macs), [&](int64_t begin, int64_t end) {
      multiply(run, packed, 0, rows, panel_begin(n, begin), panel_begin(n, end));
    });
  }
}

}  // namespace

Kernel plan_float_gemm(PlanContext& context, BatchedGemm gemm, const GemmExtras& extras) {
  return FloatGemm(context, std::move(gemm), extras);
}

namespace {

// Rows [begin, end) of all batches together.
template <class T>
void multiply_rows(const BatchedGemm& gemm, RunContext& run, int64_t begin, int64_t end) {
  const int64_t m = gemm.shape.m, n = gemm.shape.n;
  for (int64_t row = begin; row < end;) {
    const int64_t batch = row / m, first = row % m;
    const int64_t last = std::min(m, first + end - row);
    kernels::gemm_plain(gemm.shape, gemm.a(run.in<T>(0), batch), gemm.b(run.in<T>(1), batch),
                        run.out<T>(0) + batch * m * n, first, last);
    row += last - first;
  }
}

using MultiplyRows = decltype(&multiply_rows<double>);

}  // namespace

Kernel plan_typed_gemm(PlanContext& context, BatchedGemm gemm) {
  const auto multiply = dispatch<double, int32_t, uint32_t, int64_t, uint64_t>(
      context.dtype(0),
      [](auto tag) -> MultiplyRows { return multiply_rows<typename decltype(tag)::type>; });
  return [multiply, gemm = std::move(gemm)](RunContext& run) {
    const int64_t row_macs = saturating_product(gemm.shape.n, gemm.shape.k);
    run.pool().parallel_for(gemm.batches() * gemm.shape.m, grain_for(row_macs),
                            [&](int64_t begin, int64_t end) { multiply(gemm, run, begin, end); });
  };
}

}  // namespace fovea
