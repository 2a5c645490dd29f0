// Signals and their spectra: DFT, STFT, MelWeightMatrix, HannWindow, HammingWindow, BlackmanWindow.

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/integers.h"
#include "kernels/elementwise/convert.h"
#include "kernels/signal/fft.h"
#include "ops/op.h"

namespace fovea {
namespace {

using kernels::Complex;
using kernels::Fourier;

constexpr int kAxisInputOpset = 20;  // of DFT, whose axis was an attribute
constexpr int64_t kLongest = int64_t{1} << 24;

// ---- inputs ----

int64_t number_of(const NodeContext& context, int input, std::string_view name) {
  const std::vector<int64_t> values = context.int64s(input);
  if (values.size() == 1) return values[0];
  fail(ErrorCode::InvalidInput, context.node().op_type, " takes one ", name, ", not ",
       context.shape(input));
}

int64_t length_of(const NodeContext& context, int input, std::string_view name) {
  const int64_t length = number_of(context, input, name);
  if (length >= 1 && length <= kLongest) return length;
  fail(ErrorCode::InvalidInput, context.node().op_type, "'s ", name,
       " must be at least 1 and at most 2^24, not ", length);
}

bool flag(const NodeContext& context, std::string_view name, int64_t fallback = 0) {
  return context.attributes().get_int(name, fallback) != 0;
}

// Elements as doubles.
using Read = double (*)(const std::byte*, int64_t at);
using Write = void (*)(double value, std::byte*, int64_t at);

template <class T>
double read(const std::byte* from, int64_t at) {
  return static_cast<double>(reinterpret_cast<const T*>(from)[at]);
}
template <class T>
void write(double value, std::byte* to, int64_t at) {
  reinterpret_cast<T*>(to)[at] = kernels::element_cast<T>(value);
}

Read reader_of(DType dtype) {
  return dispatch<float, double>(
      dtype, [](auto tag) -> Read { return read<typename decltype(tag)::type>; });
}
Write writer_of(DType dtype) {
  return dispatch_with_integers<float, double, Half, BFloat>(
      dtype, [](auto tag) -> Write { return write<typename decltype(tag)::type>; });
}

// Signals of a tensor, whose last axis is 1 for real numbers and 2 for complex ones.
class Signals {
 public:
  Signals(const Tensor& tensor, int64_t parts)
      : data_(tensor.data()), read_(reader_of(tensor.dtype())), parts_(parts) {}
  Complex at(int64_t index) const {
    const int64_t first = index * parts_;
    return {read_(data_, first), parts_ == 2 ? read_(data_, first + 1) : 0};
  }

 private:
  const std::byte* data_;
  Read read_;
  int64_t parts_;
};

class Spectra {
 public:
  Spectra(Tensor& tensor, int64_t parts)
      : data_(tensor.mutable_data()), write_(writer_of(tensor.dtype())), parts_(parts) {}
  void set(int64_t index, const Complex& value) const {
    write_(value.re, data_, index * parts_);
    if (parts_ == 2) write_(value.im, data_, index * parts_ + 1);
  }

 private:
  std::byte* data_;
  Write write_;
  int64_t parts_;
};

// Calls use(line, data, scratch) for all lines, each with memory of its own.
template <class Use>
void for_lines(const Fourier& fourier, int64_t lines, ThreadPool& pool, const Use& use) {
  const int64_t each = fourier.length() + fourier.scratch();
  std::vector<Complex> memory(static_cast<size_t>(each * pool.size()));
  pool.parallel_for(lines, 1 + 2048 / each, [&](int64_t begin, int64_t end, int worker) {
    Complex* data = memory.data() + worker * each;
    for (int64_t line = begin; line < end; ++line) use(line, data, data + fourier.length());
  });
}

// ---- DFT ----

struct Transform {
  explicit Transform(const NodeContext& context);

