#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace fovea::kernels {

// The choices of ONNX Resize, each named after its attribute value.
enum class Interpolation : uint8_t { Nearest, Linear, Cubic };
enum class NearestMode : uint8_t { RoundPreferFloor, RoundPreferCeil, Floor, Ceil };
enum class CoordinateMode : uint8_t {
  HalfPixel,
  HalfPixelSymmetric,
  PytorchHalfPixel,
  AlignCorners,
  Asymmetric,
  TfHalfPixelForNn,
  TfCropAndResize,
};

struct ResizeMethod {
  Interpolation interpolation = Interpolation::Nearest;
  NearestMode nearest = NearestMode::RoundPreferFloor;
  CoordinateMode coordinates = CoordinateMode::HalfPixel;
  float cubic_a = -0.75f;        // the free parameter of Keys' kernel
  bool antialias = false;        // widens Linear and Cubic by 1/scale when scale < 1
  bool exclude_outside = false;  // renormalises over the inside instead of repeating the edge
};

// A scale between two lengths, both below 2^31 and at least 1, which no float says exactly.
struct LengthRatio {
  int64_t to = 1;
  int64_t from = 1;
};

// One axis to resize. The scale is out/in or what the model says, of which `out` is a rounding:
// `ratio` where it gives sizes, else the number `scale`. The region of interest, in units of the
// axis, serves TfCropAndResize alone.
struct AxisScaling {
  int64_t in = 1;
  int64_t out = 1;
  float scale = 1.0f;
  std::optional<LengthRatio> ratio = std::nullopt;
  float roi_start = 0.0f;
  float roi_end = 1.0f;

  double factor() const {
    return ratio ? static_cast<double>(ratio->to) / static_cast<double>(ratio->from)
                 : static_cast<double>(scale);
  }
};

// A resampled axis: output i is the sum over t < taps of weights[i * taps + t] * input[first[i] +
// t]. Every window lies inside the input, so that no kernel has borders to think of. One tap means
// a plain selection, with weight 1. Made when planning; kernels only read it.
struct AxisFilter {
  int64_t in = 0;
  int64_t out = 0;
  int taps = 1;
  std::vector<int32_t> first;        // [out]
  std::vector<float> weights;        // [out][taps]
  std::vector<int32_t> outside;      // outputs TfCropAndResize gives the extrapolation value
  std::vector<double> wide_weights;  // in place of `weights`, for elements of double

  // True when the axis stays as it is.
  bool is_identity() const;
  // The same filter with its taps padded by zero weights to a multiple of 4, which needs an input
  // as long; otherwise unchanged.
  AxisFilter padded_to_vectors() const;
};

// Position on the input axis of output `index`, by the formulas of the ONNX Resize specification.
// With a ratio it is one quotient of whole numbers, so that ties of Nearest stay ties. With a scale
// it is computed in float: in a wider type ties would fall to other pixels than elsewhere. Where
// elements of double are interpolated there are no ties, and `Real` is double.
template <class Real = float>
double source_position(CoordinateMode mode, const AxisScaling& axis, int64_t index);

// The numbers that elements are multiplied by and summed in.
enum class Arithmetic : uint8_t { Float, Double };

// Needs in, out >= 1 below 2^31 and a positive, finite scale.
AxisFilter make_axis_filter(const ResizeMethod& method, const AxisScaling& axis,
                            Arithmetic arithmetic = Arithmetic::Float);

}  // namespace fovea::kernels
