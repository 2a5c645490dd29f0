// RNN, GRU and LSTM against ONNX's equations, one step, batch and element at a time.

#include <cmath>
#include <functional>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Vector = std::vector<double>;
using Function = std::function<double(double)>;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double hyperbolic(double x) { return std::tanh(x); }

// A case without attributes is ONNX's default.
struct Case {
  std::string op;
  int64_t steps = 3, batches = 2, inputs = 4, hidden = 5;
  std::string direction = "forward";
  int64_t layout = 0;
  bool bias = true, state = true, peepholes = false;
  std::vector<int32_t> lengths = {};
  AttributeList attributes = {};
  // What the attributes mean.
  std::vector<Function> functions = {};  // of all directions
  double clip = INFINITY;
  bool linear_before_reset = false, couples = false;

  int64_t gates() const { return op == "LSTM" ? 4 : op == "GRU" ? 3 : 1; }
  int64_t directions() const { return direction == "bidirectional" ? 2 : 1; }
};

// The operator's inputs, with X and states as for layout 0.
std::vector<Tensor> inputs_of(const Case& c) {
  const int64_t d = c.directions(), rows = c.gates() * c.hidden;
  std::vector<Tensor> in(c.op == "LSTM" ? 8 : 6);
  in[0] = random_tensor({c.steps, c.batches, c.inputs}, 1);
  in[1] = random_tensor({d, rows, c.inputs}, 2);
  in[2] = random_tensor({d, rows, c.hidden}, 3);
  if (c.bias) in[3] = random_tensor({d, 2 * rows}, 4);
  if (!c.lengths.empty()) {
    in[4] = Tensor::of<int32_t>({c.batches}, std::span<const int32_t>(c.lengths));
  }
  if (c.state) in[5] = random_tensor({d, c.batches, c.hidden}, 5);
  if (c.state && c.op == "LSTM") in[6] = random_tensor({d, c.batches, c.hidden}, 6);
  if (c.peepholes) in[7] = random_tensor({d, 3 * c.hidden}, 7);
  return in;
}

// A row of a tensor's last axis, as doubles; zeros where there is no tensor.
Vector row_of(const Tensor& tensor, int64_t row, int64_t size) {
  if (tensor.dtype() == DType::Undefined) return Vector(static_cast<size_t>(size));
  const float* begin = tensor.as<float>().data() + row * size;
  return {begin, begin + size};
}

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

struct Reference {
  const Case& c;
  std::vector<Tensor> in;
  int64_t direction;

  size_t at(int64_t i) const { return static_cast<size_t>(i); }
  double clipped(double x) const { return std::clamp(x, -c.clip, c.clip); }
  double function(int64_t which, double x) const {
    const int64_t each = std::ssize(c.functions) / c.directions();
    return c.functions[at(direction * each + which)](clipped(x));
  }
  double from_input(int64_t gate, int64_t i, const Vector& x) const {
    return dot(x, row_of(in[1], (direction * c.gates() + gate) * c.hidden + i, c.inputs));
  }
  double from_state(int64_t gate, int64_t i, const Vector& h) const {
    return dot(h, row_of(in[2], (direction * c.gates() + gate) * c.hidden + i, c.hidden));
  }
  double bias(int64_t kind, int64_t gate, int64_t i) const {
    const Vector all = row_of(in[3], direction, 2 * c.gates() * c.hidden);
    return all[at((kind * c.gates() + gate) * c.hidden + i)];
  }
  double sum(int64_t gate, int64_t i, const Vector& x, const Vector& h) const {
    return from_input(gate, i, x) + from_state(gate, i, h) + bias(0, gate, i) + bias(1, gate, i);
  }
  double peephole(int64_t which, int64_t i, const Vector& cell) const {
    if (!c.peepholes) return 0;
    return row_of(in[7], direction, 3 * c.hidden)[at(which * c.hidden + i)] * cell[at(i)];
  }

