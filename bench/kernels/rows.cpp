#include "bench.h"
#include "kernels/elementwise/binary.h"
#include "kernels/elementwise/unary.h"
#include "kernels/reduction/normalization.h"
#include "kernels/reduction/softmax.h"

namespace fovea::bench {
namespace {

using namespace kernels;

constexpr int64_t kElements = 64 * 256 * 256;

Run prepare_softmax(const SoftmaxShape& shape) {
  const int64_t elements = shape.outer * shape.count * shape.inner;
  return [=, in = random_floats(elements), out = Floats(static_cast<size_t>(elements)),
          scratch = Floats(static_cast<size_t>(softmax_scratch_floats(shape, 1)))]() mutable {
    softmax(Softmax::Plain, shape, in.data(), out.data(), scratch.data(), one_thread());
  };
}

Run prepare_layer_norm(int64_t rows, int64_t count) {
  return [=, in = random_floats(rows * count), out = Floats(static_cast<size_t>(rows * count)),
          scale = random_floats(count), bias = random_floats(count)]() mutable {
    const LayerNorm<float> norm{scale.data(), bias.data(), 1e-5f, nullptr, nullptr};
    layer_norm(norm, in.data(), out.data(), rows, count, one_thread());
  };
}

Run prepare_add() {
  return [a = random_floats(kElements), b = random_floats(kElements),
          out = Floats(kElements)]() mutable {
    binary_row_f32<Add>(a.data(), b.data(), out.data(), {}, kElements);
  };
}

template <class Op>
Run prepare_unary(Op op) {
  return [=, in = random_floats(kElements), out = Floats(kElements)]() mutable {
    unary_row(op, in.data(), out.data(), kElements);
  };
}

template <class Op>
Case unary(const char* name, Op op) {
  return {name, 0, bytes_of_floats(2 * kElements), [=] { return prepare_unary(op); }};
}

}  // namespace

void add_rows(Cases& cases) {
  const auto in_and_out = [](int64_t rows, int64_t count) {
    return bytes_of_floats(2 * rows * count);
  };
  cases.push_back({"softmax of 24576 rows of 64", 0, in_and_out(24576, 64), [] {
                     return prepare_softmax({24576, 64});
                   }});
  cases.push_back({"softmax of 64 channels of 256x256", 0, bytes_of_floats(2 * kElements), [] {
                     return prepare_softmax({1, 64, 256 * 256});
                   }});
  cases.push_back({"layer norm of 4096 rows of 180", 0, in_and_out(4096, 180),
                   [] { return prepare_layer_norm(4096, 180); }});
  cases.push_back({"add 16 MB", 0, bytes_of_floats(3 * kElements), [] { return prepare_add(); }});
  cases.push_back(unary("relu 16 MB", Relu()));
  cases.push_back(unary("leaky relu 16 MB", LeakyRelu{0.2f}));
  cases.push_back(unary("sigmoid 16 MB", Sigmoid()));
  cases.push_back(unary("tanh 16 MB", Tanh()));
  cases.push_back(unary("erf 16 MB", Erf()));
  cases.push_back(unary("gelu 16 MB", Gelu()));
}

}  // namespace fovea::bench