  bool inverse;
  bool onesided;
  int axis;
  int64_t length;
  int64_t read;     // elements along the axis that are given, at most
  int64_t written;  // and that are made
  int64_t in_parts;
  int64_t out_parts;
};

Transform::Transform(const NodeContext& context)
    : inverse(flag(context, "inverse")), onesided(flag(context, "onesided")) {
  const Shape& in = context.shape(0);
  const int rank = in.rank();
  in_parts = rank < 2 ? 0 : in[rank - 1];
  if (in_parts != 1 && in_parts != 2) {
    fail(ErrorCode::InvalidInput, "DFT takes numbers of 1 or 2 parts along the last axis, not ",
         in);
  }
  if (onesided && in_parts != (inverse ? 2 : 1)) {
    fail(ErrorCode::InvalidInput, "DFT with onesided takes ", inverse ? "complex" : "real",
         " numbers, not ", in);
  }
  int64_t written_axis = context.attributes().get_int("axis", 1);
  if (context.opset() >= kAxisInputOpset) {
    written_axis = context.has_input(2) ? number_of(context, 2, "axis") : -2;
  }
  axis = normalize_axis(written_axis, rank);
  if (axis == rank - 1) {
    fail(ErrorCode::InvalidInput, "DFT along axis ", written_axis, " of ", in,
         ", which is that of real and imaginary parts");
  }
  const bool to_real = onesided && inverse;
  length = to_real ? 2 * (in[axis] - 1) : in[axis];
  if (context.has_input(1)) length = length_of(context, 1, "dft_length");
  if (length < 1 || length > kLongest) {
    fail(ErrorCode::InvalidInput, "DFT of length ", length, " of ", in);
  }
  read = std::min(in[axis], to_real ? length / 2 + 1 : length);
  written = onesided && !inverse ? length / 2 + 1 : length;
  out_parts = to_real ? 1 : 2;
}

Shape transformed_shape(const NodeContext& context, const Transform& transform) {
  Shape out = context.shape(0);
  out[transform.axis] = transform.written;
  out[out.rank() - 1] = transform.out_parts;
  return out;
}

void infer_dft(InferContext& context) {
  context.set_output(0, context.dtype(0), transformed_shape(context, Transform(context)));
}

// The half of a spectrum that a real signal's other half mirrors.
void mirror(Complex* data, int64_t length) {
  data[0].im = 0;
  if (length % 2 == 0) data[length / 2].im = 0;
  for (int64_t k = length / 2 + 1; k < length; ++k) data[k] = data[length - k].conjugate();
}

void dft(ComputeContext& context) {
  const Transform transform(context);
  const Shape& in = context.shape(0);
  const Shape out = transformed_shape(context, transform);
  const int64_t inner = in.elements(transform.axis + 1, in.rank() - 1);
  const int64_t lines = in.elements(0, transform.axis) * inner, size = in[transform.axis];
  const Fourier fourier(transform.length);
  const Signals signals(context.tensor(0), transform.in_parts);
  Tensor& result = context.set(0, Tensor::allocate(context.dtype(0), out));
  const Spectra spectra(result, transform.out_parts);
  for_lines(fourier, lines, context.pool(), [&](int64_t line, Complex* data, Complex* scratch) {
    const int64_t outer = line / inner, column = line % inner;
    for (int64_t i = 0; i < transform.length; ++i) {
      data[i] = i < transform.read ? signals.at((outer * size + i) * inner + column) : Complex();
    }
    if (transform.onesided && transform.inverse) mirror(data, transform.length);
    transform.inverse ? fourier.inverse(data, scratch) : fourier.transform(data, scratch);
    for (int64_t i = 0; i < transform.written; ++i) {
      spectra.set((outer * transform.written + i) * inner + column, data[i]);
    }
  });
}

// ---- STFT ----

struct Frames {
  explicit Frames(const NodeContext& context);

  Shape output() const { return {batch, count, bins, 2}; }

