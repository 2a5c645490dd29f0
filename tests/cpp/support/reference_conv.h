#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

// Convolution and its kin in double, straight from their definitions: the oracle of the kernels.
namespace fovea::test {

// One spatial axis.
struct Axis {
  int64_t in = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_begin = 0;
  int64_t pad_end = 0;

  int64_t reach() const { return (kernel - 1) * dilation + 1; }
  int64_t out() const { return (in + pad_begin + pad_end - reach()) / stride + 1; }
  // Of the transposed convolution.
  int64_t transposed_out() const { return (in - 1) * stride + reach() - pad_begin - pad_end; }
};

// A result and how far an evaluation in float may lie from it.
struct Expected {
  std::vector<double> values;
  std::vector<double> bounds;
};

struct ReferenceConv {
  int64_t batch = 1;
  int64_t in_channels = 1;
  int64_t out_channels = 1;
  int64_t groups = 1;
  std::vector<Axis> axes;
};

// Sum of n products in any order, each operation rounded: the error is at most about
// n * eps/2 * sum of magnitudes; a few more for bias, residual and activation.
inline double sum_bound(int64_t terms, double magnitudes) {
  return static_cast<double>(terms + 8) * 0x1p-24 * magnitudes + 1e-37;
}

namespace detail {

inline int64_t product(const std::vector<int64_t>& dims) {
  int64_t out = 1;
  for (const int64_t dim : dims) out *= dim;
  return out;
}

inline std::vector<int64_t> unravel(int64_t index, const std::vector<int64_t>& dims) {
  std::vector<int64_t> out(dims.size());
  for (size_t i = dims.size(); i-- > 0; index /= dims[i]) out[i] = index % dims[i];
  return out;
}

struct Sums {
  std::vector<double> values;
  std::vector<double> magnitudes;
  std::vector<int64_t> terms;

  explicit Sums(int64_t size)
      : values(static_cast<size_t>(size)),
        magnitudes(static_cast<size_t>(size)),
        terms(static_cast<size_t>(size)) {}

