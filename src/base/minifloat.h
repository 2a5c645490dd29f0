#pragma once

#include <cstdint>

#include "base/dtype.h"

// Floats of a byte or less: OCP's float8 formats and ONNX's variants of them, float6, float4 and
// float8e8m0 (ONNX's "Float stored in 8 bits", OCP Microscaling Formats 1.0).

namespace fovea {

// How a value becomes a float8e8m0, which has powers of two only.
enum class ScaleRounding : uint8_t { Up, Down, Nearest };

// Whether a type is one of them.
bool is_minifloat(DType dtype) noexcept;

// Exact. Of `code`, only as many bits count as the type has.
float minifloat_to_float(DType dtype, uint8_t code) noexcept;

// Rounded to nearest even. What is beyond the largest finite value becomes that where `saturate`,
// else infinity or, in formats without one, NaN. Formats with neither always saturate, and NaN
// becomes -0. Of a float8e8m0 the sign is ignored; see to_scale().
uint8_t float_to_minifloat(DType dtype, float value, bool saturate = true) noexcept;

// As float8e8m0. Zero and what is too small become the smallest value where `saturate`, else NaN.
uint8_t to_scale(float value, ScaleRounding rounding, bool saturate) noexcept;

// The float next to `value` whose last bit says whether it is exact (von Neumann's rounding to
// odd), so that rounding it to fewer bits gives what rounding `value` at once would.
float round_to_odd(double value) noexcept;

}  // namespace fovea