  int64_t batch;
  int64_t signal;  // its length
  int64_t parts;
  int64_t step;
  int64_t length;
  int64_t count;
  int64_t bins;
};

Frames::Frames(const NodeContext& context) {
  const Shape& in = context.shape(0);
  // Real signals are written without the last axis, too.
  parts = in.rank() == 3 ? in[2] : 1;
  if (in.rank() < 2 || in.rank() > 3 || (parts != 1 && parts != 2)) {
    fail(ErrorCode::InvalidInput, "STFT takes signals [batch, length, 1 or 2], not ", in);
  }
  const bool onesided = flag(context, "onesided", 1);
  if (onesided && parts == 2) {
    fail(ErrorCode::InvalidInput, "STFT with onesided takes real signals, not ", in);
  }
  batch = in[0];
  signal = in[1];
  step = length_of(context, 1, "frame_step");
  const bool has_window = context.has_input(2);
  if (has_window && context.shape(2).rank() != 1) {
    fail(ErrorCode::InvalidInput, "STFT takes a window of one axis, not ", context.shape(2));
  }
  length = has_window ? context.shape(2)[0] : signal;
  if (context.has_input(3)) length = length_of(context, 3, "frame_length");
  if (length < 1 || length > signal || (has_window && context.shape(2)[0] != length)) {
    fail(ErrorCode::InvalidInput, "STFT of signals of ", signal, " cannot have frames of ", length,
         has_window ? text(" under a window of ", context.shape(2)) : "");
  }
  count = (signal - length) / step + 1;
  bins = onesided ? length / 2 + 1 : length;
}

void infer_stft(InferContext& context) {
  context.set_output(0, context.dtype(0), Frames(context).output());
}

void stft(ComputeContext& context) {
  const Frames frames(context);
  const Fourier fourier(frames.length);
  const Signals signals(context.tensor(0), frames.parts);
  std::vector<double> window(static_cast<size_t>(frames.length), 1);
  if (context.has_input(2)) {
    const Signals given(context.tensor(2), 1);
    for (int64_t i = 0; i < frames.length; ++i) window[static_cast<size_t>(i)] = given.at(i).re;
  }
  Tensor& result = context.set(0, Tensor::allocate(context.dtype(0), frames.output()));
  const Spectra spectra(result, 2);
  for_lines(fourier, frames.batch * frames.count, context.pool(),
            [&](int64_t line, Complex* data, Complex* scratch) {
              const int64_t first =
                  line / frames.count * frames.signal + line % frames.count * frames.step;
              for (int64_t i = 0; i < frames.length; ++i) {
                const Complex value = signals.at(first + i);
                const double weight = window[static_cast<size_t>(i)];
                data[i] = {value.re * weight, value.im * weight};
              }
              fourier.transform(data, scratch);
              for (int64_t i = 0; i < frames.bins; ++i)
                spectra.set(line * frames.bins + i, data[i]);
            });
}

// ---- windows and weights ----

DType named_type(const Node& node, std::span<const DType>, int) {
  return info_of(node.attributes.get_int("output_datatype", static_cast<int64_t>(DType::Float)))
      .dtype;
}

DType made_type(const NodeContext& context) {
  const DType dtype = named_type(context.node(), {}, 0);
  if (kNumbers.contains(dtype)) return dtype;
  throw Error(ErrorCode::UnsupportedAttribute,
              text(context.node().op_type, " cannot make elements of ", name_of(dtype)))
      .with("attribute", "output_datatype");
}

// Sums of cosines of one and two periods.
struct WindowTerms {
  double constant;
  double once;
  double twice;
};

template <const WindowTerms& kTerms>
void infer_window(InferContext& context) {
  const int64_t size = number_of(context, 0, "size");
  if (size < 0 || size > kLongest) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " of size ", size);
  }
  const DType dtype = made_type(context);
  const int64_t period = size - (flag(context, "periodic", 1) ? 0 : 1);
  Tensor window = Tensor::allocate(dtype, {size});
  const Write write_element = writer_of(dtype);
  for (int64_t i = 0; i < size; ++i) {
    // The only element of a symmetric window is the middle one.
    const double turn = period == 0 ? 0.5 : static_cast<double>(i) / static_cast<double>(period);
    const double angle = 2 * std::numbers::pi * turn;
    write_element(
        kTerms.constant - kTerms.once * std::cos(angle) + kTerms.twice * std::cos(2 * angle),
        window.mutable_data(), i);
  }
  context.set_content(0, std::move(window));
}

constexpr WindowTerms kHann = {0.5, 0.5, 0};
constexpr WindowTerms kHamming = {25.0 / 46.0, 21.0 / 46.0, 0};
constexpr WindowTerms kBlackman = {0.42, 0.5, 0.08};

void infer_mel_weights(InferContext& context) {
  const int64_t mels = length_of(context, 0, "num_mel_bins");
  const int64_t bins = length_of(context, 1, "dft_length") / 2 + 1;
  for (int input = 2; input < context.input_count(); ++input) {
    if (context.shape(input).elements() == 1) continue;
    fail(ErrorCode::InvalidInput, "MelWeightMatrix takes one number as input ", input, ", not ",
         context.shape(input));
  }
  context.set_output(0, made_type(context), {bins, mels});
}

double mel_of(double hertz) { return 2595 * std::log1p(hertz / 700) / std::numbers::ln10; }
double hertz_of(double mel) { return 700 * std::expm1(mel / 2595 * std::numbers::ln10); }