  void add(int64_t index, double term) {
    const auto i = static_cast<size_t>(index);
    values[i] += term;
    magnitudes[i] += std::fabs(term);
    ++terms[i];
  }
  Expected expected() const {
    Expected out{values, std::vector<double>(values.size())};
    for (size_t i = 0; i < values.size(); ++i) out.bounds[i] = sum_bound(terms[i], magnitudes[i]);
    return out;
  }
};

// Calls visit(input offset, kernel offset, output offset) for every pair of input position and tap
// of the map out = in_position * stride + tap * dilation - pad that lands inside, where `scattered`
// has in_dims positions and `gathered` the others.
template <class Visit>
void for_each_tap(const std::vector<Axis>& axes, const std::vector<int64_t>& stepped,
                  const std::vector<int64_t>& dense, Visit visit) {
  std::vector<int64_t> kernel;
  for (const Axis& axis : axes) kernel.push_back(axis.kernel);
  for (int64_t p = 0; p < product(stepped); ++p) {
    const std::vector<int64_t> position = unravel(p, stepped);
    for (int64_t k = 0; k < product(kernel); ++k) {
      const std::vector<int64_t> tap = unravel(k, kernel);
      int64_t offset = 0;
      bool inside = true;
      for (size_t a = 0; a < axes.size(); ++a) {
        const int64_t at =
            position[a] * axes[a].stride + tap[a] * axes[a].dilation - axes[a].pad_begin;
        inside = inside && at >= 0 && at < dense[a];
        offset = offset * dense[a] + at;
      }
      if (inside) visit(p, k, offset);
    }
  }
}

}  // namespace detail

inline std::vector<int64_t> input_dims(const std::vector<Axis>& axes) {
  std::vector<int64_t> dims;
  for (const Axis& axis : axes) dims.push_back(axis.in);
  return dims;
}

inline std::vector<int64_t> output_dims(const std::vector<Axis>& axes) {
  std::vector<int64_t> dims;
  for (const Axis& axis : axes) dims.push_back(axis.out());
  return dims;
}

inline std::vector<int64_t> transposed_dims(const std::vector<Axis>& axes) {
  std::vector<int64_t> dims;
  for (const Axis& axis : axes) dims.push_back(axis.transposed_out());
  return dims;
}

// ONNX Conv without activation: input [N][C][spatial...], weights [M][C/groups][kernel...], bias
// may be empty.
inline Expected reference_conv(const ReferenceConv& conv, const std::vector<float>& input,
                               const std::vector<float>& weights, const std::vector<float>& bias) {
  const std::vector<int64_t> in_dims = input_dims(conv.axes), out_dims = output_dims(conv.axes);
  const int64_t in_size = detail::product(in_dims), out_size = detail::product(out_dims);
  const int64_t inputs = conv.in_channels / conv.groups, outputs = conv.out_channels / conv.groups;
  int64_t taps = 1;
  for (const Axis& axis : conv.axes) taps *= axis.kernel;

  detail::Sums sums(conv.batch * conv.out_channels * out_size);
  detail::for_each_tap(conv.axes, out_dims, in_dims, [&](int64_t out, int64_t tap, int64_t in) {
    for (int64_t no = 0; no < conv.batch * conv.out_channels; ++no) {
      const int64_t n = no / conv.out_channels, o = no % conv.out_channels;
      for (int64_t i = 0; i < inputs; ++i) {
        const int64_t channel = n * conv.in_channels + o / outputs * inputs + i;
        sums.add(
            no * out_size + out,
            static_cast<double>(input[static_cast<size_t>(channel * in_size + in)]) *
                static_cast<double>(weights[static_cast<size_t>((o * inputs + i) * taps + tap)]));
      }
    }
  });
  for (int64_t i = 0; !bias.empty() && i < conv.batch * conv.out_channels * out_size; ++i) {
    sums.add(i, bias[static_cast<size_t>(i / out_size % conv.out_channels)]);
  }
  return sums.expected();
}

// ONNX ConvTranspose without activation: weights [C][M/groups][kernel...]. `out_dims` are the
// spatial sizes of the output, which output_padding may make larger than transposed_dims().
inline Expected reference_conv_transpose(const ReferenceConv& conv,
                                         const std::vector<int64_t>& out_dims,
                                         const std::vector<float>& input,
                                         const std::vector<float>& weights,
                                         const std::vector<float>& bias) {
  const std::vector<int64_t> in_dims = input_dims(conv.axes);
  const int64_t in_size = detail::product(in_dims), out_size = detail::product(out_dims);
  const int64_t inputs = conv.in_channels / conv.groups, outputs = conv.out_channels / conv.groups;
  int64_t taps = 1;
  for (const Axis& axis : conv.axes) taps *= axis.kernel;

  detail::Sums sums(conv.batch * conv.out_channels * out_size);
  detail::for_each_tap(conv.axes, in_dims, out_dims, [&](int64_t in, int64_t tap, int64_t out) {
    for (int64_t nc = 0; nc < conv.batch * conv.in_channels; ++nc) {
      const int64_t n = nc / conv.in_channels, c = nc % conv.in_channels;
      for (int64_t o = 0; o < outputs; ++o) {
        const int64_t channel = n * conv.out_channels + c / inputs * outputs + o;
        sums.add(
            channel * out_size + out,
            static_cast<double>(input[static_cast<size_t>(nc * in_size + in)]) *
                static_cast<double>(weights[static_cast<size_t>((c * outputs + o) * taps + tap)]));
      }
    }
  });
  for (int64_t i = 0; !bias.empty() && i < conv.batch * conv.out_channels * out_size; ++i) {
    sums.add(i, bias[static_cast<size_t>(i / out_size % conv.out_channels)]);
  }
  return sums.expected();
}

}  // namespace fovea::test