  void rnn(const Vector& x, Vector& h) const {
    const Vector before = h;
    for (int64_t i = 0; i < c.hidden; ++i) h[at(i)] = function(0, sum(0, i, x, before));
  }
  void gru(const Vector& x, Vector& h) const {
    const Vector before = h;
    Vector reset, kept = h;
    for (int64_t i = 0; i < c.hidden; ++i) reset.push_back(function(0, sum(1, i, x, before)));
    for (int64_t i = 0; i < c.hidden; ++i) kept[at(i)] *= reset[at(i)];
    for (int64_t i = 0; i < c.hidden; ++i) {
      const double update = function(0, sum(0, i, x, before));
      const double linear = from_input(2, i, x) + bias(0, 2, i) +
                            reset[at(i)] * (from_state(2, i, before) + bias(1, 2, i));
      const double next = function(1, c.linear_before_reset ? linear : sum(2, i, x, kept));
      h[at(i)] = (1 - update) * next + update * before[at(i)];
    }
  }
  void lstm(const Vector& x, Vector& h, Vector& cell) const {
    const Vector before = h, cell_before = cell;
    for (int64_t i = 0; i < c.hidden; ++i) {
      const double input = function(0, sum(0, i, x, before) + peephole(0, i, cell_before));
      const double forget = function(0, sum(2, i, x, before) + peephole(2, i, cell_before));
      const double next = function(1, sum(3, i, x, before));
      cell[at(i)] = (c.couples ? 1 - input : forget) * cell_before[at(i)] + input * next;
      const double output = function(0, sum(1, i, x, before) + peephole(1, i, cell));
      const int64_t each = std::ssize(c.functions) / c.directions();
      h[at(i)] = output * c.functions[at(direction * each + 2)](cell[at(i)]);
    }
  }
  void advance(const Vector& x, Vector& h, Vector& cell) const {
    if (c.op == "RNN") return rnn(x, h);
    if (c.op == "GRU") return gru(x, h);
    lstm(x, h, cell);
  }
};

Case with_default_functions(Case c) {
  if (!c.functions.empty()) return c;
  for (int64_t i = 0; i < c.directions(); ++i) {
    if (c.op != "RNN") c.functions.push_back(sigmoid);
    c.functions.push_back(hyperbolic);
    if (c.op == "LSTM") c.functions.push_back(hyperbolic);
  }
  return c;
}

// The outputs for layout 0.
std::vector<Vector> expected_of(const Case& written) {
  const Case c = with_default_functions(written);
  const int64_t d = c.directions();
  const std::vector<Tensor> in = inputs_of(c);
  const auto zeros = [](int64_t count) { return Vector(static_cast<size_t>(count)); };
  std::vector<Vector> out = {zeros(c.steps * d * c.batches * c.hidden),
                             zeros(d * c.batches * c.hidden), zeros(d * c.batches * c.hidden)};
  for (int64_t direction = 0; direction < d; ++direction) {
    const Reference reference{c, in, direction};
    const bool reverse = direction == 1 || c.direction == "reverse";
    for (int64_t batch = 0; batch < c.batches; ++batch) {
      const int64_t state = direction * c.batches + batch;
      Vector h = row_of(in[5], state, c.hidden);
      Vector cell = c.op == "LSTM" ? row_of(in[6], state, c.hidden) : Vector();
      const int64_t length = c.lengths.empty() ? c.steps : c.lengths[static_cast<size_t>(batch)];
      for (int64_t i = 0; i < length; ++i) {
        const int64_t step = reverse ? length - 1 - i : i;
        reference.advance(row_of(in[0], step * c.batches + batch, c.inputs), h, cell);
        const int64_t row = (step * d + direction) * c.batches + batch;
        std::ranges::copy(h, out[0].begin() + row * c.hidden);
      }
      if (length == 0) continue;
      std::ranges::copy(h, out[1].begin() + state * c.hidden);
      std::ranges::copy(cell, out[2].begin() + state * c.hidden);
    }
  }
  return out;
}

Tensor transposed(const Tensor& tensor, std::vector<int64_t> order) {
  if (tensor.dtype() == DType::Undefined) return tensor;
  return run_op({"Transpose", 13, {{"perm", std::move(order)}}}, {tensor})[0];
}

Tensor to_double(const Tensor& tensor) {
  if (tensor.dtype() != DType::Float) return tensor;
  const auto values = tensor.as<float>();
  const std::vector<double> wide(values.begin(), values.end());
  return Tensor::of<double>(tensor.shape(), std::span<const double>(wide));
}

OpCase op_of(const Case& c) {
  OpCase op = {c.op, 14, c.attributes, c.op == "LSTM" ? 3 : 2};
  op.attributes.push_back({"direction", c.direction});
  op.attributes.push_back({"hidden_size", c.hidden});
  op.attributes.push_back({"layout", c.layout});
  return op;
}