// The bins of the spectrum at which triangles begin, peak and end.
std::vector<int64_t> mel_bins(const ComputeContext& context, int64_t mels, int64_t bins) {
  const auto length = static_cast<double>(length_of(context, 1, "dft_length"));
  const auto rate = static_cast<double>(length_of(context, 2, "sample_rate"));
  const auto edge = [&](int input) {
    return mel_of(reader_of(context.dtype(input))(context.tensor(input).data(), 0));
  };
  const double low = edge(3), high = edge(4);
  const double step = (high - low) / static_cast<double>(mels + 2);
  std::vector<int64_t> found;
  for (int64_t i = 0; i < mels + 2; ++i) {
    const double hertz = hertz_of(low + static_cast<double>(i) * step);
    const double bin = std::floor((length + 1) * hertz / rate);
    const bool ordered = found.empty() || bin >= static_cast<double>(found.back());
    if (!(bin >= 0 && bin < static_cast<double>(bins) && ordered)) {
      fail(ErrorCode::InvalidInput, "MelWeightMatrix has an edge at ", hertz,
           " Hz, which is no frequency of its spectrum, or edges in the wrong order");
    }
    found.push_back(static_cast<int64_t>(bin));
  }
  return found;
}

void mel_weights(ComputeContext& context) {
  const int64_t mels = number_of(context, 0, "num_mel_bins");
  const int64_t bins = number_of(context, 1, "dft_length") / 2 + 1;
  const std::vector<int64_t> found = mel_bins(context, mels, bins);
  const DType dtype = made_type(context);
  Tensor& weights = context.set(0, Tensor::allocate(dtype, {bins, mels}));
  std::fill_n(weights.mutable_data(), weights.bytes(), std::byte{0});
  const Write write_element = writer_of(dtype);
  for (int64_t mel = 0; mel < mels; ++mel) {
    const auto at = [&](int64_t offset) { return found[static_cast<size_t>(mel + offset)]; };
    const int64_t begin = at(0), peak = at(1), end = at(2);
    const auto set = [&](int64_t bin, int64_t part, int64_t whole) {
      const double weight = static_cast<double>(part) / static_cast<double>(whole);
      write_element(weight, weights.mutable_data(), bin * mels + mel);
    };
    for (int64_t bin = begin; bin < peak; ++bin) set(bin, bin - begin, peak - begin);
    set(peak, 1, 1);
    for (int64_t bin = peak; bin < end; ++bin) set(bin, end - bin, end - peak);
  }
}

// ---- the operators ----

using Types = std::array<TypeVariable, 4>;

constexpr OpDef dft_since(int since, int until, Arity inputs) {
  return {.op_type = "DFT",
          .since = since,
          .until = until,
          .meaning = {.inputs = inputs,
                      .types = {type_of_input(0, kFloat32And64), type_of_input(1, kIndices),
                                type_of_input(2, kIndices)},
                      .infer = infer_dft,
                      .content_inputs = {1, 2}},
          .cpu = {.compute = dft}};
}

constexpr OpDef window(std::string_view op_type, InferRule infer) {
  return {.op_type = op_type,
          .since = 17,
          .meaning = {.types = {type_of_input(0, kIndices)},
                      .infer = infer,
                      .element_type = named_type,
                      .content_inputs = {0}}};
}

constexpr OpDef kOps[] = {
    dft_since(17, kAxisInputOpset - 1, {1, 2}),
    dft_since(kAxisInputOpset, kLatestOpset, {1, 3}),
    {.op_type = "STFT",
     .since = 17,
     .meaning = {.inputs = {2, 4},
                 .types = {type_of_both_inputs(0, 2, kFloat32And64),
                           type_of_both_inputs(1, 3, kIndices)},
                 .infer = infer_stft,
                 .content_inputs = {1, 3}},
     .cpu = {.compute = stft}},
    window("HannWindow", infer_window<kHann>),
    window("HammingWindow", infer_window<kHamming>),
    window("BlackmanWindow", infer_window<kBlackman>),
    {.op_type = "MelWeightMatrix",
     .since = 17,
     .meaning = {.inputs = {5, 5},
                 .types = {type_of_inputs(0, 2, kIndices), type_of_inputs(3, 4, kFloat32And64)},
                 .infer = infer_mel_weights,
                 .element_type = named_type,
                 .content_inputs = {0, 1}},
     .cpu = {.compute = mel_weights}},
};

}  // namespace

extern constinit const OpFamily signal_ops = kOps;

}  // namespace fovea
