// Steps of training (ai.onnx.preview.training): Adagrad, Adam, Momentum.

#include "ops/core/function_steps.h"
#include "ops/op.h"

namespace fovea {
namespace {

constexpr int kRate = 0, kCount = 1, kFirst = 2;

// An optimiser's step in the making. Its node has a rate and a count, and then several lists of as
// many tensors: values, their gradients, and what is remembered of earlier ones.
class TrainingStep {
 public:
  TrainingStep(const NodeContext& context, int lists, int results)
      : context_(context),
        f_(context),
        dtype_(context.dtype(kFirst)),
        tensors_((context.input_count() - kFirst) / lists),
        outputs_(static_cast<size_t>(results * tensors_)) {
    if (context.input_count() != kFirst + lists * tensors_) {
      fail(ErrorCode::MalformedModel, context.node().op_type, " has ",
           context.input_count() - kFirst, " tensors, which are no ", lists, " lists");
    }
    for (const int input : {kRate, kCount}) {
      if (context.shape(input).elements() != 1) require_shape(context, input, {});
    }
    for (int i = kFirst + tensors_; i < context.input_count(); ++i) {
      require_shape(context, i, context.shape(kFirst + (i - kFirst) % tensors_));
    }
  }

  int tensors() const { return tensors_; }
  ValueId in(int list, int tensor) const { return f_.in(kFirst + list * tensors_ + tensor); }
  void give(int list, int tensor, ValueId id) {
    outputs_[static_cast<size_t>(list * tensors_ + tensor)] = id;
  }
  Graph done() { return f_.giving(std::move(outputs_)); }

  double attribute(std::string_view name, float fallback) const {
    return static_cast<double>(context_.attributes().get_float(name, fallback));
  }
  ValueId add(ValueId a, ValueId b) { return f_.op("Add", {a, b}); }
  ValueId sub(ValueId a, ValueId b) { return f_.op("Sub", {a, b}); }
  ValueId mul(ValueId a, ValueId b) { return f_.op("Mul", {a, b}); }
  ValueId div(ValueId a, ValueId b) { return f_.op("Div", {a, b}); }
  ValueId times(double factor, ValueId x) { return scaled(f_, x, factor, dtype_); }
  ValueId number(double value) { return f_.scalar(dtype_, value); }
  ValueId root_plus_epsilon(ValueId x) {
    return add(f_.op("Sqrt", {x}), number(attribute("epsilon", 1e-6f)));
  }
  // With the gradient of 0.5 * norm_coefficient * ||x||^2.
  ValueId gradient(int tensor) {
    const double norm = attribute("norm_coefficient", 0);
    return norm == 0.0 ? in(1, tensor) : add(times(norm, in(0, tensor)), in(1, tensor));
  }

  // Rates are computed in double, and `narrowed` is what tensors are multiplied by.
  ValueId rate() { return wide(kRate); }
  ValueId count() { return wide(kCount); }
  ValueId wide_number(double value) { return f_.scalar(DType::Double, value); }
  ValueId narrowed(ValueId id) { return dtype_ == DType::Double ? id : cast(f_, id, dtype_); }
  // 1 - base ^ count
  ValueId one_less_power(double base) {
    return sub(wide_number(1), f_.op("Pow", {wide_number(base), count()}));
  }
  // Where there were steps before.
  ValueId later(ValueId then, ValueId at_first) {
    return f_.op("Where", {f_.op("Greater", {count(), wide_number(0)}), then, at_first});
  }
  ValueId root(ValueId x) { return f_.op("Sqrt", {x}); }

 private:
  ValueId wide(int input) { return cast(f_, reshaped(f_, f_.in(input), {}), DType::Double); }

