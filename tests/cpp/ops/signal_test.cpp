// DFT, STFT, MelWeightMatrix, HannWindow, HammingWindow, BlackmanWindow.

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Complexes = std::vector<std::complex<double>>;

Tensor as_double(const Tensor& tensor) {
  Tensor wide = Tensor::allocate(DType::Double, tensor.shape());
  std::ranges::copy(tensor.as<float>(), wide.mutable_as<double>().begin());
  return wide;
}

Tensor number(int64_t value) { return Tensor::of<int64_t>({}, {value}); }
Tensor narrow_number(int32_t value) { return Tensor::of<int32_t>({}, {value}); }

// By the definition.
Complexes transform(const Complexes& signal, bool inverse) {
  const auto n = std::ssize(signal);
  Complexes result;
  for (int64_t k = 0; k < n; ++k) {
    std::complex<double> sum = 0;
    for (int64_t i = 0; i < n; ++i) {
      const double turn = static_cast<double>(k * i % n) / static_cast<double>(n);
      sum += signal[static_cast<size_t>(i)] *
             std::polar(1.0, (inverse ? 2 : -2) * std::numbers::pi * turn);
    }
    result.push_back(inverse ? sum / static_cast<double>(n) : sum);
  }
  return result;
}

struct Dft {
  Shape in;
  int axis = 0;
  bool inverse = false;
  bool onesided = false;
  std::optional<int64_t> length = std::nullopt;
};

void check(const Dft& dft) {
  SCOPED_TRACE(text(dft.in, " axis ", dft.axis, " inverse ", int{dft.inverse}, " onesided ",
                    int{dft.onesided}, " length ", dft.length.value_or(-1)));
  const bool to_real = dft.inverse && dft.onesided;
  const int64_t parts = dft.in[dft.in.rank() - 1], size = dft.in[dft.axis];
  const int64_t length = dft.length.value_or(to_real ? 2 * (size - 1) : size);
  Shape out = dft.in, lines = dft.in;
  out[dft.axis] = dft.onesided && !dft.inverse ? length / 2 + 1 : length;
  out[out.rank() - 1] = to_real ? 1 : 2;
  lines[dft.axis] = 1;
  lines[lines.rank() - 1] = 1;
  const Tensor data = random_tensor(dft.in, 1);
  std::vector<double> expected(static_cast<size_t>(out.elements()));
  for (const Index& line : indices_of(lines)) {
    const auto read = [&](int64_t i) {
      Index at = line;
      at[static_cast<size_t>(dft.axis)] = i;
      const size_t first = flat_index(data.shape(), at);
      return std::complex<double>(double{data.as<float>()[first]},
                                  parts == 2 ? double{data.as<float>()[first + 1]} : 0);
    };
    Complexes signal(static_cast<size_t>(length), 0);
    const int64_t given = to_real ? length / 2 + 1 : length;
    for (int64_t i = 0; i < std::min(size, given); ++i) signal[static_cast<size_t>(i)] = read(i);
    if (to_real) {
      signal[0] = signal[0].real();
      if (length % 2 == 0) {
        const auto middle = static_cast<size_t>(length / 2);
        signal[middle] = signal[middle].real();
      }
      for (int64_t i = length / 2 + 1; i < length; ++i) {
        signal[static_cast<size_t>(i)] = std::conj(signal[static_cast<size_t>(length - i)]);
      }
    }
    const Complexes result = transform(signal, dft.inverse);
    for (int64_t k = 0; k < out[dft.axis]; ++k) {
      Index at = line;
      at[static_cast<size_t>(dft.axis)] = k;
      const size_t to = flat_index(out, at);
      expected[to] = result[static_cast<size_t>(k)].real();
      if (!to_real) expected[to + 1] = result[static_cast<size_t>(k)].imag();
    }
  }
  const AttributeList flags = {{"inverse", int64_t{dft.inverse}},
                               {"onesided", int64_t{dft.onesided}}};
  AttributeList with_axis = flags;
  with_axis.push_back({"axis", int64_t{dft.axis}});
  const Tensor given_length =
      dft.length ? narrow_number(static_cast<int32_t>(*dft.length)) : Tensor();
  const Tensor old = run_op({"DFT", 17, with_axis}, {data, given_length}, 2)[0];
  const Tensor now = run_op({"DFT", 20, flags},
                            {as_double(data), given_length, number(dft.axis - dft.in.rank())})[0];
  ASSERT_EQ(old.shape(), out);
  ASSERT_EQ(now.shape(), out);
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(old.as<float>()[i], expected[i], 2e-5) << "element " << i;
    ASSERT_NEAR(now.as<double>()[i], expected[i], 1e-12) << "element " << i;
  }
}

