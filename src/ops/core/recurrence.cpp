#include "ops/core/recurrence.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/integers.h"
#include "kernels/matmul/gemm.h"

namespace fovea {
namespace {

using kernels::Activation;

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// An activation of ONNX's recurrent operators by its name. Two are no operators of their own, and
// have no defaults.
struct NamedActivation {
  std::string_view name;
  Activation kind;
  bool scales = false;

  bool takes(size_t parameter) const {
    return scales || (kind != Activation::None &&
                      !kernels::info_of(kind).parameters[parameter].attribute.empty());
  }
};

constexpr NamedActivation kActivations[] = {
    {"Relu", Activation::Relu},
    {"Tanh", Activation::Tanh},
    {"Sigmoid", Activation::Sigmoid},
    {"Affine", Activation::None, true},
    {"LeakyRelu", Activation::LeakyRelu},
    {"ThresholdedRelu", Activation::ThresholdedRelu},
    {"ScaledTanh", Activation::Tanh, true},
    {"HardSigmoid", Activation::HardSigmoid},
    {"Elu", Activation::Elu},
    {"Softsign", Activation::Softsign},
    {"Softplus", Activation::Softplus},
};

const NamedActivation& activation_of(const NodeContext& context, std::string_view name) {
  for (const NamedActivation& activation : kActivations) {
    if (same_name(activation.name, name)) return activation;
  }
  fail(ErrorCode::MalformedModel, context.node().op_type, " has no activation '", name, "'");
}

// The values of an attribute for each of the activations: those that take such a parameter consume
// them in order, unless there is one for every activation.
std::vector<std::optional<float>> parameters_of(
    const NodeContext& context, std::string_view attribute, size_t parameter,
    std::span<const NamedActivation* const> activations) {
  const std::vector<float> values = context.attributes().get_floats(attribute);
  const auto takes = [&](const NamedActivation* one) { return one->takes(parameter); };
  const bool for_all = values.size() == activations.size();
  if (!for_all && std::ssize(values) > std::ranges::count_if(activations, takes)) {
    fail(ErrorCode::MalformedModel, context.node().op_type, " has ", values.size(), " values in ",
         attribute, ", more than its activations take");
  }
  std::vector<std::optional<float>> result;
  size_t next = 0;
  for (const NamedActivation* activation : activations) {
    result.emplace_back();
    const bool taken = activation->takes(parameter);
    if (taken && next < values.size()) result.back() = values[next];
    if (taken || for_all) ++next;
  }
  return result;
}

CellActivation make_activation(const NodeContext& context, const NamedActivation& named,
                               std::optional<float> alpha, std::optional<float> beta, float clip) {
  CellActivation activation = {.function = {named.kind}, .clip = clip};
  if (!named.scales) {
    if (named.kind == Activation::None) return activation;
    const auto& parameters = kernels::info_of(named.kind).parameters;
    activation.function.alpha = alpha.value_or(parameters[0].fallback);
    activation.function.beta = beta.value_or(parameters[1].fallback);
    return activation;
  }
  if (!alpha || !beta) {
    fail(ErrorCode::MalformedModel, context.node().op_type, " has no alpha and beta for ",
         named.name);
  }
  const bool affine = named.kind == Activation::None;
  activation.in = affine ? *alpha : *beta;
  activation.out = affine ? 1.0f : *alpha;
  activation.shift = affine ? *beta : 0.0f;
  return activation;
}

// Throws unless the node leaves the input out or it has that shape.
void require_shape(const NodeContext& context, int input, const Shape& shape) {
  if (!context.has_input(input) || context.shape(input) == shape) return;
  fail(ErrorCode::InvalidInput, "input ", input, " of ", context.node().op_type, " has shape ",
       context.shape(input), ", not ", shape);
}

}  // namespace

template <class T>
void CellActivation::apply(T* values, int64_t count) const {
  for (int64_t i = 0; i < count; ++i) {
    const T limit = clip;
    values[i] = std::clamp(values[i], -limit, limit) * in;
  }
  if (function.kind != Activation::None) {
    const kernels::ActivationInfo& info = kernels::info_of(function.kind);
    if constexpr (std::is_same_v<T, float>) {
      info.apply_row(function, values, values, count);
    } else {
      std::transform(values, values + count, values,
                     [&](T x) { return info.apply_to_double(function, x); });
    }
  }
  if (out == 1.0f && shift == 0.0f) return;
  for (int64_t i = 0; i < count; ++i) values[i] = values[i] * out + shift;
}

template void CellActivation::apply(float*, int64_t) const;
template void CellActivation::apply(double*, int64_t) const;

Recurrence::Recurrence(const NodeContext& context, const CellKind& kind) : gates(kind.gates) {
  read_direction(context);
  read_sizes(context);
  read_activations(context, kind);
}

void Recurrence::read_direction(const NodeContext& context) {
  const std::string direction = context.attributes().get_string("direction", "forward");
  only_reverse = direction == "reverse";
  directions = direction == "bidirectional" ? 2 : 1;
  if (directions == 1 && !only_reverse && direction != "forward") {
    fail(ErrorCode::MalformedModel, context.node().op_type, "'s direction is '", direction,
         "', not forward, reverse or bidirectional");
  }
  const int64_t layout = context.attributes().get_int("layout", 0);
  if (layout != 0 && layout != 1) {
    fail(ErrorCode::MalformedModel, context.node().op_type, "'s layout is ", layout,
         ", not 0 or 1");
  }
  batch_first = layout == 1;
}

void Recurrence::read_sizes(const NodeContext& context) {
  const Shape &x = context.shape(0), &r = context.shape(2);
  if (x.rank() != 3 || r.rank() != 3 || x[2] < 1 || r[2] < 1) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " of ", x, " with weights ",
         context.shape(1), " and ", r, ", which have three axes");
  }
  steps = x[batch_first ? 1 : 0];
  batches = x[batch_first ? 0 : 1];
  inputs = x[2];
  hidden = context.attributes().get_int("hidden_size", r[2]);
  if (hidden != r[2]) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " has weights ", r,
         ", but a hidden_size of ", hidden);
  }
  require_shape(context, 1, {directions, gates * hidden, inputs});
  require_shape(context, 2, {directions, gates * hidden, hidden});
  require_shape(context, 3, {directions, 2 * gates * hidden});
  require_shape(context, 4, {batches});
  require_shape(context, 5, state());
  require_shape(context, 6, state());
  require_shape(context, 7, {directions, 3 * hidden});
}