  const NodeContext& context_;
  Function f_;
  DType dtype_;
  int tensors_;
  std::vector<ValueId> outputs_;
};

Graph adagrad(const NodeContext& context) {
  TrainingStep step(context, 3, 2);
  const ValueId decay = step.wide_number(step.attribute("decay_factor", 0));
  const ValueId slower = step.add(step.wide_number(1), step.mul(step.count(), decay));
  const ValueId rate = step.narrowed(step.div(step.rate(), slower));
  for (int i = 0; i < step.tensors(); ++i) {
    const ValueId g = step.gradient(i);
    const ValueId h = step.add(step.in(2, i), step.mul(g, g));
    const ValueId change = step.div(step.mul(rate, g), step.root_plus_epsilon(h));
    step.give(0, i, step.sub(step.in(0, i), change));
    step.give(1, i, h);
  }
  return step.done();
}

Graph adam(const NodeContext& context) {
  TrainingStep step(context, 4, 3);
  const double alpha = step.attribute("alpha", 0.9f), beta = step.attribute("beta", 0.999f);
  const double kept = 1 - step.attribute("norm_coefficient_post", 0);
  const ValueId adjusted = step.div(step.mul(step.rate(), step.root(step.one_less_power(beta))),
                                    step.one_less_power(alpha));
  const ValueId rate = step.narrowed(step.later(adjusted, step.rate()));
  for (int i = 0; i < step.tensors(); ++i) {
    const ValueId g = step.gradient(i);
    const ValueId v = step.add(step.times(alpha, step.in(2, i)), step.times(1 - alpha, g));
    const ValueId h =
        step.add(step.times(beta, step.in(3, i)), step.times(1 - beta, step.mul(g, g)));
    const ValueId change = step.div(step.mul(rate, v), step.root_plus_epsilon(h));
    step.give(0, i, step.times(kept, step.sub(step.in(0, i), change)));
    step.give(1, i, v);
    step.give(2, i, h);
  }
  return step.done();
}

Graph momentum(const NodeContext& context) {
  TrainingStep step(context, 3, 2);
  const Attributes& attributes = context.attributes();
  for (const char* name : {"norm_coefficient", "beta", "alpha", "mode"}) {
    if (!attributes.has(name)) {
      fail(ErrorCode::MalformedModel, "Momentum needs the attribute ", name);
    }
  }
  const std::string mode = attributes.get_string("mode", "");
  const bool nesterov = mode == "nesterov";
  if (!nesterov && mode != "standard") {
    fail(ErrorCode::MalformedModel, "Momentum's mode is '", mode, "', not standard or nesterov");
  }
  const double alpha = step.attribute("alpha", 0);
  const ValueId beta = step.wide_number(step.attribute("beta", 0));
  const ValueId weight = step.narrowed(step.later(beta, step.wide_number(1)));
  const ValueId rate = step.narrowed(step.rate());
  for (int i = 0; i < step.tensors(); ++i) {
    const ValueId g = step.gradient(i);
    const ValueId v = step.add(step.times(alpha, step.in(2, i)), step.mul(weight, g));
    const ValueId way = nesterov ? step.add(g, step.times(alpha, v)) : v;
    step.give(0, i, step.sub(step.in(0, i), step.mul(rate, way)));
    step.give(1, i, v);
  }
  return step.done();
}

constexpr OpDef training(std::string_view op_type, int lists,
                         Graph (*function)(const NodeContext&)) {
  return {.op_type = op_type,
          .domain = "ai.onnx.preview.training",
          .meaning = {
              .inputs = {kFirst + lists, kUnbounded},
              .outputs = {1, kUnbounded},
              .types = {type_of_input(kRate, kFloat32And64), type_of_input(kCount, {DType::Int64}),
                        type_of_inputs(kFirst, kUnbounded, kFloat32And64)},
              .element_type = like_input<kFirst>,
              .function = function}};
}

constexpr OpDef kOps[] = {
    training("Adagrad", 3, adagrad),
    training("Adam", 4, adam),
    training("Momentum", 3, momentum),
};

}  // namespace

extern constinit const OpFamily training_ops = kOps;

}  // namespace fovea