TEST(Dft, LengthsOfAllKinds) {
  for (const int64_t size : {1, 2, 3, 4, 5, 7, 8, 12, 17, 32, 45}) {
    for (const bool inverse : {false, true}) {
      check({.in = {2, size, 1}, .axis = 1, .inverse = inverse});
      check({.in = {2, size, 2}, .axis = 1, .inverse = inverse});
    }
    check({.in = {2, size, 1}, .axis = 1, .onesided = true});
    if (size > 1) check({.in = {2, size, 2}, .axis = 1, .inverse = true, .onesided = true});
  }
}

TEST(Dft, AxesAndPaddedOrCutSignals) {
  for (int axis = 0; axis < 3; ++axis) {
    check({.in = {3, 4, 5, 2}, .axis = axis});
    for (const int64_t length : {1, 3, 4, 6, 9}) {
      check({.in = {3, 4, 5, 2}, .axis = axis, .length = length});
      check({.in = {3, 4, 5, 1}, .axis = axis, .onesided = true, .length = length});
      check(
          {.in = {3, 4, 5, 2}, .axis = axis, .inverse = true, .onesided = true, .length = length});
    }
  }
  check({.in = {0, 4, 1}, .axis = 1});
  check({.in = {6, 1}, .axis = 0});
}

TEST(Dft, DefaultAxes) {
  const Tensor data = random_tensor({2, 3, 4, 2}, 1);
  expect_equal(run_op({"DFT", 17}, {data})[0], run_op({"DFT", 20}, {data, {}, number(1)})[0]);
  expect_equal(run_op({"DFT", 20}, {data})[0], run_op({"DFT", 20}, {data, {}, number(2)})[0]);
}

TEST(Dft, LongSignalsKeepTheirPrecision) {
  const Tensor data = as_double(random_tensor({1, 5003, 2}, 1));
  const Tensor there = run_op({"DFT", 17}, {data})[0];
  const Tensor back = run_op({"DFT", 17, {{"inverse", int64_t{1}}}}, {there})[0];
  for (size_t i = 0; i < data.as<double>().size(); ++i) {
    ASSERT_NEAR(back.as<double>()[i], data.as<double>()[i], 1e-12);
  }
}

TEST(Dft, Errors) {
  const auto code = [](const Shape& in, std::vector<Tensor> more, AttributeList attributes = {}) {
    more.insert(more.begin(), random_tensor(in, 1));
    return error_of([&] { run_op({"DFT", 20, attributes}, more); });
  };
  const AttributeList onesided = {{"onesided", int64_t{1}}};
  const AttributeList to_real = {{"onesided", int64_t{1}}, {"inverse", int64_t{1}}};
  EXPECT_EQ(code({2, 4, 3}, {}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2}, {}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2, 4, 2}, {}, onesided), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2, 4, 1}, {}, to_real), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2, 1, 2}, {}, to_real), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2, 0, 2}, {}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2, 4, 2}, {number(0)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2, 4, 2}, {int64_vector({4, 4})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2, 4, 2}, {{}, number(2)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2, 4, 2}, {{}, number(-1)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2, 4, 2}, {{}, number(3)}), ErrorCode::InvalidInput);
}