void expect_equations(const Case& c) {
  const std::vector<Vector> expected = expected_of(c);
  std::vector<Tensor> in = inputs_of(c);
  if (c.layout == 1) {
    in[0] = transposed(in[0], {1, 0, 2});
    for (size_t i = 5; i < std::min<size_t>(in.size(), 7); ++i)
      in[i] = transposed(in[i], {1, 0, 2});
  }
  for (const bool doubles : {false, true}) {
    if (doubles) std::ranges::transform(in, in.begin(), to_double);
    std::vector<Tensor> out = run_op(op_of(c), in, 2);
    if (c.layout == 1) {
      out[0] = transposed(out[0], {1, 2, 0, 3});
      for (size_t i = 1; i < out.size(); ++i) out[i] = transposed(out[i], {1, 0, 2});
    }
    ASSERT_EQ(out[0].shape(), (Shape{c.steps, c.directions(), c.batches, c.hidden}));
    ASSERT_EQ(out[1].shape(), (Shape{c.directions(), c.batches, c.hidden}));
    for (size_t i = 0; i < out.size(); ++i) {
      ASSERT_EQ(static_cast<size_t>(out[i].elements()), expected[i].size());
      for (size_t j = 0; j < expected[i].size(); ++j) {
        const double actual = doubles ? out[i].as<double>()[j] : double{out[i].as<float>()[j]};
        ASSERT_NEAR(actual, expected[i][j], doubles ? 1e-12 : 4e-6)
            << c.op << " " << c.direction << " layout " << c.layout << " output " << i;
      }
    }
  }
}

const std::string kOperators[] = {"RNN", "GRU", "LSTM"};

TEST(Recurrent, DirectionsAndLayouts) {
  for (const std::string& op : kOperators) {
    for (const std::string direction : {"forward", "reverse", "bidirectional"}) {
      for (const int64_t layout : {0, 1}) {
        expect_equations({.op = op, .direction = direction, .layout = layout});
        expect_equations({.op = op,
                          .steps = 4,
                          .batches = 4,
                          .direction = direction,
                          .layout = layout,
                          .lengths = {2, 4, 0, 1}});
      }
    }
  }
}

TEST(Recurrent, SizesAndWhatIsLeftOut) {
  for (const std::string& op : kOperators) {
    expect_equations({.op = op, .steps = 1, .batches = 1, .inputs = 1, .hidden = 1});
    expect_equations({.op = op, .steps = 7, .batches = 3, .inputs = 9, .hidden = 13});
    expect_equations({.op = op, .bias = false, .state = false});
    expect_equations({.op = op, .steps = 0, .batches = 2});
    expect_equations({.op = op, .steps = 2, .batches = 0});
    // More than one thread has to do.
    expect_equations({.op = op, .steps = 2, .batches = 5, .inputs = 3, .hidden = 130});
  }
}

TEST(Recurrent, Variants) {
  expect_equations({.op = "GRU",
                    .direction = "bidirectional",
                    .attributes = {{"linear_before_reset", int64_t{1}}},
                    .linear_before_reset = true});
  expect_equations({.op = "GRU",
                    .bias = false,
                    .attributes = {{"linear_before_reset", int64_t{1}}},
                    .linear_before_reset = true});
  expect_equations({.op = "LSTM", .direction = "bidirectional", .peepholes = true});
  expect_equations({.op = "LSTM",
                    .peepholes = true,
                    .attributes = {{"input_forget", int64_t{1}}},
                    .couples = true});
  for (const std::string& op : kOperators) {
    expect_equations({.op = op, .attributes = {{"clip", 0.25f}}, .clip = 0.25});
  }
}