void Recurrence::read_activations(const NodeContext& context, const CellKind& kind) {
  const size_t count = kind.activations.size() * static_cast<size_t>(directions);
  std::vector<const NamedActivation*> named;
  for (const std::string& name : context.attributes().get_strings("activations")) {
    named.push_back(&activation_of(context, name));
  }
  // ONNX writes RNN's default for two directions, of which one takes the first.
  if (named.empty()) {
    for (size_t i = 0; i < count; ++i) {
      named.push_back(&activation_of(context, kind.activations[i % kind.activations.size()]));
    }
  }
  if (named.size() < count) {
    fail(ErrorCode::MalformedModel, context.node().op_type, " needs ", count, " activations, not ",
         named.size());
  }
  named.resize(count);
  const auto alphas = parameters_of(context, "activation_alpha", 0, named);
  const auto betas = parameters_of(context, "activation_beta", 1, named);
  const float clip = context.attributes().get_float("clip", std::numeric_limits<float>::infinity());
  if (!(clip >= 0)) {
    fail(ErrorCode::MalformedModel, context.node().op_type, " cannot clip to ", clip);
  }
  for (size_t i = 0; i < count; ++i) {
    activations.push_back(make_activation(context, *named[i], alphas[i], betas[i], clip));
  }
}

Shape Recurrence::sequence() const {
  if (batch_first) return {batches, steps, directions, hidden};
  return {steps, directions, batches, hidden};
}

Shape Recurrence::state() const {
  if (batch_first) return {batches, directions, hidden};
  return {directions, batches, hidden};
}

template <class T>
Tensor RecurrentProduct<T>::pack(const T* matrix, const T* bias, int64_t columns, int64_t depth) {
  if constexpr (std::is_same_v<T, float>) {
    const kernels::GemmShape shape = {0, columns, depth};
    Tensor packed = Tensor::allocate(DType::Float, {kernels::gemm_packed_size(shape)});
    kernels::pack_gemm(shape, {matrix, 1, depth}, 1.0f, bias, packed.mutable_as<float>().data(), 0,
                       columns);
    return packed;
  } else {
    // A row's bias, then the row.
    Tensor packed = Tensor::allocate(dtype_of<T>, {columns, 1 + depth});
    T* to = packed.mutable_as<T>().data();
    for (int64_t column = 0; column < columns; ++column) {
      *to++ = bias ? bias[column] : 0;
      to = std::copy_n(matrix + column * depth, depth, to);
    }
    return packed;
  }
}

template <class T>
void RecurrentProduct<T>::multiply(const T* x, int64_t rows, T* out, int64_t step, bool adds,
                                   ThreadPool& pool) const {
  constexpr int64_t kMacsPerChunk = 200'000;
  const T* packed = packed_.template as<T>().data();
  const int64_t macs = std::max<int64_t>(saturating_product(rows, depth_) * kernels::kPanel, 1);
  const auto multiply_columns = [&](int64_t first, int64_t last) {
    if constexpr (std::is_same_v<T, float>) {
      kernels::run_gemm({rows, columns_, depth_}, {x, depth_, 1}, packed,
                        {out, step, adds ? out : nullptr}, {}, {0, rows, first, last});
      return;
    }
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = first; column < last; ++column) {
        const T* weights = packed + column * (1 + depth_);
        T& result = out[row * step + column];
        result = std::inner_product(weights + 1, weights + 1 + depth_, x + row * depth_,
                                    adds ? result + *weights : *weights);
      }
    }
  };
  pool.parallel_for(kernels::panel_count(columns_), kMacsPerChunk / macs + 1,
                    [&](int64_t begin, int64_t end) {
                      multiply_columns(kernels::panel_begin(columns_, begin),
                                       kernels::panel_begin(columns_, end));
                    });
}

template class RecurrentProduct<float>;
template class RecurrentProduct<double>;

}  // namespace fovea