// Frames of a signal [batch, length, parts], each a transform.
void check_stft(int64_t signal, int64_t parts, int64_t step, int64_t length, bool onesided,
                bool windowed) {
  SCOPED_TRACE(text("signal ", signal, " parts ", parts, " step ", step, " length ", length));
  const Tensor data = random_tensor({2, signal, parts}, 1);
  const Tensor window = windowed ? random_tensor({length}, 2) : Tensor();
  const int64_t frames = (signal - length) / step + 1;
  const int64_t bins = onesided ? length / 2 + 1 : length;
  std::vector<double> expected;
  for (const Index& at : indices_of({2, frames})) {
    Complexes frame;
    for (int64_t i = 0; i < length; ++i) {
      const auto first = static_cast<size_t>(((at[0] * signal) + at[1] * step + i) * parts);
      const double weight = windowed ? double{window.as<float>()[static_cast<size_t>(i)]} : 1;
      frame.push_back(weight *
                      std::complex<double>(double{data.as<float>()[first]},
                                           parts == 2 ? double{data.as<float>()[first + 1]} : 0));
    }
    const Complexes result = transform(frame, false);
    for (int64_t k = 0; k < bins; ++k) {
      expected.push_back(result[static_cast<size_t>(k)].real());
      expected.push_back(result[static_cast<size_t>(k)].imag());
    }
  }
  const OpCase op = {"STFT", 17, {{"onesided", int64_t{onesided}}}};
  const Tensor result = run_op(op, {data, number(step), window, number(length)}, 2)[0];
  ASSERT_EQ(result.shape(), (Shape{2, frames, bins, 2}));
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(result.as<float>()[i], expected[i], 2e-5) << "element " << i;
  }
  if (windowed) expect_equal(run_op(op, {data, number(step), window})[0], result);
  if (parts == 1) {
    expect_equal(run_op(op, {data.reshaped({2, signal}), number(step), window, number(length)})[0],
                 result);
  }
}

TEST(Stft, FramesAndWindows) {
  for (const bool windowed : {false, true}) {
    for (const bool onesided : {false, true}) {
      check_stft(32, 1, 4, 8, onesided, windowed);
      check_stft(31, 1, 7, 9, onesided, windowed);
      check_stft(5, 1, 3, 5, onesided, windowed);
      check_stft(1, 1, 1, 1, onesided, windowed);
    }
    check_stft(20, 2, 5, 6, false, windowed);
  }
}