// Alphas and betas are consumed by those activations that take them.
TEST(Recurrent, Activations) {
  using Strings = std::vector<std::string>;
  using Floats = std::vector<float>;
  const auto rnn = [](const std::string& name, Floats alpha, Floats beta, Function function) {
    AttributeList attributes = {{"activations", Strings{name}}};
    if (!alpha.empty()) attributes.push_back({"activation_alpha", alpha});
    if (!beta.empty()) attributes.push_back({"activation_beta", beta});
    expect_equations({.op = "RNN", .attributes = attributes, .functions = {function}});
  };
  rnn("Relu", {}, {}, [](double x) { return std::max(x, 0.0); });
  rnn("tanh", {}, {}, hyperbolic);
  rnn("SIGMOID", {}, {}, sigmoid);
  rnn("Affine", {0.5f}, {-0.25f}, [](double x) { return 0.5 * x - 0.25; });
  rnn("LeakyRelu", {}, {}, [](double x) { return x < 0 ? 0.01f * x : x; });
  rnn("LeakyRelu", {0.5f}, {}, [](double x) { return x < 0 ? 0.5 * x : x; });
  rnn("ThresholdedRelu", {0.25f}, {}, [](double x) { return x >= 0.25 ? x : 0; });
  rnn("ScaledTanh", {0.5f}, {2.0f}, [](double x) { return 0.5 * std::tanh(2 * x); });
  rnn("HardSigmoid", {}, {}, [](double x) { return std::clamp(double{0.2f} * x + 0.5, 0.0, 1.0); });
  rnn("HardSigmoid", {0.5f}, {0.25f},
      [](double x) { return std::clamp(0.5 * x + 0.25, 0.0, 1.0); });
  rnn("Elu", {0.5f}, {}, [](double x) { return x < 0 ? 0.5 * std::expm1(x) : x; });
  rnn("Softsign", {}, {}, [](double x) { return x / (1 + std::abs(x)); });
  rnn("Softplus", {}, {}, [](double x) { return std::log1p(std::exp(x)); });

  const auto leaky = [](double slope) {
    return [slope](double x) { return x < 0 ? slope * x : x; };
  };
  const auto hard = [](double alpha, double beta) {
    return [=](double x) { return std::clamp(alpha * x + beta, 0.0, 1.0); };
  };
  const Case lstm = {.op = "LSTM",
                     .direction = "bidirectional",
                     .attributes = {{"activations", Strings{"HardSigmoid", "Tanh", "LeakyRelu",
                                                            "LeakyRelu", "Softsign", "Relu"}},
                                    {"activation_alpha", Floats{0.5f, 0.25f, 0.125f}},
                                    {"activation_beta", Floats{0.75f}}},
                     .functions = {hard(0.5, 0.75), hyperbolic, leaky(0.25), leaky(0.125),
                                   [](double x) { return x / (1 + std::abs(x)); },
                                   [](double x) { return std::max(x, 0.0); }}};
  expect_equations(lstm);
  // One value for every activation, whether it takes it or not.
  Case every = lstm;
  every.attributes[1].second = Floats{0.5f, 7, 0.25f, 0.125f, 7, 7};
  every.attributes[2].second = Floats{0.75f, 7, 7, 7, 7, 7};
  expect_equations(every);
}

TEST(Recurrent, OutputsMayBeLeftOut) {
  const Case c = {.op = "LSTM"};
  OpCase op = op_of(c);
  const auto all = run_op(op, inputs_of(c));
  op.outputs = 1;
  expect_equal(run_op(op, inputs_of(c))[0], all[0]);
}

TEST(Recurrent, Errors) {
  using Strings = std::vector<std::string>;
  for (const std::string& op : kOperators) {
    const Case c = {.op = op, .lengths = {1, 2}};
    const auto code_of = [&](const AttributeList& attributes) {
      OpCase broken = op_of(c);
      for (const auto& [name, value] : attributes) broken.attributes.push_back({name, value});
      return error_of([&] { run_op(broken, inputs_of(c)); });
    };
    EXPECT_EQ(code_of({{"direction", std::string("sideways")}}), ErrorCode::MalformedModel);
    EXPECT_EQ(code_of({{"layout", int64_t{2}}}), ErrorCode::MalformedModel);
    EXPECT_EQ(code_of({{"hidden_size", int64_t{4}}}), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of({{"clip", -1.0f}}), ErrorCode::MalformedModel);
    EXPECT_EQ(code_of({{"activations", Strings{"Gelu", "Tanh", "Tanh"}}}),
              ErrorCode::MalformedModel);
    EXPECT_EQ(code_of({{"activations", Strings{"Affine", "Affine", "Affine"}}}),
              ErrorCode::MalformedModel);
    EXPECT_EQ(code_of({{"activation_alpha", std::vector<float>(4)}}), ErrorCode::MalformedModel);
    EXPECT_EQ(code_of({{"direction", std::string("bidirectional")}}), ErrorCode::InvalidInput);
    if (op != "RNN") {
      EXPECT_EQ(code_of({{"activations", Strings{"Tanh"}}}), ErrorCode::MalformedModel);
    }
    for (size_t input = 0; input < inputs_of(c).size(); ++input) {
      std::vector<Tensor> in = inputs_of(c);
      in[input] = input == 4 ? Tensor::of<int32_t>({3}, {1, 1, 1}) : random_tensor({2, 2, 2, 2}, 1);
      EXPECT_EQ(error_of([&] { run_op(op_of(c), in); }), ErrorCode::InvalidInput) << op << input;
    }
    std::vector<Tensor> endless = inputs_of({.op = op, .state = false});
    endless[0] = Tensor::allocate(DType::Float, {0, int64_t{1} << 48, 4});
    EXPECT_EQ(error_of([&] { run_op(op_of(c), endless); }), ErrorCode::OutOfMemory);
    for (const int32_t length : {-1, 4}) {
      std::vector<Tensor> in = inputs_of(c);
      in[4] = Tensor::of<int32_t>({2}, {1, length});
      EXPECT_EQ(error_of([&] { run_op(op_of(c), in); }), ErrorCode::InvalidInput);
    }
  }
}

}  // namespace
}  // namespace fovea::test
