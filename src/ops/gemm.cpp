// Gemm.

#include "base/integers.h"
#include "kernels/elementwise/convert.h"
#include "ops/core/broadcast.h"
#include "ops/core/gemm_step.h"

namespace fovea {
namespace {

constexpr int kAddend = 2;

// Y = alpha * A' * B' + beta * C, where A' and B' may be transposed and C broadcasts to Y.
struct Gemm {
  explicit Gemm(const NodeContext& context);
  Shape output() const { return {gemm.shape.m, gemm.shape.n}; }

  BatchedGemm gemm;
  float alpha = 1.0f;
  float beta = 1.0f;
};

Gemm::Gemm(const NodeContext& context) {
  const Attributes& attributes = context.attributes();
  const Shape &a = context.shape(0), &b = context.shape(1);
  gemm.transpose_a = attributes.get_int("transA", 0) != 0;
  gemm.transpose_b = attributes.get_int("transB", 0) != 0;
  alpha = attributes.get_float("alpha", 1.0f);
  beta = attributes.get_float("beta", 1.0f);
  const bool fits =
      a.rank() == 2 && b.rank() == 2 && a[gemm.transpose_a ? 0 : 1] == b[gemm.transpose_b ? 1 : 0];
  if (!fits) {
    fail(ErrorCode::InvalidInput, "Gemm cannot multiply ", a, gemm.transpose_a ? " transposed" : "",
         " by ", b, gemm.transpose_b ? " transposed" : "");
  }
  gemm.shape = {a[gemm.transpose_a ? 1 : 0], b[gemm.transpose_b ? 0 : 1],
                a[gemm.transpose_a ? 0 : 1]};
  if (!context.has_input(kAddend)) return;
  const Shape& c = context.shape(kAddend);
  if (broadcast(c, output()) != output()) {
    fail(ErrorCode::InvalidInput, "Gemm cannot add ", c, " to ", output());
  }
}

void infer_gemm(InferContext& context) {
  context.set_output(0, context.dtype(0), Gemm(context).output());
}

Window window_gemm(const WindowContext& context) {
  if (context.input() == kAddend) return window_by_element(context);
  const BatchedGemm gemm = Gemm(context).gemm;
  const bool left = context.input() == 0;
  const int kept = (left ? gemm.transpose_a : !gemm.transpose_b) ? 1 : 0;
  return context.axis() == kept ? same_place(left ? 0 : 1) : Window{};
}

// C's distances between rows and columns of Y.
struct AddendStrides {
  AddendStrides(const Shape& c, const Shape& output) {
    const auto strides = broadcast_strides(c, Layout::Plain, output);
    row = strides[0];
    column = strides[1];
  }
  int64_t row, column;
};

Kernel plan_float(PlanContext& context, const Gemm& gemm) {
  GemmExtras extras{.scale = gemm.alpha, .bias_scale = gemm.beta};
  if (!context.has_input(kAddend) || gemm.beta == 0.0f) {
    return plan_float_gemm(context, gemm.gemm, extras);
  }
  const Shape& c = context.shape(kAddend);
  const int64_t n = gemm.gemm.shape.n;
  if (c.elements() == n && c.rank() > 0 && c[c.rank() - 1] == n) {
    extras.row_bias = kAddend;
    return plan_float_gemm(context, gemm.gemm, extras);
  }
  extras.add_to_output = true;
  return [product = plan_float_gemm(context, gemm.gemm, extras),
          strides = AddendStrides(c, gemm.output()), beta = gemm.beta,
          shape = gemm.gemm.shape](RunContext& run) {
    const float* from = run.in<float>(kAddend);
    float* to = run.out<float>(0);
    for (int64_t i = 0; i < shape.m * shape.n; ++i) {
      to[i] = beta * from[i / shape.n * strides.row + i % shape.n * strides.column];
    }
    product(run);
  };
}

// alpha and beta are floats even where the elements are integers, so the combination is made in
// double and saturates; with both 1, which is how integers are multiplied, it stays exact and
// wraps.
template <class T>
T combine(T product, T addend, float alpha, float beta) {
  if (alpha == 1.0f && beta == 1.0f) {
    if constexpr (std::is_integral_v<T>) {
      using Wide = std::make_unsigned_t<T>;
      return static_cast<T>(static_cast<Wide>(product) + static_cast<Wide>(addend));
    } else {
      return product + addend;
    }
  }
  return kernels::element_cast<T>(static_cast<double>(alpha) * static_cast<double>(product) +
                                  static_cast<double>(beta) * static_cast<double>(addend));
}

Kernel plan_typed(PlanContext& context, const Gemm& gemm) {
  Kernel product = plan_typed_gemm(context, gemm.gemm);
  const bool adds = context.has_input(kAddend) && gemm.beta != 0.0f;
  const AddendStrides strides(adds ? context.shape(kAddend) : Shape{}, gemm.output());
  return dispatch<double, int32_t, uint32_t, int64_t, uint64_t>(
      context.dtype(0), [&](auto tag) -> Kernel {
        using T = typename decltype(tag)::type;
        return [product = std::move(product), strides, adds, alpha = gemm.alpha,
                beta = adds ? gemm.beta : 1.0f, shape = gemm.gemm.shape](RunContext& run) {
          product(run);
          const T* from = run.in<T>(kAddend);
          T* to = run.out<T>(0);
          for (int64_t i = 0; i < shape.m * shape.n; ++i) {
            const int64_t at = i / shape.n * strides.row + i % shape.n * strides.column;
            to[i] = combine(to[i], adds ? from[at] : T{0}, alpha, beta);
          }
        };
      });
}

Kernel plan_gemm(PlanContext& context) {
  const Gemm gemm(context);
  return context.dtype(0) == DType::Float ? plan_float(context, gemm) : plan_typed(context, gemm);
}

int64_t macs_gemm(const NodeContext& context, const Shape& output) {
  return saturating_product(output.elements(), Gemm(context).gemm.shape.k);
}

constexpr OpDef kOps[] = {
    {.op_type = "Gemm",
     .meaning = {.inputs = {2, 3},
                 .types = {type_of_all_inputs(kWideNumbers)},
                 .infer = infer_gemm,
                 .macs = macs_gemm,
                 .window = window_gemm},
     .cpu = {.plan = plan_gemm}},
};

}  // namespace

extern constinit const OpFamily gemm_ops = kOps;

}  // namespace fovea