TEST(Stft, Errors) {
  const Tensor data = random_tensor({2, 16, 1}, 1);
  const auto code = [](std::vector<Tensor> inputs) {
    return error_of([&] { run_op({"STFT", 17}, inputs); });
  };
  EXPECT_EQ(code({data, number(0), {}, number(4)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({data, number(1), {}, number(17)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({data, number(1), random_tensor({5}, 1), number(4)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({data, number(1), random_tensor({4, 1}, 1)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({random_tensor({16}, 1), number(1)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({random_tensor({2, 16, 2}, 1), number(1), {}, number(4)}),
            ErrorCode::InvalidInput);
}

TEST(Windows, PeriodicAndSymmetric) {
  const struct {
    const char* name;
    double constant, once, twice;
  } kinds[] = {{"HannWindow", 0.5, 0.5, 0},
               {"HammingWindow", 25.0 / 46.0, 1 - 25.0 / 46.0, 0},
               {"BlackmanWindow", 0.42, 0.5, 0.08}};
  for (const auto& kind : kinds) {
    for (const int64_t periodic : {0, 1}) {
      for (const int64_t size : {0, 2, 3, 10}) {
        const auto run = [&](DType dtype) {
          return run_op(
              {kind.name,
               17,
               {{"periodic", periodic}, {"output_datatype", static_cast<int64_t>(dtype)}}},
              {number(size)})[0];
        };
        const Tensor floats = run(DType::Float), doubles = run(DType::Double);
        ASSERT_EQ(floats.shape(), Shape{size});
        for (int64_t i = 0; i < size; ++i) {
          const double angle = 2 * std::numbers::pi * static_cast<double>(i) /
                               static_cast<double>(periodic ? size : size - 1);
          const double expected =
              kind.constant - kind.once * std::cos(angle) + kind.twice * std::cos(2 * angle);
          EXPECT_NEAR(floats.as<float>()[static_cast<size_t>(i)], expected, 1e-7);
          EXPECT_NEAR(doubles.as<double>()[static_cast<size_t>(i)], expected, 1e-15);
        }
        EXPECT_EQ(run(DType::Float16).dtype(), DType::Float16);
      }
    }
    // A single element is the middle of a symmetric window.
    const Tensor one =
        run_op({kind.name, 17, {{"periodic", int64_t{0}}}}, {Tensor::of<int32_t>({1}, {1})})[0];
    EXPECT_NEAR(one.as<float>()[0], 1, 1e-6);
    EXPECT_EQ(error_of([&] { run_op({kind.name, 17}, {number(-1)}); }), ErrorCode::InvalidInput);
    EXPECT_EQ(error_of([&] {
                run_op({kind.name, 17}, {int64_vector({1, 2})});
              }),
              ErrorCode::InvalidInput);
    const AttributeList strings = {{"output_datatype", static_cast<int64_t>(DType::String)}};
    EXPECT_EQ(error_of([&] {
                run_op({kind.name, 17, strings}, {number(3)});
              }),
              ErrorCode::UnsupportedAttribute);
  }
  const AttributeList ints = {{"output_datatype", static_cast<int64_t>(DType::Int32)},
                              {"periodic", int64_t{0}}};
  EXPECT_EQ(values_of<int32_t>(run_op({"HannWindow", 17, ints}, {number(3)})[0]),
            (std::vector<int32_t>{0, 1, 0}));
}

TEST(MelWeightMatrix, Triangles) {
  // Of a spectrum of 9 bins of 500 Hz each, up to 4000 Hz.
  const auto run = [](std::vector<Tensor> inputs, AttributeList attributes = {}) {
    return run_op({"MelWeightMatrix", 17, attributes}, inputs)[0];
  };
  const auto hertz = [](float value) { return Tensor::of<float>({}, {value}); };
  const Tensor result = run({number(3), number(16), number(8000), hertz(0), hertz(4000)});
  ASSERT_EQ(result.shape(), (Shape{9, 3}));
  // Edges at mels 0, 429.2, 858.5, 1287.7, 1716.9: bins 0, 0, 1, 3, 5 times 17 / 8000 of the hertz.
  std::vector<int64_t> bins;
  for (int i = 0; i < 5; ++i) {
    const double mel = 2595 * std::log10(1 + 4000.0 / 700) * i / 5;
    bins.push_back(static_cast<int64_t>(700 * (std::pow(10, mel / 2595) - 1) * 17 / 8000));
  }
  EXPECT_EQ(bins, (std::vector<int64_t>{0, 0, 1, 3, 5}));
  EXPECT_EQ(values_of<float>(result),
            (std::vector<float>{1,  0, 0, 0, 1, 0, 0, .5, .5, 0, 0, 1, 0, 0,
                                .5, 0, 0, 0, 0, 0, 0, 0,  0,  0, 0, 0, 0}));
  const AttributeList doubles = {{"output_datatype", static_cast<int64_t>(DType::Double)}};
  EXPECT_EQ(run({number(3), number(16), number(8000), hertz(0), hertz(4000)}, doubles).dtype(),
            DType::Double);
  const auto code = [&](std::vector<Tensor> inputs) { return error_of([&] { run(inputs); }); };
  EXPECT_EQ(code({number(0), number(16), number(8000), hertz(0), hertz(4000)}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code({number(3), number(16), number(0), hertz(0), hertz(4000)}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code({number(3), number(16), number(8000), hertz(-10), hertz(4000)}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code({number(3), number(16), number(8000), hertz(0), hertz(40000)}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code({number(3), number(16), number(8000), hertz(4000), hertz(0)}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code({number(3), number(16), number(8000), hertz(0), random_tensor({2}, 1)}),
            ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test
