#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "simd/f32x4.h"

// ONNX's activations of float and double: what a graph's nodes say of them and what kernels do. An
// activation is a line of the table in activation.cpp.
namespace fovea::kernels {

enum class Activation : uint8_t {
  None,
  // Those of an instruction or two, so that there can be a kernel for each.
  Relu,
  Clip,       // min(max(x, alpha), beta), so beta where alpha > beta
  LeakyRelu,  // x < 0 ? alpha * x : x
  PRelu,      // x < 0 ? slopes[channel] * x : x
  // The others.
  ThresholdedRelu,  // x > alpha ? x : 0
  HardSigmoid,      // min(max(alpha * x + beta, 0), 1)
  HardSwish,        // x * min(max(x / 6 + 1/2, 0), 1)
  Sigmoid,
  Tanh,
  Swish,     // x * sigmoid(alpha * x)
  Gelu,      // x * (1 + erf(x / sqrt(2))) / 2
  GeluTanh,  // the same, approximated by a tangent
  Elu,       // x < 0 ? alpha * (e^x - 1) : x
  Selu,      // beta * (x < 0 ? alpha * (e^x - 1) : x)
  Celu,      // x < 0 ? alpha * (e^(x / alpha) - 1) : x
  Softplus,  // ln(1 + e^x)
  Softsign,  // x / (1 + |x|)
  Mish,      // x * tanh(ln(1 + e^x))
  Shrink,    // x < -alpha ? x + beta : x > alpha ? x - beta : 0
};

constexpr bool is_simple(Activation activation) noexcept { return activation <= Activation::PRelu; }

// An activation with its parameters; those it does not have are 0.
struct ActivationSpec {
  Activation kind = Activation::None;
  float alpha = 0.0f;
  float beta = 0.0f;

  bool operator==(const ActivationSpec&) const = default;
};

struct ActivationInfo {
  // An attribute of ONNX's operator, and its value where a node has none.
  struct Parameter {
    std::string_view attribute;  // empty: there is no such parameter
    float fallback = 0.0f;
  };

  Activation kind = Activation::None;
  std::string_view op_type;
  // What the operator's attribute `approximate` says; empty where it has none.
  std::string_view approximate;
  std::array<Parameter, 2> parameters;  // alpha and beta
  // Of four values. NaN stays NaN, except where ONNX defines the result by comparisons that it
  // fails: Shrink and ThresholdedRelu make it 0. Null for PRelu, whose slopes are not parameters.
  simd::F32x4 (*apply)(const ActivationSpec&, simd::F32x4) noexcept = nullptr;
  double (*apply_to_double)(const ActivationSpec&, double) noexcept = nullptr;
  // out[i] of in[i] for i < count; `out` may be `in`. Null for PRelu.
  void (*apply_row)(const ActivationSpec&, const float* in, float* out,
                    int64_t count) noexcept = nullptr;
};

// All but None.
std::span<const ActivationInfo> activations() noexcept;

// Of any but None.
const ActivationInfo& info_of(Activation activation) noexcept;

// Whether 0 is mapped to 0, which channels-last's padding lanes rely on.
bool keeps_zero(const ActivationSpec& activation) noexcept;

}  // namespace fovea::kernels
